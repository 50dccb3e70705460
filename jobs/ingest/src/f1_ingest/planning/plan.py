"""Plans a season: which captures are expected, which exist, and the cost of the others."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from f1_core.jolpica import PAGE
from f1_core.postgres.queries import query
from f1_core.resources import RESOURCES
from f1_ingest.calendar import Schedule
from f1_ingest.errors import WrongUsage
from f1_ingest.planning.inventory import Inventory
from f1_ingest.planning.schedules import SCHEDULE
from f1_ingest.ratelimit.scheduler import Limits
from f1_ingest.sources.protocol import Source, Target


@dataclass(frozen=True)
class Choice:
    """The requested part of a season; None means all.

    Attributes:
        refresh_days: fetch due captures of races of these last days again; 0: none.
        every: of those races, a capture older than this is not enough.
    """

    rounds: frozenset[int] | None = None
    resources: frozenset[str] | None = None
    refresh_days: int = 0
    every: timedelta = timedelta(0)


@dataclass(frozen=True)
class Step:
    """One expected capture.

    Attributes:
        due: it has to be fetched.
        since: a capture from before this is not enough.
        pages: estimated number of requests.
    """

    target: Target
    due: bool
    since: datetime | None
    pages: int


@dataclass(frozen=True)
class Plan:
    """The steps of a season, in order."""

    schedule: Schedule
    source: str
    steps: Sequence[Step]
    not_run: Sequence[int]

    @property
    def due(self) -> list[Step]:
        """The captures to fetch."""
        return [step for step in self.steps if step.due]

    @property
    def requests(self) -> int:
        """The number of requests for the due captures."""
        return sum(step.pages for step in self.due)


def check_resources(source: Source, resources: Iterable[str] | None) -> None:
    """Make sure that a source has the requested resources.

    Raises:
        WrongUsage: it does not; the message lists its resources.
    """
    unknown = sorted(set(resources or ()) - source.resources)
    if unknown:
        raise WrongUsage(
            f"{source.name} has no {', '.join(unknown)}: write some of "
            f"{', '.join(sorted(source.resources))}"
        )


def make(
    schedule: Schedule,
    source: Source,
    inventory: Inventory,
    choice: Choice,
    now: datetime,
    *,
    refreshed_since: datetime | None,
) -> Plan:
    """Plan a season.

    Args:
        now: the date for the calendar.
        refreshed_since: captures that may be refreshed are due if they are older than this.

    Raises:
        WrongUsage: a round is requested that the season does not have.
    """
    rounds = {race.round for race in schedule.races}
    unknown = sorted((choice.rounds or frozenset()) - rounds)
    if unknown:
        raise WrongUsage(
            f"{schedule.season} has no round {', '.join(map(str, unknown))}: it has "
            f"{min(rounds)} to {max(rounds)}"
        )
    chosen = [
        race for race in schedule.races if choice.rounds is None or race.round in choice.rounds
    ]
    steps: list[Step] = []
    for race in chosen:
        if not race.is_run(now):
            continue
        recent = now.date() - race.date <= timedelta(days=choice.refresh_days)
        since = refreshed_since if recent else None
        for resource in race.resources:
            if resource in source.resources and (
                choice.resources is None or resource in choice.resources
            ):
                target = Target(resource, schedule.season, race)
                due = inventory.lacks(target, now, since)
                steps.append(Step(target, due, since, _pages(inventory, target)))
    not_run = [race.round for race in chosen if not race.is_run(now)]
    return Plan(schedule, source.name, steps, not_run)


def _pages(inventory: Inventory, target: Target) -> int:
    before = inventory.of(target)
    rows = before.expected if before and before.expected else RESOURCES[target.resource].usual_rows
    return max(1, math.ceil(rows / PAGE))


def estimate(requests: int, limits: Limits, used: int) -> timedelta:
    """Estimate the duration of `requests`.

    Args:
        used: requests that already count in the window.
    """
    room = limits.per_window - limits.poll_slots
    free = max(0, room - used)
    at_once = min(requests, free) / limits.per_second
    later = max(0, requests - free) * limits.window_s / room
    return timedelta(seconds=math.ceil(at_once + later))


_DELETE = query(__name__, "delete_expectations")
_EXPECT = query(__name__, "expect")
_USED = query(__name__, "budget_used")


def record(connection: Connection, plan: Plan, owner: str, generation: int) -> None:
    """Record the expectations, in place of the owner's older plans of the season."""
    season = plan.schedule.season
    who: dict[str, Any] = {"owner": owner, "generation": generation, "season": season}
    connection.execute(_DELETE, who)
    rows: list[tuple[str, str, int | None]] = [("", SCHEDULE, None)]
    rows += [
        (
            step.target.race.race_id if step.target.race else "",
            step.target.resource,
            step.target.round,
        )
        for step in plan.steps
    ]
    connection.execute(
        _EXPECT,
        [
            {
                **who,
                "race_id": race_id,
                "resource": resource,
                "source": plan.source,
                "round": number,
            }
            for race_id, resource, number in rows
        ],
    )


def used(connection: Connection, budget: str | None) -> int:
    """Requests that count against a budget now."""
    return int(connection.execute(_USED, {"budget": budget}).scalar_one())
