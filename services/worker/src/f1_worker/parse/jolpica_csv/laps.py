"""Laps and pit stops of races and sprints, and all fastest laps."""

from collections.abc import Iterable
from functools import partial
from itertools import groupby
from typing import NamedTuple

from f1_core.durations import format_duration
from f1_worker.parse import cells, lines
from f1_worker.parse.archive import Archive, Where
from f1_worker.parse.cells import LAP_NUMBERS, LAP_TIMES, NULL, POSITIONS, Unreadable
from f1_worker.parse.csvfiles import Cells, Files, Table
from f1_worker.parse.jolpica_csv.entries import NO_ENTRY, Entries, Entry
from f1_worker.parse.jolpica_csv.rounds import Rounds
from f1_worker.parse.jolpica_csv.tables import columns, file_name
from f1_worker.parse.lines import Made


class Fastest(NamedTuple):
    """The fastest lap of a session's entry; its number is unknown in qualifying."""

    number: str
    time: str
    speed: str


class Laps:
    """Reads laps and pit stops.

    Attributes:
        fastest: by the number of the session's entry.
    """

    def __init__(self, files: Files, archive: Archive, rounds: Rounds) -> None:
        self.fastest: dict[str, Fastest] = {}
        self._archive = archive
        self._entries = Entries(archive, rounds)
        self._lost = 0
        self._lap_of_stop = {lap: "" for lap, _ in columns(files, "pitstop", "lap_id", "id")}
        self._read_laps()
        self._read_pit_stops()
        if self._lost:
            for number in self._entries.lacking:
                self._entries.leave_out_round(number, self._entries.lack(number))
            for number in self._entries.without_race:
                reason = (
                    f"{file_name('sessionentry')} has no row of the race, and laps without an entry"
                )
                self._entries.leave_out_round(number, reason)
            for where, pack in archive.packs.items():
                laps = archive.packs.get(where._replace(resource="laps"))
                if where.resource == "pitstops" and laps is not None:
                    pack.unreadable.extend(laps.unreadable)

    def check_fastest(self) -> None:
        """Refuse results and qualifying of races with invalid laps, since they have fastest laps.

        Also refuse qualifying if results are missing: one file has the entries of both. Call it
        after all other checks.
        """
        for where, laps in list(self._archive.packs.items()):
            if where.resource == "results" and laps.problems and not laps.rows:
                self._refuse(where.race, "qualifying", "qualifying", "results of it are missing")
            elif where.resource == "results" and laps.problems:
                for resource in ("laps", "pitstops"):
                    self._refuse(where.race, resource, "race", "results of it are missing")
            if where.resource != "laps" or laps.valid:
                continue
            for resource, session in _WITH_FASTEST[where.session]:
                self._refuse(where.race, resource, session, "laps are missing, perhaps the fastest")

    def _refuse(self, race: str, resource: str, session: str, why: str) -> None:
        pack = self._archive.packs.get(Where(race, resource, session))
        if pack is not None and pack.valid:
            pack.problems.append(why)

    def _read_laps(self) -> None:
        table = self._archive.open(file_name("lap"), "laps")
        assert table is not None  # a required table
        # A lap whose time was deleted was driven, so is_deleted is not read.
        rows = table.columns(*_LAP_COLUMNS)
        known = self._entries.by_id
        recorded: set[Where] = set()
        for where, run in groupby(rows, key=lambda row: known.get(row[0], NO_ENTRY).laps):
            drivers, new, is_record = self._laps_of(where, table, run)
            if where is not None and new:
                self._archive.add_lines(where, new, drivers)
            if where is not None and is_record:
                recorded.add(where)
        for bad in table.bad:
            entry = known.get(bad.cells.get("session_entry_id", ""))
            last = self._archive.last.get("laps")
            self._leave_out(entry.slices if entry else [last] if last else [], bad.problem)
        self._archive.close(table, "laps")
        # For some sprints the dump has only the fastest laps, which are not a record of laps.
        for where in {entry.laps for entry in known.values()}:
            pack = self._archive.packs.get(where) if where is not None else None
            if where is not None and where not in recorded and pack and not pack.unreadable:
                self._archive.discard(where)

    def _laps_of(
        self, where: Where | None, table: Table, rows: Iterable[tuple[str, ...]]
    ) -> tuple[set[str], list[str], bool]:
        """Drivers and lines of laps, and whether there are others than fastest ones.

        Stores all fastest laps, and the laps of pit stops.
        """
        drivers: set[str] = set()
        new: list[str] = []
        is_record = False
        for row in rows:
            entry_id, lap_id, number, position, time, is_fastest, speed = row
            if lap_id in self._lap_of_stop:
                self._lap_of_stop[lap_id] = number
            try:
                time_ms = LAP_TIMES[time]
                if is_fastest == "t":
                    self.fastest[entry_id] = Fastest(number, time, speed)
                if where is not None and number:
                    driver_id = self._entries.by_id[entry_id].driver_id
                    drivers.add(driver_id)
                    new.append(
                        f"{driver_id}\t{LAP_NUMBERS[number]}\t{POSITIONS[position]}\t{time_ms}"
                    )
                    is_record = is_record or is_fastest != "t" or bool(position)
                elif where is None and entry_id not in self._entries.by_id:
                    self._lose(table, entry_id)
            except Unreadable as error:
                problem = table.problem(error, dict(zip(_LAP_COLUMNS, row, strict=True)))
                entry = self._entries.by_id.get(entry_id, NO_ENTRY)
                self._leave_out(entry.slices, problem)
        return drivers, new, is_record

    def _leave_out(self, slices: Iterable[Where], problem: str) -> None:
        """An unreadable lap makes its slice invalid, and the result whose fastest lap it may be."""
        for where in slices:
            self._archive.leave_out(where, problem)

    def _lose(self, table: Table, entry_id: str) -> None:
        """Note the first row whose session's entry is missing."""
        if not self._lost:
            missing = f"which {file_name('sessionentry')} does not list"
            self._archive.note(f"{table}, column session_entry_id: {entry_id!r}, {missing}")
        self._lost += 1

    def _read_pit_stops(self) -> None:
        table = self._archive.open(file_name("pitstop"), "pitstops")
        if table is None:
            return
        known = self._entries.by_id
        for row in table.rows("session_entry_id", "lap_id", "number"):
            entry = known.get(row["session_entry_id"])
            if entry is None:
                self._lose(table, row["session_entry_id"])
            if entry is None or entry.laps is None:
                continue
            where = entry.laps._replace(resource="pitstops")
            self._archive.last["pitstops"] = where
            self._archive.read_row(table, row, where, partial(self._pit_stop, entry))
        for bad in table.bad:
            entry = known.get(bad.cells.get("session_entry_id", ""))
            laps = entry.laps if entry else self._archive.last.get("pitstops")
            if laps is not None:
                self._archive.leave_out(laps._replace(resource="pitstops"), bad.problem)
        self._archive.close(table, "pitstops")

    def _pit_stop(self, entry: Entry, row: Cells) -> Made:
        lap = self._lap_of_stop[row["lap_id"]]
        if not entry.driver_id:
            raise Unreadable("session_entry_id", row["session_entry_id"], _NO_DRIVER)
        if not lap and row["lap_id"]:
            raise Unreadable("lap_id", row["lap_id"], _NO_LAP)
        duration_ms = cells.milliseconds(row.get("duration"), "duration")
        made = lines.pit_stop(
            entry.driver_id,
            stop=row["number"],
            lap=lap,
            time=row.get("local_timestamp"),
            duration_ms=duration_ms,
            duration=None if duration_ms == NULL else format_duration(int(duration_ms)),
        )
        return Made(made, entry.driver_id)


_NO_DRIVER = f"which has no driver in {file_name('sessionentry')}"
_NO_LAP = f"which {file_name('lap')} does not list"
_LAP_COLUMNS = (
    *("session_entry_id", "id", "number", "position", "time"),
    *("is_entry_fastest_lap", "average_speed"),
)
_WITH_FASTEST = {
    "race": (("results", "race"), ("qualifying", "qualifying"), ("sprint", "sprint")),
    "sprint": (("sprint", "sprint"),),
}
"""The slices that have fastest laps, by the session whose laps are invalid."""
