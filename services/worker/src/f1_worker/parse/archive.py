"""What is common to archives: many races and resources, collected in any order, told race by race.

Lines are packed as bytes while an archive is read, and become slices when they are asked for: the
whole history's 589,000 laps take 16 MB instead of 80. One unreadable value must not cost the other
75 seasons: its slice is left out and the reason is a doubt, so that a person who releases the
archive gets all the rest.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, overload

from f1_core.errors import BadCapture
from f1_core.lines import TABLES
from f1_worker.parse import doubts, lines
from f1_worker.parse.cells import Unreadable
from f1_worker.parse.schedule import schedule_slice
from f1_worker.slices import Parsed, RaceRef, Reference, ScheduledRace, Slice

MAX_DOUBTS = 20
_ORDER = tuple(TABLES)
_KEY_COLUMNS = {
    "laps": 2,
    "pitstops": 2,
    "results": 3,
    "sprint": 3,
    "qualifying": 2,
    "driverstandings": 1,
    "constructorstandings": 1,
}


class Where(NamedTuple):
    """A slice of an archive, its race by the archive's own number."""

    race: str
    resource: str
    session: str


class _Pack:
    """The lines of a slice, tightly."""

    __slots__ = ("constructors", "drivers", "packed", "rows")

    def __init__(self) -> None:
        self.packed: list[bytes] = []
        self.drivers: set[str] = set()
        self.constructors: set[str] = set()
        self.rows = 0

    def add(self, new: Sequence[str]) -> None:
        self.packed.append("\n".join(new).encode())
        self.rows += len(new)

    def lines(self) -> list[str]:
        return b"\n".join(self.packed).decode().split("\n")


class Archive:
    """Collects what an archive says.

    Attributes:
        reference: drivers, constructors, circuits and seasons, for the parser to fill.
    """

    def __init__(self) -> None:
        self.reference = Reference()
        self._races: dict[str, tuple[RaceRef, ScheduledRace]] = {}
        self._packs: dict[Where, _Pack] = {}
        self._broken: set[Where] = set()
        self._doubts: list[str] = []

    def add_race(self, race: str, season: int, scheduled: ScheduledRace) -> None:
        """A race, by the archive's number for it."""
        ref = RaceRef(season, scheduled.round, scheduled.circuit_id, scheduled.date)
        self._races[race] = (ref, scheduled)

    def race(self, race: str) -> RaceRef | None:
        """The race of that number."""
        found = self._races.get(race)
        return found[0] if found else None

    def add_row(
        self, where: Where, row: lines.Row, driver: str | None, constructors: Iterable[str] = ()
    ) -> None:
        """One row of a small resource, and whom it names."""
        self.add_lines(where, [row[1]], () if driver is None else (driver,))
        self._packs[where].constructors.update(constructors)

    def add_lines(self, where: Where, new: Sequence[str], drivers: Iterable[str]) -> None:
        """Lines that belong together; a slice may come in several parts."""
        pack = self._packs.get(where)
        if pack is None:
            pack = self._packs[where] = _Pack()
        pack.add(new)
        pack.drivers.update(drivers)

    def forget(self, where: Where) -> None:
        """Have no such slice, without a word."""
        self._packs.pop(where, None)

    def leave_out(self, where: Where, reason: str) -> None:
        """Do not believe a slice."""
        if where not in self._broken:
            self._broken.add(where)
            known = self.race(where.race)
            name = f"round {known.round} of {known.season}" if known else f"race {where.race}"
            session = "" if where.session == "race" else f" ({where.session})"
            self.doubt(f"{reason}: the {where.resource}{session} of {name} are left out")

    def doubt(self, reason: str) -> None:
        """Something does not add up."""
        self._doubts.append(reason)

    @contextmanager
    def doubting(self, place: object) -> Iterator[None]:
        """Go on without a row that cannot be read, and say so."""
        try:
            yield
        except Unreadable as error:
            self.doubt(f"{place} has {error}")

    def parsed(self) -> Parsed:
        """All of it.

        Raises:
            BadCapture: there is not one race.
        """
        if not self._races:
            raise BadCapture("the archive has no races")
        for where, pack in self._packs.items():
            if where.race not in self._races:
                self.leave_out(where, "the archive does not list their race")
            elif where not in self._broken:
                self._settle(where, pack)
        slices = _Slices(self._schedules(), self._good_packs())
        more = len(self._doubts) - MAX_DOUBTS
        shown = self._doubts[:MAX_DOUBTS] + ([f"and {more} more"] if more > 0 else [])
        return Parsed(slices, self.reference, shown)

    def _settle(self, where: Where, pack: _Pack) -> None:
        """Sort a slice's lines and drop repeated ones; not believed if a key comes twice."""
        settled = sorted(set(pack.lines()))
        width = _KEY_COLUMNS[where.resource]
        by_key: dict[str, str] = {}
        for line in settled:
            key = line.rsplit("\t", line.count("\t") + 1 - width)[0]
            before = by_key.setdefault(key, line)
            if before is not line:
                name = key.replace("\t", " ")
                difference = doubts.disagreement(where.resource, name, before, line)
                self.leave_out(where, f"the archive has two rows of {difference}")
                return
        pack.packed = ["\n".join(settled).encode()]
        pack.rows = len(settled)

    def _schedules(self) -> list[Slice]:
        seasons: dict[int, dict[int, ScheduledRace]] = {}
        for ref, scheduled in self._races.values():
            rounds = seasons.setdefault(ref.season, {})
            if scheduled.round in rounds:
                other = rounds[scheduled.round].name
                self.doubt(f"{ref.season} has round {ref.round} twice: {other}, {scheduled.name}")
            rounds[scheduled.round] = scheduled
        return [
            schedule_slice(season, rounds.values(), None)
            for season, rounds in sorted(seasons.items())
        ]

    def _good_packs(self) -> list[tuple[Where, RaceRef, _Pack]]:
        good = [
            (where, self._races[where.race][0], pack)
            for where, pack in self._packs.items()
            if where not in self._broken
        ]
        good.sort(
            key=lambda one: (one[1].season, one[1].round, _ORDER.index(one[0].resource), one[0])
        )
        return good


class _Slices(Sequence[Slice]):
    """Schedules, then the slices of all races, each made when it is asked for."""

    def __init__(self, schedules: list[Slice], packs: list[tuple[Where, RaceRef, _Pack]]) -> None:
        self._schedules = schedules
        self._packs = packs

    def __len__(self) -> int:
        return len(self._schedules) + len(self._packs)

    @overload
    def __getitem__(self, index: int) -> Slice: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Slice]: ...
    def __getitem__(self, index: int | slice) -> Slice | Sequence[Slice]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        index = range(len(self))[index]
        if index < len(self._schedules):
            return self._schedules[index]
        where, race, pack = self._packs[index - len(self._schedules)]
        return Slice(
            resource=where.resource,
            session=where.session,
            season=race.season,
            race=race,
            lines=pack.lines(),
            drivers=frozenset(pack.drivers),
            constructors=frozenset(pack.constructors),
        )
