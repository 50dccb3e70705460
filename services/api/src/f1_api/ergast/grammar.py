"""The grammar of paths such as ``2024/drivers/hamilton/results``, ``current/last/laps/7``.

The path is ``[season [round]] [filter value]... resource [value]``. The filters and last values of
a resource, the parameters that it requires, and the texts of refusals are those of Jolpica-F1.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_SEASON = re.compile(r"\d{4}|current", re.ASCII)
_ROUND = re.compile(r"\d{1,2}|next|last", re.ASCII)
_NUMBER = re.compile(r"\d+", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_LAST_ID = re.compile(r"[^/.\x00-\x1f\x7f]+")

FILTERS = {
    "circuits": "circuitId",
    "constructors": "constructorId",
    "drivers": "driverId",
    "grid": "grid",
    "results": "position",
    "fastest": "fastest",
    "status": "status",
    "laps": "lap",
}
"""Words of filters in a path, and their names in the answer's table."""
_IDS = ("circuitId", "constructorId", "driverId")
_OF_ENTRIES = frozenset((*_IDS, "grid", "position", "fastest", "status"))


class Refused(Exception):
    """A request that Jolpica refuses, with its status and text."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True)
class Resource:
    """A resource and its parameters.

    Attributes:
        last: the criterion of a value after it; None: it takes none.
        filters: the criteria that it supports.
        needs: required parameters: season, round, or both.
    """

    name: str
    last: str | None
    filters: frozenset[str] = _OF_ENTRIES
    needs: tuple[str, ...] = ()


_IN_A_RACE = ("season", "round")
_RESOURCES = (
    Resource("seasons", None),
    Resource("circuits", "circuitId"),
    Resource("races", None),
    Resource("constructors", "constructorId"),
    Resource("drivers", "driverId"),
    Resource("results", "position"),
    Resource("sprint", "sprint"),
    Resource("qualifying", "qualifying"),
    Resource("pitstops", "stop", _OF_ENTRIES | {"lap"}, _IN_A_RACE),
    Resource("laps", "lap", _OF_ENTRIES | {"lap"}, _IN_A_RACE),
    Resource("status", "status"),
    Resource("driverStandings", "driverStandings", frozenset({"driverId"}), ("season",)),
    Resource(
        "constructorStandings", "constructorStandings", frozenset({"constructorId"}), ("season",)
    ),
)
RESOURCES = {resource.name: resource for resource in _RESOURCES}
_WRITTEN = RESOURCES | {
    resource.name.lower(): resource for resource in _RESOURCES if resource.name[-1] == "s"
}
_ORDER = tuple(dict.fromkeys((*FILTERS.values(), *(one.last for one in _RESOURCES if one.last))))
_HIDDEN = {"sprint": "sprint", "qualifying": "qualifying", "laps": "lap"}
"""A criterion of a resource that its table does not repeat."""
_JOLPICA = {"season": "season_year", "round": "race_round"}


@dataclass(frozen=True)
class Request:
    """A parsed path. Season, round and criteria are as written."""

    resource: str
    season: str | None = None
    round: str | None = None
    criteria: dict[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> dict[str, str]:
        """The part of the request that the answer's table repeats."""
        given = {"season": self.season, "round": self.round, **self.criteria}
        hidden = _HIDDEN.get(self.resource)
        return {name: value for name, value in given.items() if value and name != hidden}


def parse(path: str) -> Request:
    """Read a path, without ``/ergast/f1`` and without slashes around it.

    Raises:
        Refused: the path is invalid, or the resource does not support it.
    """
    segments = path.removesuffix(".json").split("/") if path.removesuffix(".json") else []
    season = segments.pop(0) if segments and _SEASON.fullmatch(segments[0]) else None
    round_ = segments.pop(0) if season and segments and _ROUND.fullmatch(segments[0]) else None
    if not segments:
        return Request("races", season, round_)
    pairs, (word, *last) = _split(segments)
    criteria = dict(map(_criterion, pairs))
    resource = _WRITTEN.get(word)
    if resource is None:
        if len(segments) == 1 and _LAST_ID.fullmatch(word):
            raise _no_last_value()  # races take no value
        raise not_found()
    if last:
        name, value = _last(resource, last[0])
        criteria[name] = value
    ordered = {name: criteria[name] for name in _ORDER if name in criteria}
    request = Request(resource.name, season, round_, ordered)
    _check(resource, request)
    return request


def not_found() -> Refused:
    """The refusal of an unknown address."""
    return Refused(404, "Not found.")


def _split(segments: Sequence[str]) -> tuple[list[tuple[str, str]], Sequence[str]]:
    """The filters with their values, and the resource with its optional value."""
    end = len(segments) - (2 - len(segments) % 2)
    pairs = list(zip(segments[0:end:2], segments[1:end:2], strict=True))
    return pairs, segments[end:]


def _criterion(pair: tuple[str, str]) -> tuple[str, str]:
    word, value = pair
    name = FILTERS.get(word)
    if name is None or not (_ID if name in _IDS else _NUMBER).fullmatch(value):
        raise not_found()
    return name, value


def _last(resource: Resource, value: str) -> tuple[str, str]:
    name = resource.last
    of_ids = name is None or name in _IDS
    if not (_LAST_ID if of_ids else _NUMBER).fullmatch(value):
        raise not_found()
    if name is None:
        raise _no_last_value()
    return name, value


def _no_last_value() -> Refused:
    return Refused(400, "Bad Request: Endpoint does not support final filter.")


def _check(resource: Resource, request: Request) -> None:
    given = {"season": request.season, "round": request.round}
    if any(given[name] is None for name in resource.needs):
        needed = [_JOLPICA[name] for name in resource.needs]
        raise Refused(400, f"Bad Request: Missing one of the required parameters {needed}.")
    if request.criteria.keys() - resource.filters - {resource.last}:
        raise Refused(400, "Bad Request: Unsupported filter for endpoint.")
