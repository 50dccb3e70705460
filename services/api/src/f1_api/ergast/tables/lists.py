"""Answers that are lists of seasons, circuits, races, constructors or drivers.

A calendar knows seasons, rounds and circuits; who took part and how is known by the entries of
sessions. So a question is answered by the calendar where it can be, and by the entries where not.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from f1_api.ergast.grammar import Question
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
"""What a resource knows of itself, without any race."""
_OF_CALENDAR = frozenset(("season", "round", "circuit"))
_OF_SEASONS = frozenset(("seasons", "drivers", "constructors"))
"""What standings tell of, too: they say who was there in a season, and nothing of a race."""


def answer(snapshot: Snapshot, question: Question, page: Page) -> Found:
    """Answer a question for one of these."""
    read = _READ[question.resource]
    return cut(list(read(snapshot, _ids(snapshot, question)).values()), page)


def entered(snapshot: Snapshot, of: str, given: dict[str, Any]) -> list[str]:
    """Ids of the drivers, constructors, ... of all who took part as the parameters say."""
    of_seasons = of in _OF_SEASONS and given["round"] is None and given["circuit"] is None
    name = "ergast_found" if of_result(given) else "ergast_entered"
    rows = snapshot.rows(name, {**given, "of": of, "of_seasons": of_seasons})
    return [row[0] for row in rows if row[0] is not None]


def _ids(snapshot: Snapshot, question: Question) -> Iterable[str] | None:
    resource = question.resource
    given = parameters(question)
    about = {name for name, value in given.items() if value is not None}
    if about <= set(_OWN[resource]):
        return [str(given[name]) for name in about] or None
    if resource in ("races", "circuits") and about <= _OF_CALENDAR:
        rows = snapshot.rows("ergast_calendar", given)
        return [row[0 if resource == "races" else 1] for row in rows]
    return entered(snapshot, resource, given)
