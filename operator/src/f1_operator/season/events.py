"""Kubernetes events for people: one for each change between two statuses."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from f1_operator.season.condition import PLANNED, READY, REFRESHED
from f1_operator.season.resource import Status


@dataclass(frozen=True)
class Event:
    """One line under `kubectl describe season`."""

    kind: Literal["Normal", "Warning"]
    reason: str
    message: str


_WARNINGS = (
    "PlanFailed",
    "YearTaken",
    "ApiUnreachable",
    "PurgeFailing",
    "RoundsFailed",
    "JobRefused",
)


def events_between(before: Status, after: Status) -> Iterator[Event]:
    """The events for a change of the status."""
    if before.phase != after.phase and "Suspended" in (before.phase, after.phase):
        if after.phase == "Suspended":
            yield Event("Normal", "Suspended", "fetching is paused; set suspend: false to resume")
        else:
            yield Event("Normal", "Resumed", "fetching resumes where it stopped")
    planned = after.condition(PLANNED)
    if planned is not None and planned.status == "True" and not before.is_true(PLANNED):
        yield Event("Normal", "Planned", planned.message)
    known = {
        (one.round, one.reason, one.job)
        for one in (before.rounds.failures if before.rounds else ())
    }
    for failure in after.rounds.failures if after.rounds else ():
        if (failure.round, failure.reason, failure.job) not in known:
            message = f"round {failure.round} ({failure.race}): {failure.message}"
            yield Event("Warning", failure.reason, message)
    yield from _ready_events(before, after)
    yield from _refreshed_events(before, after)


def _ready_events(before: Status, after: Status) -> Iterator[Event]:
    old, new = before.condition(READY), after.condition(READY)
    if new is None or (old is not None and (old.status, old.reason) == (new.status, new.reason)):
        return
    if new.status == "True":
        yield Event("Normal", "Ready", new.message)
    elif new.reason in _WARNINGS:
        yield Event("Warning", new.reason, new.message)


def _refreshed_events(before: Status, after: Status) -> Iterator[Event]:
    """Only of a Season that is Ready; otherwise the event of Ready says why not."""
    old, new = before.condition(REFRESHED), after.condition(REFRESHED)
    if new is None or new.status != "False" or not after.is_true(READY):
        return
    if old is None or (old.status, old.reason) != (new.status, new.reason):
        yield Event("Warning", new.reason, new.message)
