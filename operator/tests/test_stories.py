"""A Season from apply to Ready, and what may happen on the way; the decision alone, no cluster."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from season_world import START, World, ready_world, season_body

from f1_operator import names
from f1_operator.actions import DeleteJob, SetFinalizers
from f1_operator.decide import decide
from f1_operator.season import Season, Status


def condition(status: Status, kind: str) -> tuple[str, str]:
    found = status.condition(kind)
    assert found is not None
    return found.status, found.reason


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
    assert world.observed("backfill").rounds == (1, 2, 3, 4)
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


def test_a_job_gone_by_its_time_to_live_is_not_run_again() -> None:
    world = ready_world()

    world.expire()
    world.later(days=3)
    world.reconcile()

    assert world.jobs == {}
    assert world.phase == "Ready"


def test_a_job_that_a_person_deleted_is_made_again_with_what_is_left() -> None:
    world = World()
    world.reconcile()
    world.run_plan()
    world.reconcile()
    world.fetch(1, 2)

    del world.jobs[world.job("backfill")["metadata"]["name"]]
    world.reconcile()

    assert world.observed("backfill").rounds == (3, 4)


def test_what_the_ledger_already_has_is_not_fetched() -> None:
    world = World()
    world.states = {(n, name): "processed" for n in (1, 2, 3) for name in ("results", "laps")}
    world.reconcile()
    world.run_plan()
    world.reconcile()

    assert world.observed("backfill").rounds == (4,)


def test_a_season_that_is_wholly_there_needs_no_backfill() -> None:
    world = World()
    world.states = {(n, name): "processed" for n in range(1, 5) for name in ("results", "laps")}
    world.reconcile()
    world.run_plan()
    world.reconcile()

    assert world.tasks() == ["plan"]
    assert world.phase == "Ready"


def test_a_season_not_begun_is_ready_and_looks_again_when_its_first_race_is_over() -> None:
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
    assert world.observed("backfill").rounds == (1,)
    assert world.phase == "Backfilling"


class TestSuspend:
    def test_pauses_the_job_and_goes_on_with_the_same_one(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()
        world.fetch(1)
        name = world.observed("backfill").name

        world.edit(suspend=True)
        world.reconcile()
        assert world.observed("backfill").suspended
        assert world.phase == "Suspended"
        assert condition(world.status, "Reconciling") == ("False", "Suspended")

        world.edit(suspend=False)
        world.reconcile()
        assert not world.observed("backfill").suspended
        assert world.observed("backfill").name == name
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

        assert world.observed("plan").suspended
        assert not world.decide().planning

    def test_works_while_the_api_is_away(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()

        world.api_up = False
        world.edit(suspend=True)
        world.reconcile()

        assert world.observed("backfill").suspended
        assert world.phase == "Suspended"


class TestParallelism:
    def test_is_patched_and_never_more_than_there_are_rounds(self) -> None:
        world = World(parallelism=2)
        world.reconcile()
        world.run_plan()
        world.reconcile()
        name = world.observed("backfill").name

        world.edit(parallelism=20)
        world.reconcile()

        assert world.observed("backfill").name == name
        assert world.observed("backfill").parallelism == 4


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

        assert world.observed("backfill").rounds == (4, 5)

    def test_growing_leaves_the_job_at_work_alone(self) -> None:
        world = World(rounds=6, spec_rounds="1-3")
        world.reconcile()
        world.run_plan()
        world.reconcile()
        world.fetch(1)
        first = world.observed("backfill").name

        world.edit(rounds="all")
        world.reconcile()
        world.run_plan()
        world.reconcile()
        assert world.observed("backfill").name == first

        world.fetch(2, 3)
        world.reconcile()
        assert world.observed("backfill").rounds == (4, 5, 6)

    def test_shrinking_stops_what_is_not_asked_for(self) -> None:
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

        assert world.observed("backfill").rounds == (2,)
        world.fetch(2)
        world.reconcile()
        assert world.phase == "Ready"
        assert world.status.progress == "2/2"

    def test_shrinking_to_what_is_fetched_already_leaves_the_job_at_work(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()
        world.fetch(1, 2)
        name = world.observed("backfill").name

        world.edit(rounds="2-4")
        world.reconcile()

        assert world.observed("backfill").name == name

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"source": "openf1"}, "source or resources are others now"),
            ({"source": "ergast-csv"}, "source or resources are others now"),
            ({"rounds": "1-2"}, "rounds 3-4 are not asked for any more"),
        ],
    )
    def test_a_job_that_is_stopped_has_an_event_with_the_reason(
        self, change: dict[str, str], why: str
    ) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()

        world.edit(**change)
        stopped = [one for one in world.decide().actions if isinstance(one, DeleteJob)]
        assert [one.why for one in stopped if one.job.task == "backfill"] == [why]

    def test_another_source_starts_anew(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()

        world.edit(source="openf1")
        world.reconcile()

        assert "backfill" not in world.tasks()
        assert world.phase == "Planning"


class TestPartialFailure:
    def failed(self) -> World:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()
        world.fetch(1, 2, 4)
        world.give_up(3, why="404: no such race")
        world.reconcile()
        return world

    def test_is_degraded_and_names_the_round_and_why(self) -> None:
        world = self.failed()

        assert world.phase == "Degraded"
        assert world.status.rounds is not None
        assert world.status.rounds.failed == 1
        (failure,) = world.status.rounds.failures
        assert (failure.round, failure.race) == (3, "2024-circuit-3")
        assert failure.message == "404: no such race"
        ready = world.status.condition("Ready")
        assert ready is not None
        assert ready.status == "False"
        assert "round 3 (2024-circuit-3): 404: no such race" in ready.message
        assert "kubectl annotate season -n f1 season-2024" in ready.message
        assert condition(world.status, "Stalled") == ("True", "RoundsFailed")
        assert condition(world.status, "Reconciling")[0] == "False"

    def test_shows_while_the_others_go_on(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()
        world.give_up(3)
        world.reconcile()

        assert world.phase == "Backfilling"
        assert world.status.rounds is not None
        assert world.status.rounds.failed == 1
        assert condition(world.status, "Stalled")[0] == "False"

    def test_is_not_tried_again_by_itself_when_its_job_is_gone(self) -> None:
        world = self.failed()
        world.edit(refresh={"interval": "never"})
        world.reconcile()
        world.expire()
        world.later(days=9)
        world.reconcile()

        assert world.jobs == {}
        assert world.phase == "Degraded"

    def test_is_tried_again_by_annotation(self) -> None:
        world = self.failed()
        world.annotate(names.RETRY, "now")
        world.reconcile()

        assert world.observed("backfill").rounds == (3,)
        assert world.phase == "Backfilling"
        assert world.status.rounds is not None
        assert world.status.rounds.failed == 0

        world.fetch(3)
        world.reconcile()
        assert world.phase == "Ready"

    def test_of_one_job_every_round_is_named_whenever_it_fails(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()
        for number in (2, 3):
            world.give_up(number)
            world.reconcile()
        assert world.status.rounds is not None
        assert [one.round for one in world.status.rounds.failures] == [2, 3]

    def test_fails_again_and_stays_failed_until_the_annotation_changes(self) -> None:
        world = self.failed()
        for value in ("first", "second"):
            world.annotate(names.RETRY, value)
            world.reconcile()
            world.give_up(3, why=f"{value} try")
            world.reconcile()
            assert world.phase == "Degraded"
            assert world.status.rounds is not None
            assert world.status.rounds.failures[0].message == f"{value} try"

        assert len([name for name in world.created if "backfill" in name]) == 3

    def test_is_tried_again_by_editing(self) -> None:
        world = self.failed()
        world.edit(backoffLimitPerRound=5)
        world.reconcile()

        assert world.observed("backfill").rounds == (3,)
        assert world.tasks().count("plan") == 1

    def test_is_tried_again_by_itself_soon_and_then_more_rarely(self) -> None:
        """The database may have been away; a race that does not exist costs a request a day."""
        world = self.failed()
        waits = []
        for number in range(5):
            began = world.now
            assert world.status.next_refresh is not None
            world.now = world.status.next_refresh
            waits.append(world.now - began)
            world.expire()
            world.reconcile()
            assert world.observed("backfill").rounds == (3,)
            world.give_up(3, why=f"try {number}")
            world.reconcile()
            assert world.phase == "Degraded"
            assert world.status.rounds is not None
            assert world.status.rounds.failures[0].message == f"try {number}"

        minutes = [wait / timedelta(minutes=1) for wait in waits]
        assert minutes == [10, 60, 360, 1440, 1440]

    def test_is_forgiven_when_another_process_fetched_it(self) -> None:
        world = self.failed()
        for name in ("results", "laps"):
            world.states[3, name] = "processed"
        world.reconcile()

        assert world.phase == "Ready"

    def test_of_everything_is_failed(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()
        body = world.job("backfill")
        world.reasons[body["metadata"]["name"], 0] = "F1_DATABASE_URL is not set"
        world.end(body, "Failed", "MaxFailedIndexesExceeded")
        world.reconcile()

        assert world.phase == "Failed"
        assert world.status.rounds is not None
        assert [one.round for one in world.status.rounds.failures] == [1, 2, 3, 4]
        assert world.status.rounds.failures[0].message == "F1_DATABASE_URL is not set"


class TestRefusedByTheWorker:
    def test_quarantined_is_degraded_and_says_how_to_look(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()
        world.fetch(1, 2, 3)
        world.fetch(4, state="quarantined")
        world.reconcile()

        assert world.phase == "Degraded"
        ready = world.status.condition("Ready")
        assert ready is not None
        assert "laps is quarantined: rows are missing" in ready.message
        assert "f1-worker show raw/4-" in ready.message
        assert condition(world.status, "Ingested")[0] == "True"
        assert condition(world.status, "Processed") == ("False", "RoundsFailed")

        world.states[4, "laps"] = world.states[4, "results"] = "processed"
        world.reconcile()
        assert world.phase == "Ready"

    @pytest.mark.parametrize(("state", "verb"), [("held", "confirm"), ("quarantined", "accept")])
    def test_names_the_command_for_the_first_and_every_reason(self, state: str, verb: str) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()
        world.fetch(1, 2, 3, 4)
        world.states[4, "results"], world.states[4, "laps"] = state, "quarantined"
        world.reconcile()
        assert world.status.rounds is not None
        [failure] = world.status.rounds.failures
        assert failure.reason == state.capitalize()
        assert f"results is {state}: " in failure.message
        assert "laps is quarantined: rows are missing. Look with: " in failure.message
        assert f"f1-worker show raw/4-results.json, then f1-worker {verb} it" in failure.message


class TestSourceAway:
    def test_is_said_and_is_no_failure(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.source_away = True
        world.reconcile()

        assert world.phase == "Backfilling"
        assert condition(world.status, "Ingested") == ("False", "SourceUnavailable")
        assert condition(world.status, "Stalled")[0] == "False"

    def test_a_race_just_run_that_the_source_lacks_is_late_not_failed(self) -> None:
        world = World(rounds=2)
        world.dates = {1: date(2029, 12, 1), 2: date(2029, 12, 31)}
        world.reconcile()
        world.run_plan(rounds=frozenset({1, 2}))
        world.reconcile()
        world.fetch(1)
        body = world.job("backfill")
        body["status"]["completedIndexes"] = "0,1"
        world.end(body, "Complete")
        world.later(minutes=2)
        world.reconcile()

        assert world.phase == "Backfilling"
        assert condition(world.status, "Ready") == ("False", "SourceLate")
        assert condition(world.status, "Stalled")[0] == "False"
        assert world.status.rounds is not None
        assert world.status.rounds.failed == 0

        world.later(days=1)
        world.reconcile()
        assert world.observed("backfill").rounds == (2,)


class TestApiAway:
    def test_is_unknown_and_never_failed(self) -> None:
        world = ready_world()
        world.api_up = False
        world.reconcile()

        assert world.phase == "Ready"
        for kind in ("Planned", "Ingested", "Processed", "Ready"):
            assert condition(world.status, kind) == ("Unknown", "ApiUnreachable")
        assert condition(world.status, "Stalled")[0] == "False"
        assert world.status.progress == "4/4"

    def test_changes_nothing_while_it_may_pass(self) -> None:
        world = ready_world()
        before = world.status
        world.api_up, world.api_problem = False, None
        world.reconcile()

        assert world.status == before

    def test_starts_nothing(self) -> None:
        world = World()
        world.api_up = False
        world.reconcile()

        assert world.jobs == {}

    def test_comes_back_to_what_it_was(self) -> None:
        world = ready_world()
        world.api_up = False
        world.reconcile()
        world.api_up = True
        world.reconcile()

        assert world.phase == "Ready"
        assert condition(world.status, "Ready")[0] == "True"
        assert len(world.created) == 2


class TestPlan:
    def test_waits_for_its_turn_suspended(self) -> None:
        world = World()
        world.turn = False
        world.reconcile()
        assert world.observed("plan").suspended
        assert world.phase == "Pending"
        assert condition(world.status, "Planned") == ("False", "WaitingForTurn")

        world.turn = True
        world.reconcile()
        assert not world.observed("plan").suspended
        assert world.phase == "Planning"

    def test_failed_says_why_and_stays_failed_when_its_job_is_gone(self) -> None:
        world = World(rounds=4)
        world.reconcile()
        body = world.job("plan")
        world.reasons[body["metadata"]["name"], 0] = "2024 has no round 30"
        world.end(body, "Failed", "PodFailurePolicy")
        world.reconcile()
        world.expire()
        world.reconcile()

        assert world.jobs == {}
        assert world.phase == "Failed"
        planned = world.status.condition("Planned")
        assert planned is not None
        assert planned.reason == "PlanFailed"
        assert planned.message.startswith("2024 has no round 30; correct it, or try again:")

        world.annotate(names.RETRY)
        world.reconcile()
        assert world.tasks() == ["plan"]
        assert world.phase == "Planning"

    def test_that_the_api_does_not_show_is_said(self) -> None:
        world = World()
        world.reconcile()
        world.end(world.job("plan"), "Complete")
        world.reconcile()
        assert world.phase == "Planning"

        world.later(minutes=1)
        world.reconcile()
        planned = world.status.condition("Planned")
        assert planned is not None
        assert "use the same database" in planned.message

    def test_of_what_is_not_asked_for_any_more_is_stopped(self) -> None:
        world = World()
        world.reconcile()
        first = world.observed("plan").name
        world.edit(rounds="1-2")
        world.reconcile()

        assert world.tasks() == ["plan"]
        assert world.observed("plan").name != first


class TestRefresh:
    def current(self) -> World:
        """The last race was a week ago, the next is in a week."""
        world = World(rounds=3)
        today = START.date()
        world.dates = {
            1: today - timedelta(days=60),
            2: today - timedelta(days=7),
            3: today + timedelta(days=7),
        }
        world.reconcile()
        world.run_plan()
        world.reconcile()
        world.fetch(1, 2)
        world.reconcile()
        assert world.phase == "Ready"
        return world

    def test_looks_again_at_what_may_have_been_corrected(self) -> None:
        world = self.current()
        assert world.status.next_refresh == START + timedelta(days=1)

        world.later(days=1)
        world.reconcile()
        assert world.observed("refresh").rounds == (2,)
        assert world.phase == "Ready"

        world.fetch(2, task="refresh")
        world.reconcile()
        assert world.status.next_refresh == START + timedelta(days=2)

    def test_fetches_what_was_raced_since(self) -> None:
        world = self.current()
        world.later(days=8, hours=13)
        world.reconcile()
        assert world.tasks().count("plan") == 2

        world.run_plan()
        world.reconcile()
        assert world.phase == "Backfilling"
        world.fetch(2, task="refresh")
        world.reconcile()
        assert world.observed("backfill").rounds == (3,)

    def test_looks_a_last_time_and_then_costs_nothing(self) -> None:
        world = self.current()
        del world.dates[3]
        looks = 0
        for _ in range(30):
            world.later(days=1)
            world.expire()
            world.reconcile()
            if "refresh" in world.tasks():
                looks += 1
                world.fetch(2, task="refresh")
                world.reconcile()

        assert looks == 8
        assert world.status.next_refresh is None

    def test_of_a_season_long_over_is_never(self) -> None:
        world = ready_world()

        assert world.status.next_refresh is None

    def test_can_be_switched_off(self) -> None:
        world = self.current()
        world.edit(refresh={"interval": "never"})
        world.reconcile()
        world.later(days=30)
        world.expire()
        world.reconcile()

        assert world.jobs == {}

    def test_what_is_being_processed_is_not_fetched_again(self) -> None:
        world = self.current()
        world.later(days=1)
        world.reconcile()
        world.fetch(2, state="pending", task="refresh")
        world.reconcile()
        world.expire()
        world.reconcile()

        assert "refresh" not in world.tasks()


class TestOneSeasonAYear:
    def test_the_second_waits_and_says_so(self) -> None:
        world = World(deletionPolicy="Purge")
        world.rival = ready_world().season
        world.reconcile()

        assert world.jobs == {}
        assert world.body["metadata"]["finalizers"] == []
        assert world.phase == "Pending"
        assert condition(world.status, "Ready") == ("False", "YearTaken")
        assert condition(world.status, "Stalled") == ("True", "YearTaken")

        world.rival = None
        world.reconcile()
        assert world.tasks() == ["plan"]


class TestDeletion:
    def test_with_retain_nothing_holds_it(self) -> None:
        world = ready_world()

        assert world.body["metadata"]["finalizers"] == []
        world.delete()
        assert world.decide().actions == ()

    def test_a_purge_that_kubernetes_does_not_take_is_told_with_the_way_out(self) -> None:
        world = ready_world(deletionPolicy="Purge")
        world.delete()

        said = decide(replace(world.view, refused="403: no Jobs before noon")).status
        assert condition(said, "Ready") == ("False", "PurgeFailing")
        ready = said.condition("Ready")
        assert ready is not None
        assert "no Jobs before noon" in ready.message
        assert names.RELEASE in ready.message

    def test_with_purge_stops_jobs_then_purges_then_lets_go(self) -> None:
        world = World(deletionPolicy="Purge")
        world.reconcile()
        assert world.body["metadata"]["finalizers"] == [names.FINALIZER]
        world.run_plan()
        world.reconcile()
        world.fetch(1)

        world.delete()
        world.reconcile()
        assert "backfill" not in world.tasks()
        purge = world.job("purge")
        assert purge["metadata"]["namespace"] == "f1-system"
        assert "ownerReferences" not in purge["metadata"]
        assert condition(world.status, "Ready") == ("False", "Purging")

        world.end(purge, "Complete")
        world.reconcile()
        assert world.body["metadata"]["finalizers"] == []
        assert "purge" not in world.tasks()

    def test_a_season_that_does_not_own_its_year_purges_nothing(self) -> None:
        world = ready_world(deletionPolicy="Purge")
        world.rival = Season.read(season_body("the-owner"))
        world.delete()
        decision = world.decide()
        world.reconcile()

        assert [job for job in world.created if "purge" in job] == []
        assert world.body["metadata"]["finalizers"] == []
        [release] = [one for one in decision.actions if isinstance(one, SetFinalizers)]
        assert release.event is not None
        assert release.event.reason == "NotPurged"
        assert "f1/the-owner" in release.event.message

    def test_with_purge_and_the_database_down_says_so_and_waits(self) -> None:
        world = ready_world(deletionPolicy="Purge")
        world.delete()
        world.reconcile()
        name = world.observed("purge").name
        world.reasons[name, 0] = "Postgres: connection refused"
        world.reconcile()

        ready = world.status.condition("Ready")
        assert ready is not None
        assert ready.reason == "PurgeFailing"
        assert "Postgres: connection refused" in ready.message
        assert f"{names.RELEASE}=true" in ready.message
        assert world.body["metadata"]["finalizers"] == [names.FINALIZER]

    def test_with_purge_is_let_go_by_annotation(self) -> None:
        world = ready_world(deletionPolicy="Purge")
        world.delete()
        world.reconcile()
        world.annotate(names.RELEASE)
        world.reconcile()

        assert world.body["metadata"]["finalizers"] == []
        assert "purge" not in world.tasks()

    def test_with_purge_in_a_namespace_that_goes_does_not_hang_it(self) -> None:
        world = ready_world(deletionPolicy="Purge")
        world.delete()
        world.namespace_going = True
        world.reconcile()

        assert world.body["metadata"]["finalizers"] == []

    def test_purge_can_be_switched_off(self) -> None:
        world = ready_world(deletionPolicy="Purge")
        world.edit(deletionPolicy="Retain")
        world.reconcile()

        assert world.body["metadata"]["finalizers"] == []

    def test_leaves_the_finalizers_of_others_alone(self) -> None:
        world = World(deletionPolicy="Purge")
        world.body["metadata"]["finalizers"] = ["others.example/keep"]
        world.reconcile()
        assert world.body["metadata"]["finalizers"] == ["others.example/keep", names.FINALIZER]

        world.edit(deletionPolicy="Retain")
        world.reconcile()
        assert world.body["metadata"]["finalizers"] == ["others.example/keep"]
