"""What a parser makes of a capture: slices of rows, and the reference data that came along.

Rows are lines in the format of :mod:`f1_core.ledger.rows_text`: the race is only known once it is
found in the schedule. Sorted and unique by key, they are canonical: their hash shows whether
anything changed, and COPY reads them as they are.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple


class RaceRef(NamedTuple):
    """A race as a capture names it; the schedule has its id."""

    season: int
    round: int | None
    circuit_id: str | None
    date: str | None
    """ISO date, 2024-05-26."""


class ScheduledRace(NamedTuple):
    """A race of a schedule, without an id: that depends on the others at the same circuit."""

    round: int
    name: str
    circuit_id: str
    date: str
    time: str | None
    url: str | None
    sessions: str
    """JSON with sorted keys: {"Qualifying": {"date": "2024-05-25", "time": "14:00:00Z"}, ...}"""


@dataclass(frozen=True)
class Slice:
    """A capture's content of one resource of one race, or of a season's schedule.

    Attributes:
        lines: of the rows, canonical; of a schedule, a line for each race.
        expected: the total that the source promised for these rows.
        drivers: ids of drivers and constructors that the lines name.
        schedule: the races, if this is a schedule.
        driver_codes: codes of drivers (VER), if the source has no ids: the lines then begin with
            a code, and `f1_worker.parse.resolve` puts the ids in their place.
        problem: why these rows of an archive are not applied; None: they are.
        readable: whether a person may accept them in spite of the problem.
        remark: what does not agree in rows that are applied.
    """

    resource: str
    session: str
    season: int
    race: RaceRef | None
    lines: list[str]
    expected: int | None = None
    drivers: frozenset[str] = frozenset()
    constructors: frozenset[str] = frozenset()
    schedule: Sequence[ScheduledRace] = ()
    driver_codes: frozenset[str] = frozenset()
    problem: str | None = None
    readable: bool = True
    remark: str | None = None

    def refusal(self, *, accepted: bool) -> str | None:
        """Why the rows are not to be applied; None: they are.

        Args:
            accepted: a person accepted the archive; rows that cannot be read stay out all the same.
        """
        return None if accepted and self.readable else self.problem

    @cached_property
    def content_hash(self) -> bytes:
        """SHA-256 of the canonical rows; the same rows have the same hash, whatever the paging."""
        return hashlib.sha256("\n".join(self.lines).encode()).digest()


@dataclass(frozen=True)
class Reference:
    """Drivers, constructors, circuits and seasons by id, as tuples of their columns after the id
    and before `precedence`, in the order of :mod:`f1_core.postgres.racing`. Values are
    Python's: int, str, float, None; dates as ISO text.
    """

    drivers: dict[str, tuple[object, ...]] = field(default_factory=dict)
    constructors: dict[str, tuple[object, ...]] = field(default_factory=dict)
    circuits: dict[str, tuple[object, ...]] = field(default_factory=dict)
    seasons: dict[int, tuple[object, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Parsed:
    """A capture, read. `problems` are where it does not add up (rows missing against
    `total`, pages that disagree): it is quarantined with them unless a person accepted it. Of an
    archive, each slice has its own, and `notes` is what else is not as it should be.

    `slices` of an archive are made one by one as they are read, schedules first, so that
    half a million laps are never in memory at once: iterate, and do not keep them.
    """

    slices: Sequence[Slice]
    reference: Reference
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
