"""Which resources exist of a race, and from when on: what is due, and so may be missing."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from f1_core.races import SINCE


class Kind(NamedTuple):
    """A resource of a race."""

    resource: str
    session: str
    sprint_only: bool = False

    @property
    def since(self) -> int:
        """The first season that has it in the sources."""
        return SINCE.get(self.resource, 1950)

    def due(self, season: int, on: date, *, has_sprint: bool, today: date) -> bool:
        """Whether a race on that day should have this by today: from the day after, since sources
        need their time, and the day is that of the circuit.
        """
        return season >= self.since and on < today and (has_sprint or not self.sprint_only)


KINDS = (
    Kind("constructorstandings", "race"),
    Kind("driverstandings", "race"),
    Kind("laps", "race"),
    Kind("pitstops", "race"),
    Kind("qualifying", "qualifying"),
    Kind("results", "race"),
    Kind("sprint", "sprint", sprint_only=True),
)
BY_NAME = {kind.resource: kind for kind in KINDS}
ALL = tuple(BY_NAME)


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
        if name not in have and BY_NAME[name].due(season, on, has_sprint=has_sprint, today=today)
    ]


def parameters(names: Sequence[str]) -> dict[str, Any]:
    """The same rules for a query: columns of an ``unnest``."""
    kinds = [BY_NAME[name] for name in names]
    return {
        "resources": [kind.resource for kind in kinds],
        "sessions": [kind.session for kind in kinds],
        "since": [kind.since for kind in kinds],
        "sprint_only": [kind.sprint_only for kind in kinds],
    }
