"""The messages of a Season's conditions, step by step; the start and end of its work."""

from datetime import date, timedelta

from seasons.world import START, World, condition, ready_world

from f1_operator import names
from f1_operator.reconcile.decide import decide
from f1_operator.season.resource import Season


def message(world: World, kind: str) -> str:
    found = world.status.condition(kind)
    assert found is not None
    return found.message


def planned(*, rounds: int = 4) -> World:
    world = World(rounds=rounds)
    world.reconcile()
    world.run_plan()
    world.reconcile()
    return world


def test_while_the_schedule_is_fetched() -> None:
    world = World()
    world.reconcile()
    job = world.observed_job("plan").name
    assert message(world, "Planned") == f"Job {job} fetches the schedule"
    assert message(world, "Ready") == message(world, "Planned")
    assert message(world, "Reconciling") == message(world, "Planned")
    assert message(world, "Ingested") == "not planned yet"
    assert message(world, "Processed") == "no round is fetched yet"
    assert condition(world.status, "Ingested") == ("False", "Planning")
    assert condition(world.status, "Processed") == ("False", "Planning")
    assert message(world, "Stalled") == ""
    assert world.status.condition("Refreshed") is None


def test_while_other_plans_go_first_or_it_is_suspended() -> None:
    waiting = World()
    waiting.turn = False
    waiting.reconcile()
    assert condition(waiting.status, "Ready") == ("False", "WaitingForTurn")
    assert "older Seasons are planned first" in message(waiting, "Ready")
    suspended = World(suspend=True)
    suspended.reconcile()
    assert condition(suspended.status, "Ready") == ("False", "Suspended")
    assert message(suspended, "Ready") == "suspended before the schedule was fetched"


def test_while_the_worker_has_not_read_the_schedule() -> None:
    world = planned()
    schedule, world.dates = world.dates, {}
    world.reconcile()
    assert condition(world.status, "Planned") == ("True", "Planned")
    assert "the worker has not processed the schedule, or it is empty" in message(world, "Planned")
    assert condition(world.status, "Ingested") == ("False", "WaitingForSchedule")
    assert condition(world.status, "Processed") == ("False", "WaitingForSchedule")
    assert condition(world.status, "Ready") == ("False", "WaitingForSchedule")
    world.dates = schedule
    world.reconcile()
    assert condition(world.status, "Ready") == ("False", "Fetching")


def test_while_rounds_are_fetched_and_processed() -> None:
    world = planned()
    job = world.observed_job("backfill").name
    assert message(world, "Planned") == "4 rounds on the calendar, 4 of them run"
    others = f"; Job {job} fetches the others"
    assert message(world, "Ready") == f"0 of 4 run rounds are fetched{others}"

    world.fetch(1)
    world.reconcile()
    assert message(world, "Ingested") == f"1 of 4 run rounds are fetched{others}"
    assert condition(world.status, "Processed") == ("False", "Fetching")
    assert message(world, "Processed") == (
        "1 of 4 run rounds are processed; no other round is fetched"
    )

    world.fetch(2, 3, 4, state="pending")
    world.reconcile()
    assert message(world, "Ingested") == "4 of 4 run rounds are fetched"
    assert message(world, "Processed") == (
        "1 of 4 run rounds are processed; the worker processes the others"
    )
    assert message(world, "Ready") == message(world, "Processed")

    world.process()
    world.reconcile()
    assert message(world, "Processed") == "4 of 4 run rounds are processed"
    assert condition(world.status, "Ready") == ("True", "AllAnswer")
    assert message(world, "Ready") == "4 of 4 run rounds are served"
    assert message(world, "Reconciling") == message(world, "Stalled") == ""


def test_future_rounds_are_counted_separately() -> None:
    world = World(rounds=3)
    world.dates[3] = date(2030, 6, 1)
    world.reconcile()
    world.run_plan()
    world.reconcile()
    assert message(world, "Planned") == "3 rounds on the calendar, 2 of them run"
    world.fetch(1, 2)
    world.reconcile()
    assert message(world, "Ready") == "2 of 2 run rounds are served; 1 to come"


def test_while_it_is_suspended_or_its_source_is_unavailable() -> None:
    world = planned()
    world.source_away = True
    world.reconcile()
    assert condition(world.status, "Ready") == ("False", "SourceUnavailable")
    assert message(world, "Ready") == (
        "0 of 4 run rounds are fetched; jolpica is unavailable (HTTP 521): retrying"
    )
    world.edit(suspend=True)
    world.reconcile()
    assert condition(world.status, "Ready") == ("False", "Suspended")
    assert message(world, "Ready") == "0 of 4 run rounds are fetched; suspended"
    assert world.status.next_refresh is None


