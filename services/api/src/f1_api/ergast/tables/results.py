"""Results of races and sprints, and statuses."""

from typing import Any

from f1_api.ergast import paging, statuses
from f1_api.ergast.grammar import Request
from f1_api.ergast.paging import NOTHING, Found, Page
from f1_api.ergast.params import number, parameters
from f1_api.ergast.tables import reference
from f1_api.ergast.tables.races import in_races
from f1_api.ergast.texts import Shape, clock, known
from f1_api.postgres.pool import Row, Snapshot


def races(snapshot: Snapshot, request: Request, page: Page) -> Found:
    """Results of races."""
    return _answer(snapshot, parameters(request, session="race"), page, "Results")


def sprints(snapshot: Snapshot, request: Request, page: Page) -> Found:
    """Results of sprints.

    Filters by grid and status select by the sprint. Those by place and fastest lap select by the
    race and match no row of a sprint. The last value is the place in the sprint.
    """
    given = parameters(request, session="sprint")
    place = number(request, "sprint")
    if place is None and (given["position"], given["fastest"]) != (None, None):
        return NOTHING
    return _answer(snapshot, {**given, "position": place}, page, "SprintResults")


def ends(snapshot: Snapshot, request: Request, page: Page) -> Found:
    """Statuses, the most frequent first."""
    rows = snapshot.rows("ergast_status", parameters(request))
    items = [
        known(statusId=statuses.IDS.get(status), count=count, status=status)
        for status, count in rows
    ]
    return paging.cut(items, page)


def _answer(snapshot: Snapshot, given: dict[str, Any], page: Page, name: str) -> Found:
    total, rows = paging.rows(snapshot, "ergast_results", given, page)
    drivers = reference.drivers(snapshot, (row[1] for row in rows))
    constructors = reference.constructors(snapshot, (row[2] for row in rows))
    items = [(row[0], _result(row[3:], drivers[row[1]], constructors[row[2]])) for row in rows]
    return Found(total, in_races(snapshot, items, name))


def _result(row: Row, driver: Shape, constructor: Shape) -> Shape:
    (car, position, position_text, points, grid, laps, status, time_ms, time, *fastest) = row
    return known(
        number=car or None,
        position=position,
        positionText=position_text,
        points=points,
        Driver=driver,
        Constructor=constructor,
        grid=grid,
        laps=laps,
        status=status,
        Time=(known(millis=time_ms, time=time) or None) if position_text.isdecimal() else None,
        FastestLap=_fastest_lap(*fastest) or None,
    )


def _fastest_lap(rank: int | None, lap: int | None, time_ms: int | None, speed: Any) -> Shape:
    return known(
        rank=rank,
        lap=lap,
        Time=known(time=clock(time_ms)) or None,
        AverageSpeed=None if speed is None else known(units="kph", speed=speed),
    )
