"""A question as the database takes it: numbers, ids, and whether anything can answer it at all."""

from typing import Any

from f1_api.ergast import statuses
from f1_api.ergast.grammar import Question

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
