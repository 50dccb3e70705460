"""Qualifying."""

from f1_api.ergast import paging
from f1_api.ergast.grammar import Request
from f1_api.ergast.paging import NOTHING, Found, Page
from f1_api.ergast.params import number, of_result, parameters
from f1_api.ergast.tables import reference
from f1_api.ergast.tables.races import in_races
from f1_api.ergast.texts import Shape, clock, known
from f1_api.postgres.pool import Row, Snapshot


def answer(snapshot: Snapshot, request: Request, page: Page) -> Found:
    """Qualifying. Filters select by the race's result, the last value by Q1, Q2 or Q3.

    As in Jolpica, a place or status in the race and a place in qualifying match nothing together,
    and of the fastest laps only 0 matches.
    """
    place = number(request, "qualifying")
    given = parameters(request, place=place)
    of_race = (given["position"], given["status"]) != (None, None)
    if (place is not None and of_race) or number(request, "fastest") == 0:
        return NOTHING
    given["by_result"] = of_result(given)
    total, rows = paging.rows(snapshot, "ergast_qualifying", given, page)
    drivers = reference.drivers(snapshot, (row[1] for row in rows))
    constructors = reference.constructors(snapshot, (row[2] for row in rows))
    items = [(row[0], _qualified(row[3:], drivers[row[1]], constructors[row[2]])) for row in rows]
    return Found(total, in_races(snapshot, items, "QualifyingResults"))


def _qualified(row: Row, driver: Shape, constructor: Shape) -> Shape:
    car, position, *times_ms, parts = row
    times = {
        f"Q{part}": clock(time_ms) or ("" if part <= (parts or 0) else None)
        for part, time_ms in enumerate(times_ms, 1)
    }
    return known(
        number=car or None, position=position, Driver=driver, Constructor=constructor, **times
    )