def test_eight_failures_are_described_and_the_others_counted() -> None:
    world = planned(rounds=10)
    world.fetch(10)
    world.give_up(*range(1, 10), why="HTTP 404")
    world.reconcile()
    reported = message(world, "Stalled")
    assert reported.startswith("1 of 10 run rounds are fetched; rounds 1-9 not ready: round 1 (")
    assert reported.count("HTTP 404") == 8
    assert "; and 1 more, see status.rounds.failures; automatic retry at 2030-01-01 12:10 UTC" in (
        reported
    )
    assert reported.endswith(
        ". Retry with: kubectl annotate season -n f1 season-2024 --overwrite"
        f' {names.RETRY}="$(date +%s)"'
    )
    fewer = planned(rounds=9)
    fewer.fetch(9)
    fewer.give_up(*range(1, 9), why="HTTP 404")
    fewer.reconcile()
    assert message(fewer, "Stalled").count("HTTP 404") == 8
    assert "more, see" not in message(fewer, "Stalled")


def test_a_failed_plan_has_the_command_to_retry_it() -> None:
    world = World()
    world.reconcile()
    world.reasons[world.observed_job("plan").name, 0] = "the source has no season 2024"
    world.end(world.job("plan"), "Failed", "BackoffLimitExceeded")
    world.reconcile()
    assert message(world, "Stalled").startswith(
        "the source has no season 2024; correct it, or retry with: kubectl annotate season"
    )


def test_without_the_api_the_last_values_stay() -> None:
    world = ready_world()
    world.edit(rounds="1-3")
    before = world.status
    world.api_up = False
    world.reconcile()
    reported = "the API at http://f1-api does not respond; running Jobs go on; retrying"
    assert message(world, "Ready") == message(world, "Stalled") == reported
    assert condition(world.status, "Reconciling") == ("True", "ApiUnreachable")
    assert (world.status.phase, world.status.progress) == (before.phase, before.progress)
    assert world.status.observed_generation == world.season.metadata.generation
    refreshed = [one for one in before.conditions if one.type == "Refreshed"]
    assert [one for one in world.status.conditions if one.type == "Refreshed"] == refreshed
    world.edit(suspend=True)
    world.reconcile()
    assert world.phase == "Suspended"
    assert condition(world.status, "Reconciling")[0] == "False"


def test_of_a_year_that_another_season_owns() -> None:
    world = World()
    world.rival = Season.read({**world.body, "metadata": {**world.body["metadata"], "name": "own"}})
    world.reconcile()
    assert world.phase == "Pending"
    reported = "Season f1/own owns the year 2024: edit that Season, or delete one of the two"
    for kind in ("Planned", "Ingested", "Processed", "Ready", "Reconciling"):
        assert condition(world.status, kind) == ("False", "YearTaken")
        assert message(world, kind) == reported
    assert condition(world.status, "Stalled") == ("True", "YearTaken")


class TestTimes:
    def test_work_begins_with_the_season_and_ends_when_it_is_ready(self) -> None:
        world = World()
        world.reconcile()
        assert (world.status.started_at, world.status.completed_at) == (START, None)
        world.run_plan()
        world.later(minutes=5)
        world.reconcile()
        world.fetch(1, 2, 3, 4)
        world.later(minutes=5)
        world.reconcile()
        done = START + timedelta(minutes=10)
        assert (world.status.started_at, world.status.completed_at) == (START, done)
        world.later(hours=1)
        world.reconcile()
        assert (world.status.started_at, world.status.completed_at) == (START, done)

    def test_more_rounds_are_a_new_start(self) -> None:
        world = World(spec_rounds="1-2")
        world.reconcile()
        world.run_plan()
        world.reconcile()
        world.fetch(1, 2)
        world.reconcile()
        world.later(hours=1)
        world.edit(rounds="1-3")
        world.reconcile()
        again = START + timedelta(hours=1)
        assert (world.status.started_at, world.status.completed_at) == (again, None)

    def test_an_estimate_is_of_fetching_and_changes_only_in_large_steps(self) -> None:
        world = World()
        world.reconcile()
        assert world.status.estimated_completion is None
        world.run_plan()
        world.later(milliseconds=700)
        world.reconcile()
        ends = START + timedelta(minutes=10)  # without the part of a second
        assert world.status.estimated_completion == ends
        world.later(minutes=4)
        world.reconcile()
        assert world.status.estimated_completion == ends
        world.later(minutes=2)
        world.reconcile()
        assert world.status.estimated_completion == ends + timedelta(minutes=6)
        world.edit(suspend=True)
        world.reconcile()
        assert world.status.estimated_completion is None

    def test_a_decision_reports_how_many_pods_fetch(self) -> None:
        world = planned()
        world.job("backfill")["status"]["active"] = 2
        status = decide(world.observed).status
        assert status.active == 2
        assert status.job == world.observed_job("backfill").name
        assert status.rows == 0
