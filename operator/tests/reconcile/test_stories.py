"""A Season from apply to Ready, with changes on the way; the decision alone, no cluster."""

from datetime import date

import pytest
from seasons.world import World, condition, ready_world

from f1_operator.kube.actions import DeleteJob


def test_from_apply_to_ready() -> None:
    world = World()

    world.reconcile()
    assert world.tasks() == ["plan"]
    assert world.phase == "Planning"
    assert condition(world.status, "Planned") == ("False", "Planning")
    assert condition(world.status, "Reconciling") == ("True", "Planning")

    world.run_plan()
    world.reconcile()
    assert world.tasks() == ["plan", "backfill"]
    assert world.observed_job("backfill").rounds == (1, 2, 3, 4)
    assert world.phase == "Backfilling"
    assert condition(world.status, "Planned") == ("True", "Planned")
    assert world.status.progress == "0/4"

    world.fetch(1, 2, state="pending")
    world.reconcile()
    assert condition(world.status, "Ingested") == ("False", "Fetching")

    world.fetch(3, 4, state="pending")
    world.reconcile()
    assert condition(world.status, "Ingested") == ("True", "AllFetched")
    assert condition(world.status, "Processed") == ("False", "Processing")
    assert condition(world.status, "Ready") == ("False", "Processing")
    assert world.decide().at_work

    world.process()
    world.reconcile()
    assert world.phase == "Ready"
    assert world.status.progress == "4/4"
    for kind, holds in (
        ("Planned", "True"),
        ("Ingested", "True"),
        ("Processed", "True"),
        ("Ready", "True"),
        ("Reconciling", "False"),
        ("Stalled", "False"),
    ):
        assert condition(world.status, kind)[0] == holds
    assert world.status.completed_at == world.now
    assert not world.decide().at_work


def test_a_job_deleted_by_its_time_to_live_is_not_run_again() -> None:
    world = ready_world()

    world.expire()
    world.later(days=3)
    world.reconcile()

    assert world.jobs == {}
    assert world.phase == "Ready"


def test_a_job_deleted_by_a_person_is_created_again_for_missing_rounds() -> None:
    world = World()
    world.reconcile()
    world.run_plan()
    world.reconcile()
    world.fetch(1, 2)

    del world.jobs[world.job("backfill")["metadata"]["name"]]
    world.reconcile()

    assert world.observed_job("backfill").rounds == (3, 4)


def test_captured_rounds_are_not_fetched() -> None:
    world = World()
    world.states = {(n, name): "processed" for n in (1, 2, 3) for name in ("results", "laps")}
    world.reconcile()
    world.run_plan()
    world.reconcile()

    assert world.observed_job("backfill").rounds == (4,)


def test_a_complete_season_needs_no_backfill() -> None:
    world = World()
    world.states = {(n, name): "processed" for n in range(1, 5) for name in ("results", "laps")}
    world.reconcile()
    world.run_plan()
    world.reconcile()

    assert world.tasks() == ["plan"]
    assert world.phase == "Ready"


def test_a_season_not_begun_is_ready_and_plans_again_after_its_first_race() -> None:
    world = World()
    world.dates = {1: date(2030, 3, 10), 2: date(2030, 3, 17)}
    world.reconcile()
    world.run_plan(rounds=frozenset())
    world.reconcile()

    assert world.phase == "Ready"
    assert world.status.progress == "0/0"
    assert world.status.next_refresh is not None
    assert world.status.next_refresh.date() == date(2030, 3, 11)

    world.now = world.status.next_refresh
    world.expire()
    world.reconcile()
    world.run_plan()
    world.reconcile()
    assert world.observed_job("backfill").rounds == (1,)
    assert world.phase == "Backfilling"


