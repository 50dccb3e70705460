"""The result of a parser: slices of rows, and reference data.

Rows are lines in the format of :mod:`f1_core.ledger.rows_text`, without the race, which is found in
the schedule later. Sorted and unique by key, they are canonical: their hash shows whether anything
changed, and COPY reads them without changes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, Self


class RaceRef(NamedTuple):
    """The race of a capture; the schedule has its id."""

    season: int
    round: int | None
    circuit_id: str | None
    date: str | None
    """ISO date, 2024-05-26."""


class ScheduledRace(NamedTuple):
    """A race of a schedule, without its id, which depends on other races at the circuit."""

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
        lines: the canonical lines of the rows; a schedule has a line for each race.
        expected: the total that the source promised for these rows.
        drivers: ids of drivers and constructors in the lines.
        schedule: the races of a schedule.
        driver_codes: codes of drivers (VER), if the source has no ids: the lines then begin with a
            code, which :meth:`with_driver_ids` replaces by the id.
        problem: why rows of an archive are not applied; None: they are.
        readable: whether a person may accept them despite the problem.
        remark: contradictions in rows that are applied.
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
        """Why the rows are not applied; None: they are.

        Args:
            accepted: a person accepted the archive; unreadable rows are still not applied.
        """
        return None if accepted and self.readable else self.problem

    def with_driver_ids(self, ids: Mapping[str, str]) -> Self:
        """The slice with ids instead of driver codes; `ids` has one for each code."""
        columns = (line.partition("\t") for line in self.lines)
        return replace(
            self,
            lines=sorted(f"{ids[code]}\t{rest}" for code, _, rest in columns),
            drivers=frozenset(ids[code] for code in self.driver_codes),
            driver_codes=frozenset(),
        )

    @cached_property
    def content_hash(self) -> bytes:
        """SHA-256 of the canonical rows; it does not depend on the paging."""
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
    """A parsed capture. `problems` are its inconsistencies (fewer rows than `total`, pages that
    disagree), for which it is quarantined unless a person accepted it. Slices of an archive have
    their own problems, and `notes` has its other faults.

    `slices` of an archive are made one by one during iteration, schedules first, so that half a
    million laps are never in memory at once: iterate, and do not keep them.
    """

    slices: Sequence[Slice]
    reference: Reference
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
