"""A question as the database takes it: numbers, ids, and whether anything can answer it at all."""

from dataclasses import replace
from typing import Any

from f1_api.ergast import statuses
from f1_api.ergast.grammar import Question
from f1_api.postgres.pool import Snapshot

_NONE = -1
"""A number that nothing has: for one that no column could hold."""


def parameters(question: Question, **more: Any) -> dict[str, Any]:
    """The question as the parameters of the queries; null is what it does not ask about."""
    asked = question.criteria
    fastest = _number(asked.get("fastest"))
    status = _number(asked.get("status"))
    return {
        "season": _number(question.season),
        "round": _number(question.round),
        "circuit": asked.get("circuitId"),
        "constructor": asked.get("constructorId"),
        "driver": asked.get("driverId"),
        "grid": _number(asked.get("grid")),
        "position": _number(asked.get("position")),
        "fastest": fastest or None,  # 0 asks for any: Jolpica ignores it
        "status": None if status is None else statuses.NAMES.get(status, ""),
        **more,
    }


def as_stored(snapshot: Snapshot, question: Question) -> Question:
    """The same question with ids as they are stored: upper and lower case in them are the same."""
    kinds = ("driver", "constructor", "circuit")
    ids = {kind: question.criteria.get(f"{kind}Id") for kind in kinds}
    if not any(ids.values()):
        return question
    row = snapshot.row("ergast_ids", ids)
    assert row is not None  # three subqueries are always a row
    stored = {f"{kind}Id": one for kind, one in zip(kinds, row, strict=True) if one is not None}
    return replace(question, criteria={**question.criteria, **stored})


def of_result(given: dict[str, Any]) -> bool:
    """Whether the parameters ask for something in a race's result."""
    return any(given[name] is not None for name in ("grid", "position", "fastest", "status"))


def number(question: Question, name: str) -> int | None:
    """A criterion that is a number."""
    return _number(question.criteria.get(name))


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    return int(text) if text.isdecimal() and len(text) < 10 else _NONE
