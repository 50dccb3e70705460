"""The grammar of the service's paths.

`[/{season}|/current][/{round}|/last|/next][/{filter}/{value}]*/{resource}[/{value}]`, ending in
`.json` or `/`.
"""

import re
from dataclasses import dataclass, field

BASE = "/ergast/f1"
RESOURCES = frozenset(
    {"seasons", "circuits", "races", "constructors", "drivers", "results", "sprint", "qualifying"}
    | {"pitstops", "laps", "status", "driverstandings", "constructorstandings"}
)
_FILTERS = {
    "circuits": "circuitId",
    "constructors": "constructorId",
    "drivers": "driverId",
    "grid": "grid",
    "results": "position",
    "fastest": "fastest",
    "status": "status",
    "laps": "lap",
}
_NUMBERS = {"grid", "position", "fastest", "status", "lap", "stop", "sprint", "qualifying"}
_FINAL = {
    "circuits": "circuitId",
    "constructors": "constructorId",
    "drivers": "driverId",
    "results": "position",
    "sprint": "sprint",
    "qualifying": "qualifying",
    "pitstops": "stop",
    "laps": "lap",
    "status": "status",
    "driverstandings": "driverStandings",
    "constructorstandings": "constructorStandings",
}
STANDINGS = {"driverstandings": "driverId", "constructorstandings": "constructorId"}
"""Standings, and the only filter that each supports."""


class NotFound(Exception):
    """An unknown path: 404."""


class BadRequest(Exception):
    """A path that the service refuses: 400."""


@dataclass
class Query:
    """The parsed request of a path.

    Attributes:
        season: a year, or `current`.
        round: a number, `last` or `next`.
        filters: by their names in the response: driverId, position, lap, ...
        final: the filter after the resource, if there is one.
    """

    resource: str
    season: str | None = None
    round: str | None = None
    filters: dict[str, str] = field(default_factory=dict)
    final: str | None = None


def parse(path: str) -> Query:
    """Read a path, with or without the base `/ergast/f1`.

    Raises:
        NotFound: it is not in the grammar.
        BadRequest: it is, but the resource does not support it.
    """
    segments = _segments(path)
    query = Query(resource="races")
    if segments and re.fullmatch(r"\d{4}|current", segments[0]):
        query.season = segments.pop(0)
        if segments and re.fullmatch(r"\d{1,2}|last|next", segments[0]):
            query.round = segments.pop(0)
    while len(segments) > 2 or (len(segments) == 2 and segments[0].lower() not in RESOURCES):
        name, value = segments.pop(0), segments.pop(0)
        if name not in _FILTERS:
            raise NotFound
        _add(query, _FILTERS[name], value)
        query.resource = ""  # after a filter, a resource must follow
    if segments:
        query.resource = segments[0].lower()
    if query.resource not in RESOURCES:
        raise NotFound
    if len(segments) == 2:
        query.final = _FINAL.get(query.resource)
        if query.final is None:
            raise BadRequest("Endpoint does not support final filter.")
        _add(query, query.final, segments[1])
    _check(query)
    return query


def _segments(path: str) -> list[str]:
    path = path.removeprefix(BASE)
    if path.endswith(".json"):
        path = path.removesuffix(".json")
    elif not path.endswith("/"):
        raise NotFound
    return [segment for segment in path.split("/") if segment]


def _add(query: Query, name: str, value: str) -> None:
    if not re.fullmatch(r"\w+", value, re.ASCII) or (name in _NUMBERS and not value.isdecimal()):
        raise NotFound
    query.filters[name] = value


def _check(query: Query) -> None:
    if query.resource in ("laps", "pitstops") and not (query.season and query.round):
        raise BadRequest("Missing one of the required parameters ['season_year', 'race_round'].")
    if query.resource in STANDINGS and not query.season:
        raise BadRequest("Missing one of the required parameters ['season_year'].")
    known = set(query.filters)
    if "lap" in known and query.resource not in ("laps", "pitstops"):
        raise BadRequest("Unsupported filter for endpoint.")
    if query.resource in STANDINGS and known - {STANDINGS[query.resource], query.final}:
        raise BadRequest("Unsupported filter for endpoint.")