class TestSuspend:
    def test_pauses_and_resumes_the_same_job(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()
        world.fetch(1)
        name = world.observed_job("backfill").name

        world.edit(suspend=True)
        world.reconcile()
        assert world.observed_job("backfill").suspended
        assert world.phase == "Suspended"
        assert condition(world.status, "Reconciling") == ("False", "Suspended")

        world.edit(suspend=False)
        world.reconcile()
        assert not world.observed_job("backfill").suspended
        assert world.observed_job("backfill").name == name
        assert world.phase == "Backfilling"

    def test_needs_no_new_plan(self) -> None:
        world = ready_world()
        world.expire()

        world.edit(suspend=True)
        world.reconcile()
        world.edit(suspend=False)
        world.reconcile()

        assert world.jobs == {}
        assert world.phase == "Ready"
        assert world.status.observed_generation == 3

    def test_from_the_start_creates_nothing(self) -> None:
        world = World(suspend=True)
        world.reconcile()

        assert world.jobs == {}
        assert world.phase == "Suspended"

    def test_pauses_a_plan_too(self) -> None:
        world = World()
        world.reconcile()
        world.edit(suspend=True)
        world.reconcile()

        assert world.observed_job("plan").suspended
        assert not world.decide().planning

    def test_works_while_the_api_is_unavailable(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()

        world.api_up = False
        world.edit(suspend=True)
        world.reconcile()

        assert world.observed_job("backfill").suspended
        assert world.phase == "Suspended"


class TestParallelism:
    def test_is_patched_and_never_more_than_there_are_rounds(self) -> None:
        world = World(parallelism=2)
        world.reconcile()
        world.run_plan()
        world.reconcile()
        name = world.observed_job("backfill").name

        world.edit(parallelism=20)
        world.reconcile()

        assert world.observed_job("backfill").name == name
        assert world.observed_job("backfill").parallelism == 4


class TestRounds:
    def test_growing_fetches_only_what_is_missing(self) -> None:
        world = World(rounds=6, spec_rounds="1-3")
        world.reconcile()
        world.run_plan()
        world.reconcile()
        world.fetch(1, 2, 3)
        world.reconcile()
        assert world.phase == "Ready"

        world.edit(rounds="1-5")
        world.reconcile()
        assert world.phase == "Planning"
        world.run_plan()
        world.reconcile()

        assert world.observed_job("backfill").rounds == (4, 5)

    def test_growing_keeps_the_running_job(self) -> None:
        world = World(rounds=6, spec_rounds="1-3")
        world.reconcile()
        world.run_plan()
        world.reconcile()
        world.fetch(1)
        first = world.observed_job("backfill").name

        world.edit(rounds="all")
        world.reconcile()
        world.run_plan()
        world.reconcile()
        assert world.observed_job("backfill").name == first

        world.fetch(2, 3)
        world.reconcile()
        assert world.observed_job("backfill").rounds == (4, 5, 6)

    def test_shrinking_stops_unrequested_rounds(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()
        world.fetch(1)

        world.edit(rounds="1-2")
        first = world.decide()
        assert [action.job.task for action in first.actions if hasattr(action, "job")] == [
            "backfill"
        ]
        world.reconcile()
        world.run_plan()
        world.reconcile()

        assert world.observed_job("backfill").rounds == (2,)
        world.fetch(2)
        world.reconcile()
        assert world.phase == "Ready"
        assert world.status.progress == "2/2"

    def test_shrinking_to_fetched_rounds_keeps_the_job(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()
        world.fetch(1, 2)
        name = world.observed_job("backfill").name

        world.edit(rounds="2-4")
        world.reconcile()

        assert world.observed_job("backfill").name == name

    def test_another_source_starts_anew(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()

        world.edit(source="openf1")
        world.reconcile()

        assert "backfill" not in world.tasks()
        assert world.phase == "Planning"

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"source": "openf1"}, "the Season's source or resources changed"),
            ({"source": "ergast-csv"}, "the Season's source or resources changed"),
            ({"rounds": "1-2"}, "the Season does not request rounds 3-4 any more"),
        ],
    )
    def test_a_stopped_job_has_an_event_with_the_reason(
        self, change: dict[str, str], why: str
    ) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()

        world.edit(**change)
        stopped = [one for one in world.decide().actions if isinstance(one, DeleteJob)]
        assert [one.why for one in stopped if one.job.task == "backfill"] == [why]
