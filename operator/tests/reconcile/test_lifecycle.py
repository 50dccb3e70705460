"""A Season from its plan over refreshes to its deletion, and two Seasons of one year."""

from dataclasses import replace
from datetime import timedelta

from seasons.world import START, World, condition, ready_world, season_body

from f1_operator import names
from f1_operator.kube.actions import SetFinalizers
from f1_operator.reconcile.decide import decide
from f1_operator.season.resource import Season


class TestPlan:
    def test_waits_for_a_slot_suspended(self) -> None:
        world = World()
        world.turn = False
        world.reconcile()
        assert world.observed_job("plan").suspended
        assert world.phase == "Pending"
        assert condition(world.status, "Planned") == ("False", "WaitingForTurn")

        world.turn = True
        world.reconcile()
        assert not world.observed_job("plan").suspended
        assert world.phase == "Planning"

    def test_failed_has_a_reason_and_stays_failed_when_its_job_is_gone(self) -> None:
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
        assert planned.message.startswith("2024 has no round 30; correct it, or retry with:")

        world.annotate(names.RETRY)
        world.reconcile()
        assert world.tasks() == ["plan"]
        assert world.phase == "Planning"

    def test_rounds_missing_in_the_api_are_reported(self) -> None:
        world = World()
        world.reconcile()
        world.end(world.job("plan"), "Complete")
        world.reconcile()
        assert world.phase == "Planning"

        world.later(seconds=30)
        world.reconcile()
        assert world.phase == "Planning"

        world.later(seconds=1)
        world.reconcile()
        planned = world.status.condition("Planned")
        assert planned is not None
        assert "use the same database" in planned.message

    def test_a_job_for_unrequested_rounds_is_stopped(self) -> None:
        world = World()
        world.reconcile()
        first = world.observed_job("plan").name
        world.edit(rounds="1-2")
        world.reconcile()

        assert world.tasks() == ["plan"]
        assert world.observed_job("plan").name != first


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

    def test_refreshes_rounds_with_possible_corrections(self) -> None:
        world = self.current()
        assert world.status.next_refresh == START + timedelta(days=1)

        world.later(days=1)
        world.reconcile()
        assert world.observed_job("refresh").rounds == (2,)
        assert world.phase == "Ready"

        world.fetch(2, task="refresh")
        world.reconcile()
        assert world.status.next_refresh == START + timedelta(days=2)

    def test_fetches_races_run_since(self) -> None:
        world = self.current()
        world.later(days=8, hours=13)
        world.reconcile()
        assert world.tasks().count("plan") == 2

        world.run_plan()
        world.reconcile()
        assert world.phase == "Backfilling"
        world.fetch(2, task="refresh")
        world.reconcile()
        assert world.observed_job("backfill").rounds == (3,)

    def test_refreshes_a_last_time_and_then_sends_no_requests(self) -> None:
        world = self.current()
        del world.dates[3]
        refreshes = 0
        for _ in range(30):
            world.later(days=1)
            world.expire()
            world.reconcile()
            if "refresh" in world.tasks():
                refreshes += 1
                world.fetch(2, task="refresh")
                world.reconcile()

        assert refreshes == 8
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

    def test_captures_in_process_are_not_fetched_again(self) -> None:
        world = self.current()
        world.later(days=1)
        world.reconcile()
        world.fetch(2, state="pending", task="refresh")
        world.reconcile()
        world.expire()
        world.reconcile()

        assert "refresh" not in world.tasks()


class TestOneSeasonAYear:
    def test_the_second_season_waits_and_names_the_first(self) -> None:
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
    def test_with_retain_nothing_delays_it(self) -> None:
        world = ready_world()

        assert world.body["metadata"]["finalizers"] == []
        world.delete()
        assert world.decide().actions == ()

    def test_a_refused_purge_is_reported_with_the_command_to_skip_it(self) -> None:
        world = ready_world(deletionPolicy="Purge")
        world.delete()

        status = decide(replace(world.observed, refused="403: no Jobs before noon")).status
        assert condition(status, "Ready") == ("False", "PurgeFailing")
        ready = status.condition("Ready")
        assert ready is not None
        assert "no Jobs before noon" in ready.message
        assert names.RELEASE in ready.message

    def test_with_purge_stops_jobs_then_purges_then_releases(self) -> None:
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

    def test_with_purge_waits_for_a_job_that_is_being_deleted(self) -> None:
        """Its pods may still fetch, and would add rows after the purge."""
        world = World(deletionPolicy="Purge")
        world.reconcile()
        world.run_plan()
        world.reconcile()
        backfill = world.job("backfill")
        backfill["metadata"]["deletionTimestamp"] = world.now.isoformat()
        world.delete()
        world.reconcile()
        assert "purge" not in world.tasks()

        del world.jobs[backfill["metadata"]["name"]]
        world.reconcile()
        assert "purge" in world.tasks()

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

    def test_with_purge_and_the_database_down_is_reported_and_waits(self) -> None:
        world = ready_world(deletionPolicy="Purge")
        world.delete()
        world.reconcile()
        name = world.observed_job("purge").name
        world.reasons[name, 0] = "Postgres: connection refused"
        world.reconcile()

        ready = world.status.condition("Ready")
        assert ready is not None
        assert ready.reason == "PurgeFailing"
        assert "Postgres: connection refused" in ready.message
        assert f"{names.RELEASE}=true" in ready.message
        assert world.body["metadata"]["finalizers"] == [names.FINALIZER]

    def test_with_purge_is_released_by_annotation(self) -> None:
        world = ready_world(deletionPolicy="Purge")
        world.delete()
        world.reconcile()
        world.annotate(names.RELEASE)
        world.reconcile()

        assert world.body["metadata"]["finalizers"] == []
        assert "purge" not in world.tasks()

    def test_with_purge_does_not_block_a_terminating_namespace(self) -> None:
        world = ready_world(deletionPolicy="Purge")
        world.delete()
        world.namespace_terminating = True
        world.reconcile()

        assert world.body["metadata"]["finalizers"] == []

    def test_purge_can_be_switched_off(self) -> None:
        world = ready_world(deletionPolicy="Purge")
        world.edit(deletionPolicy="Retain")
        world.reconcile()

        assert world.body["metadata"]["finalizers"] == []

    def test_keeps_the_finalizers_of_others(self) -> None:
        world = World(deletionPolicy="Purge")
        world.body["metadata"]["finalizers"] = ["others.example/keep"]
        world.reconcile()
        assert world.body["metadata"]["finalizers"] == ["others.example/keep", names.FINALIZER]

        world.edit(deletionPolicy="Retain")
        world.reconcile()
        assert world.body["metadata"]["finalizers"] == ["others.example/keep"]
