"""Resources of a race that are due: they are missing unless they are captured."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from f1_core.resources import OF_A_RACE, Resource

BY_NAME = {kind.name: kind for kind in sorted(OF_A_RACE)}
ALL = tuple(BY_NAME)


def is_due(kind: Resource, season: int, on: date, *, has_sprint: bool, today: date) -> bool:
    """Whether a race on that date should have the resource by today: from the next day on, since
    sources need time and dates are local to the circuit.
    """
    return season >= kind.since and on < today and (has_sprint or not kind.sprint_only)


def missing(
    names: Iterable[str],
    captured: Iterable[str],
    season: int,
    on: date,
    *,
    has_sprint: bool,
    today: date,
) -> list[str]:
    """Those of `names` that are due and not captured."""
    have = set(captured)
    return [
        name
        for name in names
        if name not in have
        and is_due(BY_NAME[name], season, on, has_sprint=has_sprint, today=today)
    ]


def parameters(names: Sequence[str]) -> dict[str, Any]:
    """The same rules as columns of an ``unnest`` in a query."""
    kinds = [BY_NAME[name] for name in names]
    return {
        "resources": [kind.name for kind in kinds],
        "sessions": [kind.session for kind in kinds],
        "since": [kind.since for kind in kinds],
        "sprint_only": [kind.sprint_only for kind in kinds],
    }
