"""Archives: many races and resources, collected in any order and returned race by race.

Lines are packed as bytes while an archive is read, and slices are made when they are requested: the
589,000 laps of all seasons take 16 MB instead of 80. A fault of an archive affects only the
slices that it concerns: these have a problem, for which the worker quarantines them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple, overload

from f1_core.errors import BadCapture
from f1_core.resources import OF_A_RACE, RESOURCES
from f1_worker.parse import lines, validation
from f1_worker.parse.absent import absent
from f1_worker.parse.cells import Unreadable
from f1_worker.parse.csvfiles import BadRow, Cells, Files, Table
from f1_worker.parse.lines import Made
from f1_worker.parse.schedule import schedule_slice
from f1_worker.parse.slices import Parsed, RaceRef, Reference, ScheduledRace, Slice

MAX_NOTES = 20
UNKNOWN_SEASON = 0
"""The season of rows whose race the archive does not list."""
_ORDER = tuple(resource.name for resource in OF_A_RACE)


class Where(NamedTuple):
    """A slice of an archive; `race` is the archive's number."""

    race: str
    resource: str
    session: str


class Pack:
    """The lines of a slice, packed.

    Attributes:
        unreadable: why rows could not be read; the slice is not applied.
        problems: why readable rows are not applied.
        remarks: contradictions in rows that are applied.
        rows_by_driver: the number of laps of each driver, once settled; of other rows empty.
    """

    __slots__ = (
        *("constructors", "drivers", "packed", "problems", "remarks", "rows", "rows_by_driver"),
        "unreadable",
    )

    def __init__(self) -> None:
        self.packed: list[bytes] = []
        self.drivers: set[str] = set()
        self.constructors: set[str] = set()
        self.rows = 0
        self.unreadable: list[str] = []
        self.problems: list[str] = []
        self.remarks: list[str] = []
        self.rows_by_driver: Counter[str] = Counter()

    def add(self, new: Sequence[str]) -> None:
        """Add lines, in any order."""
        self.packed.append("\n".join(new).encode())
        self.rows += len(new)

    def lines(self) -> list[str]:
        """Its lines; sorted and without repeats once the archive is settled."""
        return b"\n".join(self.packed).decode().split("\n") if self.rows else []

    @property
    def valid(self) -> bool:
        """Whether its rows are applied."""
        return not self.unreadable and not self.problems


