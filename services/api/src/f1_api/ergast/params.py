"""Parameters of queries from a request: numbers, ids and names of statuses."""

from dataclasses import replace
from typing import Any

from f1_api.ergast import statuses
from f1_api.ergast.grammar import Request
from f1_api.postgres.pool import Snapshot

_NONE = -1
"""A number without rows, in place of one that is too large for the column."""


def parameters(request: Request, **more: Any) -> dict[str, Any]:
    """The request as parameters of the queries; null: not given."""
    criteria = request.criteria
    fastest = _number(criteria.get("fastest"))
    status = _number(criteria.get("status"))
    return {
        "season": _number(request.season),
        "round": _number(request.round),
        "circuit": criteria.get("circuitId"),
        "constructor": criteria.get("constructorId"),
        "driver": criteria.get("driverId"),
        "grid": _number(criteria.get("grid")),
        "position": _number(criteria.get("position")),
        "fastest": fastest or None,  # Jolpica ignores 0
        "status": None if status is None else statuses.NAMES.get(status, ""),
        **more,
    }


def as_stored(snapshot: Snapshot, request: Request) -> Request:
    """The same request with ids as stored; case is ignored."""
    kinds = ("driver", "constructor", "circuit")
    ids = {kind: request.criteria.get(f"{kind}Id") for kind in kinds}
    if not any(ids.values()):
        return request
    row = snapshot.row("ergast_ids", ids)
    assert row is not None  # three subqueries are always a row
    stored = {f"{kind}Id": one for kind, one in zip(kinds, row, strict=True) if one is not None}
    return replace(request, criteria={**request.criteria, **stored})


def of_result(given: dict[str, Any]) -> bool:
    """Whether the parameters select by a race's result."""
    return any(given[name] is not None for name in ("grid", "position", "fastest", "status"))


def number(request: Request, name: str) -> int | None:
    """A criterion that is a number."""
    return _number(request.criteria.get(name))


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    return int(text) if text.isdecimal() and len(text) < 10 else _NONE
