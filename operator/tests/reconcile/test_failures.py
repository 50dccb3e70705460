"""Failures of rounds, of the worker, of the source and of the API, as a Season reports them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from seasons.world import World, condition, ready_world

from f1_operator import names


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

    def test_is_reported_while_the_others_are_fetched(self) -> None:
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

    def test_is_not_retried_when_its_job_is_gone(self) -> None:
        world = self.failed()
        world.edit(refresh={"interval": "never"})
        world.reconcile()
        world.expire()
        world.later(days=9)
        world.reconcile()

        assert world.jobs == {}
        assert world.phase == "Degraded"

    def test_is_retried_by_annotation(self) -> None:
        world = self.failed()
        world.annotate(names.RETRY, "now")
        world.reconcile()

        assert world.observed_job("backfill").rounds == (3,)
        assert world.phase == "Backfilling"
        assert world.status.rounds is not None
        assert world.status.rounds.failed == 0

        world.fetch(3)
        world.reconcile()
        assert world.phase == "Ready"

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

    def test_is_retried_by_editing(self) -> None:
        world = self.failed()
        world.edit(backoffLimitPerRound=5)
        world.reconcile()

        assert world.observed_job("backfill").rounds == (3,)
        assert world.tasks().count("plan") == 1

    def test_is_retried_automatically_with_growing_delays(self) -> None:
        """The database may have been down; a race that does not exist costs a request a day."""
        world = self.failed()
        waits = []
        for number in range(5):
            began = world.now
            assert world.status.next_refresh is not None
            world.now = world.status.next_refresh
            waits.append(world.now - began)
            world.expire()
            world.reconcile()
            assert world.observed_job("backfill").rounds == (3,)
            world.give_up(3, why=f"try {number}")
            world.reconcile()
            assert world.phase == "Degraded"
            assert world.status.rounds is not None
            assert world.status.rounds.failures[0].message == f"try {number}"

        minutes = [wait / timedelta(minutes=1) for wait in waits]
        assert minutes == [10, 60, 360, 1440, 1440]

    def test_is_resolved_when_another_process_fetched_it(self) -> None:
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

    def test_every_failed_round_of_a_job_is_named(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()
        for number in (2, 3):
            world.give_up(number)
            world.reconcile()
        assert world.status.rounds is not None
        assert [one.round for one in world.status.rounds.failures] == [2, 3]


class TestRefusedByTheWorker:
    def test_quarantined_is_degraded_and_names_the_commands(self) -> None:
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
        assert "laps is quarantined: rows are missing. Run: " in failure.message
        assert f"f1-worker show raw/4-results.json, then f1-worker {verb} it" in failure.message


class TestSourceAway:
    def test_is_reported_and_is_not_a_failure(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.source_away = True
        world.reconcile()

        assert world.phase == "Backfilling"
        assert condition(world.status, "Ingested") == ("False", "SourceUnavailable")
        assert condition(world.status, "Stalled")[0] == "False"

    @pytest.mark.parametrize(("seconds", "reason"), [(-1, "SourceLate"), (0, "NotFetched")])
    def test_for_three_days_a_source_may_lack_a_race(self, seconds: int, reason: str) -> None:
        world = World(rounds=1)
        world.dates = {1: date(2029, 12, 31)}
        world.reconcile()
        world.run_plan(rounds=frozenset({1}))
        world.reconcile()
        body = world.job("backfill")
        body["status"]["completedIndexes"] = "0"
        world.now = datetime(2030, 1, 4, tzinfo=UTC) + timedelta(seconds=seconds - 61)
        world.end(body, "Complete")
        world.later(seconds=60)
        world.reconcile()
        early = world.status.rounds
        assert early is not None
        assert early.failures == (), "the ledger may show it soon"
        world.later(seconds=1)
        world.reconcile()
        late = world.status.rounds
        assert late is not None
        assert [one.reason for one in late.failures] == [reason]

    def test_a_round_that_the_ledger_shows_a_minute_late_is_not_fetched_twice(self) -> None:
        world = World(rounds=2)
        world.reconcile()
        world.run_plan()
        world.reconcile()
        body = world.job("backfill")
        world.fetch(1)
        body["status"]["completedIndexes"] = "0,1"
        world.end(body, "Complete")
        jobs = list(world.created)
        for _ in range(3):
            world.later(seconds=20)
            world.reconcile()
        world.capture(2)
        world.reconcile()
        assert world.created == jobs
        assert world.phase == "Ready"

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
        assert world.observed_job("backfill").rounds == (2,)


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

    def test_changes_nothing_during_the_patience(self) -> None:
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

    def test_ends_with_the_status_of_before(self) -> None:
        world = ready_world()
        world.api_up = False
        world.reconcile()
        world.api_up = True
        world.reconcile()

        assert world.phase == "Ready"
        assert condition(world.status, "Ready")[0] == "True"
        assert len(world.created) == 2