class Archive:
    """Collects the content of an archive.

    Attributes:
        reference: drivers, constructors, circuits and seasons, for the parser to fill.
        packs: the lines by slice.
        files: by resource, the file with its rows, and the damage of that file.
        last: by resource, the slice of the last row of its file.
        unclaimed: slices that other tables mention, but that the archive is not expected to have.
    """

    def __init__(self, files: Files, *, is_whole: bool = False) -> None:
        """Start empty.

        Args:
            is_whole: whether one program makes such archives, with all its data.
        """
        self.is_whole = is_whole
        self.reference = Reference()
        self.packs: dict[Where, Pack] = {}
        self.files: dict[str, tuple[str, str | None]] = {}
        self.last: dict[str, Where] = {}
        self.unclaimed: set[Where] = set()
        self._files = files
        self._races: dict[str, tuple[RaceRef, ScheduledRace]] = {}
        self._lost_races: dict[str, RaceRef] = {}
        self._lost_because: dict[str, str] = {}
        self._notes: list[str] = []
        self._cancelled: set[str] = set()

    # --- for parsers -----------------------------------------------------------------------------

    def open(self, file: str, *resources: str) -> Table | None:
        """Open a file; None if the archive does not have it.

        Args:
            resources: the resources of its rows.
        """
        found = self._files.table(file) if file in self._files else None
        for resource in resources:
            self.files[resource] = file, None if found else "is missing"
        if found is None:
            self.note(f"the archive has no {file}")
        return found

    def close(self, table: Table, *resources: str) -> None:
        """End reading a file, and keep its damage."""
        for resource in resources:
            self.files[resource] = table.name, table.damage
        if table.damage is not None:
            self.note(f"{table.name} {table.damage}")

    def reference_rows(self, file: str, *required: str) -> Iterator[tuple[Table, Cells]]:
        """The rows of a file that others refer to; invalid rows are noted."""
        table = self.open(file)
        if table is None:
            return
        for row in table.rows(*required):
            yield table, row
        for bad in table.bad:
            self.note(bad.problem)
        self.close(table)

    def add_race(self, race: str, season: int, scheduled: ScheduledRace) -> None:
        """A race, by the archive's number for it."""
        ref = RaceRef(season, scheduled.round, scheduled.circuit_id, scheduled.date)
        known = self._races.setdefault(race, (ref, scheduled))
        if known[1] != scheduled:
            reason = f"the archive lists race {race} twice, with different content"
            self.note(reason)
            self._lost_because.setdefault(race, reason)

    def refuse_race(self, race: str | None, reason: str, season: int | None = None) -> None:
        """A race whose row cannot be read; its rows are not applied."""
        self.note(reason)
        if race and race not in self._races:
            ref = RaceRef(season or UNKNOWN_SEASON, None, f"race {race}", None)
            self._lost_races.setdefault(race, ref)
            self._lost_because.setdefault(race, reason)

    def cancel_race(self, race: str) -> None:
        """A race that was not held: it is in no schedule, and has no missing resources."""
        self._cancelled.add(race)

    def race(self, race: str) -> RaceRef | None:
        """The race of that number."""
        found = self._races.get(race)
        return found[0] if found else None

    @property
    def races(self) -> Mapping[str, tuple[RaceRef, ScheduledRace]]:
        """All races by number."""
        return self._races

    def lost_seasons(self) -> dict[int, str]:
        """Seasons with a race that is unreadable or not listed, with the first reason.

        A race of unknown season has :data:`UNKNOWN_SEASON`. The lines must be settled.
        """
        seasons: dict[int, str] = {}
        for race, ref in self._lost_races.items():
            seasons.setdefault(ref.season, self._lost_because[race])
        for where, pack in self.packs.items():
            if where.race not in self._races and pack.unreadable:
                seasons.setdefault(self._ref(where.race).season, pack.unreadable[0])
        return seasons

    def add_row(
        self, where: Where, row: lines.Row, driver: str | None, constructors: Iterable[str] = ()
    ) -> None:
        """Add one row of a small resource, with the drivers and constructors that it refers to."""
        pack = self.pack(where)
        pack.add([row[1]])
        if driver is not None:
            pack.drivers.add(driver)
        pack.constructors.update(constructors)
        self.last[where.resource] = where

    def add_lines(self, where: Where, new: Sequence[str], drivers: Iterable[str]) -> None:
        """Add lines of one slice; a slice may have several parts."""
        pack = self.pack(where)
        pack.add(new)
        pack.drivers.update(drivers)
        self.last[where.resource] = where

    def pack(self, where: Where) -> Pack:
        """The pack of a slice; a new one if it has none."""
        pack = self.packs.get(where)
        if pack is None:
            pack = self.packs[where] = Pack()
        return pack

    def discard(self, where: Where) -> None:
        """Remove a slice without a note."""
        self.packs.pop(where, None)

    def leave_out(self, where: Where, reason: str) -> None:
        """Do not apply a slice, because one of its rows cannot be read."""
        self.pack(where).unreadable.append(reason)

    def refuse(self, table: Table, resource: str, session: str, race: str = "raceId") -> None:
        """Do not apply the slices of a table's invalid lines. Call it after the table was read."""
        for bad in table.bad:
            self.refuse_row(bad, Where(bad.cells.get(race, ""), resource, session))

    def refuse_row(self, bad: BadRow, where: Where) -> None:
        """Do not apply the slices of an invalid line; without a race, it may be of the last one."""
        if where.race:
            self.leave_out(where, bad.problem)
        elif where.resource in self.last:
            self.leave_out(self.last[where.resource], bad.problem)
        else:
            self.note(bad.problem)

    def note(self, reason: str) -> None:
        """Note a fault that affects no rows by itself."""
        if reason not in self._notes:
            self._notes.append(reason)

    @contextmanager
    def noting(self, table: Table, row: Mapping[str, str]) -> Iterator[None]:
        """Skip a row that cannot be read, and note it."""
        try:
            yield
        except Unreadable as error:
            self.note(table.problem(error, row))

    def read_row(
        self, table: Table, row: Cells, where: Where, make: Callable[[Cells], Made]
    ) -> None:
        """Read a row of a slice; an unreadable row makes the slice invalid."""
        try:
            made = make(row)
        except Unreadable as error:
            self.leave_out(where, table.problem(error, row))
        else:
            self.add_row(where, made.row, made.driver, made.constructors)

    # --- the result ------------------------------------------------------------------------------

    def settle(self) -> None:
        """Sort the lines of all slices, after all files were read.

        Raises:
            BadCapture: there is no race.
        """
        schedule, damage = self.files["schedule"]
        if not self._races:
            lost = (f"{schedule} {damage}" if damage else None, *self._lost_because.values())
            why = next((reason for reason in lost if reason), "it lists none")
            raise BadCapture(f"the archive has no races: {why}")
        for where in [where for where in self.packs if where.race in self._cancelled]:
            del self.packs[where]
        for where, pack in self.packs.items():
            reason = self._lost_because.get(where.race)
            if reason is not None:
                pack.unreadable.append(reason)
            elif where.race not in self._races:
                file = self.files.get(where.resource, ("the archive", None))[0]
                pack.unreadable.append(
                    f"{file} has rows of race {where.race}, which {schedule} does not list"
                )
            _settle(where, pack)

    def parsed(self) -> Parsed:
        """The whole archive; the lines must be settled."""
        schedules = self._schedules()
        packs = [
            (where, self._ref(where.race), pack)
            for where, pack in self.packs.items()
            if pack.rows or not pack.valid
        ]
        damaged = {resource for resource, (_, damage) in self.files.items() if damage}
        run = {
            where.race
            for where, pack in self.packs.items()
            if where.resource == "results" and pack.rows and pack.valid
        }
        for key in absent(self.races, self.packs, damaged, run):
            where = Where(*key)
            if where not in self.unclaimed:
                packs.append((where, self._ref(where.race), Pack()))
        packs.sort(
            key=lambda one: (
                *(one[1].season, one[1].round or 0, one[0].race),
                *(_ORDER.index(one[0].resource), one[0]),
            )
        )
        return Parsed(
            Slices(schedules, packs), self.reference, notes=validation.first(self._notes, MAX_NOTES)
        )

    def _ref(self, race: str) -> RaceRef:
        if race in self._races:
            return self._races[race][0]
        unlisted = RaceRef(UNKNOWN_SEASON, None, f"race {race}", None)
        return self._lost_races.get(race, unlisted)

    def _schedules(self) -> list[Slice]:
        seasons: dict[int, dict[int, tuple[str, ScheduledRace]]] = {}
        days: dict[tuple[int, str, str], str] = {}
        for race, (ref, scheduled) in self._races.items():
            rounds = seasons.setdefault(ref.season, {})
            other, known = rounds.get(scheduled.round, (race, scheduled))
            day = (ref.season, scheduled.circuit_id, scheduled.date)
            if other != race:
                reason = f"{ref.season} has round {ref.round} twice: {known.name}, {scheduled.name}"
            elif days.setdefault(day, race) != race:
                other = days[day]
                reason = f"{ref.season} has two races at {day[1]} on {day[2]}: {scheduled.name}"
            else:
                rounds[scheduled.round] = race, scheduled
                continue
            self.note(reason)
            for where, pack in self.packs.items():
                if where.race in (race, other):
                    pack.unreadable.append(reason)
        return [
            schedule_slice(season, [scheduled for _, scheduled in rounds.values()], None)
            for season, rounds in sorted(seasons.items())
        ]


