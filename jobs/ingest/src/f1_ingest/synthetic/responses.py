"""Responses to every path of the service, from a dataset."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any

import msgspec

from f1_ingest.synthetic import shapes
from f1_ingest.synthetic.dataset import Dataset, Qualifying, Weekend, millis
from f1_ingest.synthetic.paths import BASE, STANDINGS, BadRequest, NotFound, Query, parse
from f1_ingest.synthetic.selection import Selection, has_place
from f1_ingest.synthetic.shapes import Json

Response = tuple[int, dict[str, str], bytes]
Row = tuple[Weekend, Any]
Slicer = Callable[[Sequence[Any], int, int], Sequence[Any]]
"""Returns a page for rows, offset and limit; the stand-in server has one with faults."""

DEFAULT_LIMIT, LARGEST_LIMIT = 30, 100


@dataclass
class _Table:
    """The rows of a response: a page of them is `content`, under the key `name`."""

    name: str
    rows: Sequence[Any]
    content: Callable[[Sequence[Any]], Json]


def respond(
    dataset: Dataset,
    path: str,
    query: Mapping[str, str] | None = None,
    *,
    base: str = "https://synthetic.invalid",
    now: datetime | None = None,
    slicer: Slicer = lambda rows, offset, limit: rows[offset : offset + limit],
) -> Response:
    """Respond to a request as the service would: status, headers, body.

    Args:
        path: with or without `/ergast/f1`, ending in `.json` or `/`.
        query: `limit` and `offset`; invalid values mean the default.
        base: scheme and host in the response.
        now: races after it have no rows yet; None: all seasons are over.
    """
    try:
        request = parse(path)
    except NotFound:
        return _problem(404, "Not found.")
    except BadRequest as error:
        return _problem(400, f"Bad Request: {error}")
    selection = Selection(dataset, request, now)
    table = _TABLES[request.resource](dataset, request, selection)
    limit, offset = _paging(query or {})
    page = slicer(table.rows, offset, limit)
    data = {
        "xmlns": "",
        "series": "f1",
        "url": f"{base}{BASE}{path.removeprefix(BASE)}",
        "limit": str(limit),
        "offset": str(offset),
        "total": str(len(table.rows)),
        table.name: {**_criteria(request, selection), **table.content(page)},
    }
    headers = {"Content-Type": "application/json", "Cache-Control": "max-age=3600"}
    return 200, headers, msgspec.json.encode({"MRData": data})


def _problem(status: int, detail: str) -> Response:
    return status, {"Content-Type": "application/json"}, msgspec.json.encode({"detail": detail})


def _paging(query: Mapping[str, str]) -> tuple[int, int]:
    limit, offset = query.get("limit", ""), query.get("offset", "")
    size = int(limit) if limit.isdecimal() else 0
    return min(size or DEFAULT_LIMIT, LARGEST_LIMIT), int(offset) if offset.isdecimal() else 0


_ORDER = (
    *("circuitId", "constructorId", "driverId", "grid", "position", "fastest", "status"),
    *("lap", "stop", "driverStandings", "constructorStandings"),
)


def _criteria(request: Query, selection: Selection) -> Json:
    """The part of the request in the response, with numbers instead of `current` and `last`."""
    of_season = request.resource in STANDINGS and not request.round
    last = selection.last_standings(request.resource) if of_season else None
    shown = shapes.text(
        season=selection.season if request.season else None,
        round=last.race.round if last else selection.round if request.round else None,
    )
    hidden = "lap" if request.resource == "laps" else None
    shown |= {
        name: request.filters[name] for name in _ORDER if name in request.filters and name != hidden
    }
    return shown


def _list(name: str, rows: Iterable[Any], shape: Callable[[Any], Json]) -> _Table:
    """A table of one list: `Driver` is `DriverTable` with `Drivers`."""
    kind, listed = name.removesuffix("s"), list(rows)
    return _Table(f"{kind}Table", listed, lambda page: {name: [shape(row) for row in page]})


def _races(dataset: Dataset, _: Query, selection: Selection) -> _Table:
    weekends = selection.weekends()
    if selection.about_results():
        entered = {id(weekend) for weekend, _, _ in selection.entered()}
        weekends = [weekend for weekend in weekends if id(weekend) in entered]
    return _list("Races", weekends, lambda row: shapes.race_with_sessions(row.race, dataset))


def _seasons(dataset: Dataset, _: Query, selection: Selection) -> _Table:
    if selection.is_narrow():
        years = {weekend.race.season for weekend, _, _ in selection.entered(of_seasons=True)}
    else:
        years = set(dataset.seasons)
    return _list(
        "Seasons",
        sorted(years),
        lambda year: shapes.text(season=year, url=dataset.seasons.get(year)),
    )


def _circuits(dataset: Dataset, _: Query, selection: Selection) -> _Table:
    if selection.about_results():
        ids = {weekend.race.circuit_id for weekend, _, _ in selection.entered()}
    elif selection.season or selection.round:
        ids = {weekend.race.circuit_id for weekend in selection.weekends()}
    else:
        ids = {key for key in dataset.circuits if selection.filters.get("circuitId") in (None, key)}
    return _list("Circuits", sorted(ids), lambda key: shapes.circuit(dataset.circuits[key]))


def _drivers(dataset: Dataset, _: Query, selection: Selection) -> _Table:
    ids = {driver_id for _, driver_id, _ in selection.entered(of_seasons=True) if driver_id}
    if not selection.is_narrow():
        ids = set(dataset.drivers)
    rows = sorted(
        (dataset.drivers[key] for key in ids),
        key=lambda row: (_without_accents(row.family_name), row.driver_id),
    )
    return _list("Drivers", rows, shapes.driver)


def _without_accents(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


def _constructors(dataset: Dataset, _: Query, selection: Selection) -> _Table:
    ids = {team for _, _, team in selection.entered(of_seasons=True) if team}
    if not selection.is_narrow():
        ids = set(dataset.constructors)
    return _list(
        "Constructors", sorted(ids), lambda key: shapes.constructor(dataset.constructors[key])
    )


def _status(dataset: Dataset, _: Query, selection: Selection) -> _Table:
    counts = Counter(result.status for _, result in selection.entries())
    rows = [
        shapes.text(statusId=key, count=counts[status], status=status)
        for key, status in sorted(
            dataset.statuses.items(), key=lambda one: (-counts[one[1]], one[1])
        )
        if counts[status]
    ]
    return _Table("StatusTable", rows, lambda page: {"Status": list(page)})


def _results(dataset: Dataset, _: Query, selection: Selection) -> _Table:
    return _by_race(dataset, list(selection.entries()), "Results", _each(shapes.result, dataset))


def _sprint(dataset: Dataset, request: Query, selection: Selection) -> _Table:
    place = request.filters.get("sprint")
    of_a_race = place is None and request.filters.get("fastest", "0") != "0"
    if of_a_race or (place is None and "position" in request.filters):
        return _by_race(dataset, [], "SprintResults", list)  # a sprint has no rows of a race
    rows: list[Row] = [
        (weekend, row)
        for weekend in selection.weekends()
        if selection.has_qualified(weekend)
        for row in weekend.sprint
        if (place is None or has_place(row, int(place))) and selection.passes(weekend, row)
    ]
    return _by_race(dataset, rows, "SprintResults", _each(shapes.result, dataset))


def _qualifying(dataset: Dataset, request: Query, selection: Selection) -> _Table:
    place = request.filters.get("qualifying")
    if request.filters.get("fastest") == "0" or (
        place and {"position", "status"} & {*request.filters}
    ):
        return _by_race(dataset, [], "QualifyingResults", list)
    rows: list[Row] = [
        (weekend, row)
        for weekend in selection.weekends()
        if selection.has_qualified(weekend)
        for row in weekend.qualifying
        if selection.passes(weekend, row)
        and (place is None or int(place) in _places(weekend.qualifying, row))
    ]
    return _by_race(dataset, rows, "QualifyingResults", _each(shapes.qualifying, dataset))


def _places(rows: Sequence[Qualifying], driver: Qualifying) -> set[int]:
    """A driver's places in Q1, Q2 and Q3: the service compares `qualifying/N` with each of them.
    In the driver's last part, the place is the position.
    """
    places = {driver.position}
    parts = [part for part in ("q1", "q2", "q3") if getattr(driver, part) is not None]
    for part in parts[:-1]:
        own = millis(getattr(driver, part))
        times = [millis(getattr(row, part)) for row in rows]
        if own is not None:
            places.add(1 + sum(1 for time in times if time is not None and time < own))
    return places


def _pit_stops(dataset: Dataset, request: Query, selection: Selection) -> _Table:
    stop, lap = request.filters.get("stop"), request.filters.get("lap")
    rows: list[Row] = [
        (weekend, row)
        for weekend in selection.weekends()
        if selection.has_run(weekend)
        for row in weekend.pit_stops
        if stop in (None, str(row.stop))
        and lap in (None, str(row.lap))
        and selection.passes(weekend, row.driver_id)
    ]
    return _by_race(dataset, rows, "PitStops", _each(shapes.pit_stop))


def _laps(dataset: Dataset, request: Query, selection: Selection) -> _Table:
    lap = request.filters.get("lap")
    narrow = bool(selection.filters.keys() - {"lap", "circuitId"})
    rows: list[Row] = [
        (weekend, row)
        for weekend in selection.weekends()
        if selection.has_run(weekend)
        for row in weekend.laps
        if lap in (None, str(row.lap)) and (not narrow or selection.passes(weekend, row.driver_id))
    ]
    return _by_race(dataset, rows, "Laps", shapes.laps)


def _each(shape: Callable[..., Json], *about: Dataset) -> Callable[[list[Any]], list[Json]]:
    return lambda rows: [shape(row, *about) for row in rows]


def _by_race(
    dataset: Dataset, rows: list[Row], name: str, shape: Callable[[list[Any]], list[Json]]
) -> _Table:
    """Rows grouped by race; a page may end within a race or a lap."""

    def content(page: Sequence[Row]) -> Json:
        races = []
        for _, together in groupby(page, key=lambda row: id(row[0])):
            group = list(together)
            weekend = group[0][0]
            races.append(
                {**shapes.race(weekend.race, dataset), name: shape([row for _, row in group])}
            )
        return {"Races": races}

    return _Table("RaceTable", rows, content)


def _driver_standings(dataset: Dataset, request: Query, selection: Selection) -> _Table:
    shape = partial(shapes.driver_standing, dataset=dataset)
    return _standings(request, selection, "driver", shape)


def _constructor_standings(dataset: Dataset, request: Query, selection: Selection) -> _Table:
    shape = partial(shapes.constructor_standing, dataset=dataset)
    return _standings(request, selection, "constructor", shape)


def _standings(
    request: Query, selection: Selection, of: str, shape: Callable[[Any], Json]
) -> _Table:
    weekend = selection.last_standings(request.resource)
    rows = [
        row
        for row in (getattr(weekend, f"{of}_standings") if weekend else [])
        if request.filters.get(f"{of}Id") in (None, getattr(row, f"{of}_id"))
        and request.filters.get(f"{of}Standings") in (None, str(row.position))
    ]

    def content(page: Sequence[Any]) -> Json:
        if weekend is None or not page:
            return {"StandingsLists": []}
        head = shapes.text(season=weekend.race.season, round=weekend.race.round)
        name = f"{of.capitalize()}Standings"
        return {"StandingsLists": [{**head, name: [shape(row) for row in page]}]}

    return _Table("StandingsTable", rows, content)


_TABLES: dict[str, Callable[[Dataset, Query, Selection], _Table]] = {
    "seasons": _seasons,
    "circuits": _circuits,
    "races": _races,
    "constructors": _constructors,
    "drivers": _drivers,
    "results": _results,
    "sprint": _sprint,
    "qualifying": _qualifying,
    "pitstops": _pit_stops,
    "laps": _laps,
    "status": _status,
    "driverstandings": _driver_standings,
    "constructorstandings": _constructor_standings,
}
