"""Laps and pit stops: each of one race."""

from itertools import groupby
from typing import Any

from f1_api.ergast import paging
from f1_api.ergast.grammar import Request
from f1_api.ergast.paging import NOTHING, Found, Page
from f1_api.ergast.params import number, of_result, parameters
from f1_api.ergast.tables.lists import entered
from f1_api.ergast.tables.races import in_races
from f1_api.ergast.texts import Shape, clock, known
from f1_api.postgres.pool import Row, Snapshot


def laps(snapshot: Snapshot, request: Request, page: Page) -> Found:
    """Laps of a race, the drivers of one lap together."""
    given = _of_race(snapshot, request)
    if given is None:
        return NOTHING
    total, rows = paging.rows(snapshot, "ergast_laps", given, page)
    items: list[Shape] = [
        {"number": str(lap), "Timings": [_timing(row) for row in together]}
        for lap, together in groupby(rows, key=lambda row: row[1])
    ]
    return Found(total, in_races(snapshot, [(given["race_id"], item) for item in items], "Laps"))


def pit_stops(snapshot: Snapshot, request: Request, page: Page) -> Found:
    """Pit stops in a race, by the time of day."""
    given = _of_race(snapshot, request)
    if given is None:
        return NOTHING
    given["stop"] = number(request, "stop")
    total, rows = paging.rows(snapshot, "ergast_pit_stops", given, page)
    items = [
        known(driverId=driver_id, lap=lap, stop=stop, time=time, duration=duration)
        for driver_id, lap, stop, time, duration in rows
    ]
    races = in_races(snapshot, [(given["race_id"], item) for item in items], "PitStops")
    return Found(total, races)


def _of_race(snapshot: Snapshot, request: Request) -> dict[str, Any] | None:
    """The race and the selected drivers; None: there is no such race."""
    given = parameters(request)
    race = snapshot.row("ergast_calendar", given)
    if race is None:
        return None
    drivers = None
    if given["constructor"] is not None or of_result(given):
        drivers = entered(snapshot, "drivers", given)
    elif given["driver"] is not None:
        drivers = [given["driver"]]
    return {"race_id": race[0], "drivers": drivers, "lap": number(request, "lap")}


def _timing(row: Row) -> Shape:
    # Always all three, with "None" for an unknown position as in Jolpica: FastF1 makes columns of
    # them, which must have the same length.
    driver_id, _, position, time_ms = row
    return {"driverId": driver_id, "position": str(position), "time": clock(time_ms) or ""}