def _settle(where: Where, pack: Pack) -> None:
    """Sort a slice's lines and drop repeated ones; a repeated key makes it invalid."""
    if not pack.rows:
        return
    listed = pack.lines()
    if where.resource in lines.STANDINGS:
        listed = lines.order_ties(dict.fromkeys(listed))
    settled = sorted(set(listed))
    width = RESOURCES[where.resource].key
    by_key: dict[str, str] = {}
    for line in settled:
        key = line.rsplit("\t", line.count("\t") + 1 - width)[0]
        before = by_key.setdefault(key, line)
        if before is not line:
            name = key.replace("\t", " ")
            difference = validation.disagreement(where.resource, name, before, line)
            pack.unreadable.append(f"the archive has two rows of {difference}")
            break
    if where.resource == "laps":
        pack.rows_by_driver = Counter(line.partition("\t")[0] for line in settled)
    pack.packed = ["\n".join(settled).encode()]
    pack.rows = len(settled)


class Slices(Sequence[Slice]):
    """Schedules, then the slices of all races; each slice is made when it is requested."""

    def __init__(self, schedules: list[Slice], packs: list[tuple[Where, RaceRef, Pack]]) -> None:
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
            # A slice with two rows of one key cannot be applied.
            lines=[] if pack.unreadable else pack.lines(),
            drivers=frozenset() if pack.unreadable else frozenset(pack.drivers),
            constructors=frozenset() if pack.unreadable else frozenset(pack.constructors),
            problem=validation.joined(pack.unreadable or pack.problems),
            readable=not pack.unreadable,
            remark=validation.joined(pack.remarks),
        )
