"""Failures of a Ready Season are shown in its condition Refreshed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from seasons.world import START, World

from f1_operator.reconcile.decide import decide
from f1_operator.season.events import events_between
from f1_operator.season.resource import Condition


def ready(**spec: Any) -> World:
    """The last race was a week ago, the next is in a week."""
    world = World(rounds=3, **spec)
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
    return world


def refreshed(world: World, refused: str | None = None) -> Condition:
    status = decide(replace(world.observed, refused=refused)).status
    assert status.is_true("Ready")
    assert status.phase == "Ready"
    found = status.condition("Refreshed")
    assert found is not None
    return found


def refreshing() -> World:
    world = ready()
    world.later(days=1)
    world.reconcile()
    assert world.tasks().count("refresh") == 1
    return world


def test_with_nothing_due_or_during_a_refresh_it_is_true() -> None:
    assert refreshed(ready()).status == "True"
    assert refreshed(refreshing()).status == "True"


def test_a_refused_job_of_a_refresh() -> None:
    world = ready()
    world.later(days=1)
    condition = refreshed(world, "403: exceeded quota")
    assert (condition.status, condition.reason) == ("False", "JobRefused")
    assert "exceeded quota" in condition.message
    status = decide(replace(world.observed, refused="403: exceeded quota")).status
    [event] = events_between(world.status, status)
    assert (event.kind, event.reason) == ("Warning", "JobRefused")
    assert list(events_between(status, status)) == []


def test_a_refused_job_of_a_new_plan() -> None:
    world = ready()
    world.later(days=8, hours=13)
    assert refreshed(world, "403: no Jobs before noon").reason == "JobRefused"


def test_a_refused_pause() -> None:
    world = refreshing()
    world.edit(suspend=True)
    status = decide(replace(world.observed, refused="403: not your Job")).status
    condition = status.condition("Refreshed")
    assert condition is not None
    assert "not your Job" in condition.message


def test_a_failed_refresh_until_another_succeeds() -> None:
    world = refreshing()
    job = world.observed_job("refresh")
    world.give_up(2, why="Postgres: connection refused", task="refresh")
    world.reconcile()
    condition = refreshed(world)
    assert (condition.status, condition.reason) == ("False", "RefreshFailed")
    assert job.name in condition.message
    assert "rounds 2: Postgres: connection refused" in condition.message

    world.expire()
    world.reconcile()  # the next attempt begins
    assert world.tasks().count("refresh") == 1
    assert refreshed(world).reason == "RefreshFailed"

    world.fetch(2, task="refresh")
    world.reconcile()
    assert refreshed(world).status == "True"


def test_a_failed_new_plan() -> None:
    world = ready()
    world.later(days=8, hours=13)
    world.reconcile()
    plan = next(one for one in world.observed.of_task("plan") if not one.finished)
    world.reasons[plan.name, 0] = "the source is unavailable"
    world.end(world.jobs[plan.name], "Failed")
    world.reconcile()
    condition = refreshed(world)
    assert (condition.status, condition.reason) == ("False", "PlanFailed")
    assert "the source is unavailable" in condition.message


def test_a_source_that_is_unavailable_during_a_refresh() -> None:
    world = refreshing()
    world.source_away = True
    condition = refreshed(world)
    assert (condition.status, condition.reason) == ("False", "SourceUnavailable")


def test_with_the_api_unreachable_it_is_kept_and_a_refusal_is_added() -> None:
    world = refreshing()
    observed = replace(world.observed, progress=None, api_problem="connection refused")
    kept = decide(observed).status.condition("Refreshed")
    assert kept == world.status.condition("Refreshed")
    status = decide(replace(observed, api_problem=None, refused="403: no")).status
    condition = status.condition("Refreshed")
    assert condition is not None
    assert condition.reason == "JobRefused"


def test_a_refused_release_after_a_purge_is_reported_with_the_command_to_skip_it() -> None:
    world = ready(deletionPolicy="Purge")
    world.delete()
    world.reconcile()
    world.end(world.job("purge"), "Complete")
    status = decide(replace(world.observed, refused="403: seasons are frozen")).status
    condition = status.condition("Ready")
    assert condition is not None
    assert condition.reason == "PurgeFailing"
    assert "seasons are frozen" in condition.message
