"""Races: their ids, and the race of a capture.

Season and circuit identify a race (docs/adr/0003-race-identity.md). A capture's race is found in
the season's applied schedule by circuit and date, or by circuit alone if it has only one race, so
that a race that was moved keeps its captures.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from f1_core.errors import Suspect
from f1_core.races import Scheduled, race_ids
from f1_worker.apply.resolve import Content, SliceKey
from f1_worker.parse.slices import RaceRef, ScheduledRace

Dates = Mapping[str | None, str]
"""Race ids at one circuit by ISO date; also by None if there is only one race."""

UNPLACED = "?"
"""Prefix of the race_id of a slice whose race is not in the schedule: ?monaco@2024-05-26."""


class Calendar(NamedTuple):
    """The races of a season's applied schedule, by circuit."""

    season: int
    circuits: Mapping[str, Dates]

    def find(self, race: RaceRef) -> str:
        """The id of the race that a capture names.

        Raises:
            Suspect: there is no such race; the message has the reason.
        """
        if race.circuit_id is None:
            raise Suspect("the capture does not name the race's circuit")
        dates = self.circuits.get(race.circuit_id, {})
        found = dates.get(race.date) or dates.get(None) or _near(dates, race.date)
        if found is not None:
            return found
        where = f"the schedule of {self.season} has"
        if not dates:
            raise Suspect(f"{where} no race at {race.circuit_id}")
        raise Suspect(f"{where} {len(dates)} races at {race.circuit_id}, none on {race.date}")


def _near(dates: Dates, day: str | None) -> str | None:
    """The race at most a day from `day`: sources use dates in UTC or at the circuit."""
    if day is None:
        return None
    requested = date.fromisoformat(day)
    near = [
        race_id
        for known, race_id in dates.items()
        if known is not None and abs(date.fromisoformat(known) - requested) <= timedelta(days=1)
    ]
    return near[0] if len(near) == 1 else None


def unplaced_id(race: RaceRef) -> str:
    """The placeholder id of a race that is not in the schedule."""
    return f"{UNPLACED}{race.circuit_id or ''}@{race.date or ''}"


def by_id(season: int, races: Sequence[ScheduledRace]) -> dict[str, ScheduledRace]:
    """A season's races by their ids."""
    keys = [Scheduled(race.circuit_id, race.date, race.round) for race in races]
    return dict(zip(race_ids(season, keys), races, strict=True))


def by_circuit(races: Iterable[tuple[str, str, str]]) -> dict[str, Dates]:
    """Races, given as id, circuit and date, in the form of `Calendar`."""
    circuits: dict[str, dict[str | None, str]] = {}
    for race_id, circuit, day in races:
        circuits.setdefault(circuit, {})[day] = race_id
    return {
        circuit: {None: next(iter(dates.values()))} if len(dates) == 1 else dates
        for circuit, dates in circuits.items()
    }


class Unplaced(NamedTuple):
    """A slice whose race is not in the schedule, or whose rows are not applied."""

    key: SliceKey
    content: Content
    reason: str
    is_refused: bool = False


@dataclass(frozen=True)
class Placed:
    """Slices, each with its race: `known` are applied, `unplaced` are not."""

    known: dict[SliceKey, Content]
    unplaced: list[Unplaced]

    @property
    def keys(self) -> set[SliceKey]:
        """The keys of all slices."""
        return self.known.keys() | {piece.key for piece in self.unplaced}

    @property
    def refused(self) -> list[SliceKey]:
        """The keys of slices whose race is in the schedule and whose rows are not applied."""
        keys = (piece.key for piece in self.unplaced if piece.is_refused)
        return [key for key in keys if not key.race_id.startswith(UNPLACED)]
