"""Answers that are lists of seasons, circuits, races, constructors or drivers.

A calendar has seasons, rounds and circuits; entries of sessions have the participants. The calendar
answers a request if it can, otherwise the entries do.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from f1_api.ergast.grammar import Request
from f1_api.ergast.paging import Found, Page, cut
from f1_api.ergast.params import of_result, parameters
from f1_api.ergast.tables import reference
from f1_api.ergast.texts import Shape
from f1_api.postgres.pool import Snapshot

_READ: dict[str, Callable[..., dict[str, Shape]]] = {
    "seasons": reference.seasons,
    "circuits": reference.circuits,
    "races": partial(reference.races, weekend=True),
    "constructors": reference.constructors,
    "drivers": reference.drivers,
}
_OWN = {
    "seasons": ("season",),
    "circuits": ("circuit",),
    "races": (),
    "constructors": ("constructor",),
    "drivers": ("driver",),
}
"""Criteria that a resource has itself, without races."""
_OF_CALENDAR = frozenset(("season", "round", "circuit"))
_OF_SEASONS = frozenset(("seasons", "drivers", "constructors"))
"""Resources that standings have, too: participants of a season, but not of a race."""


def answer(snapshot: Snapshot, request: Request, page: Page) -> Found:
    """The page of one of these lists."""
    read = _READ[request.resource]
    return cut(list(read(snapshot, _ids(snapshot, request)).values()), page)


def entered(snapshot: Snapshot, of: str, given: dict[str, Any]) -> list[str]:
    """Ids of the drivers, constructors, ... that took part and match the parameters."""
    of_seasons = of in _OF_SEASONS and given["round"] is None and given["circuit"] is None
    name = "ergast_found" if of_result(given) else "ergast_entered"
    rows = snapshot.rows(name, {**given, "of": of, "of_seasons": of_seasons})
    return [row[0] for row in rows if row[0] is not None]


def _ids(snapshot: Snapshot, request: Request) -> Iterable[str] | None:
    resource = request.resource
    given = parameters(request)
    about = {name for name, value in given.items() if value is not None}
    if about <= set(_OWN[resource]):
        return [str(given[name]) for name in about] or None
    if resource in ("races", "circuits") and about <= _OF_CALENDAR:
        rows = snapshot.rows("ergast_calendar", given)
        return [row[0 if resource == "races" else 1] for row in rows]
    return entered(snapshot, resource, given)
