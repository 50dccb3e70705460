"""Laps and pit stops of races and sprints, and everybody's fastest laps."""

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from f1_core.durations import format_duration
from f1_worker.parse import cells, lines
from f1_worker.parse.archive import Archive, Where
from f1_worker.parse.cells import LAP_NUMBERS, LAP_TIMES, NULL, POSITIONS, Unreadable
from f1_worker.parse.csvfiles import Files
from f1_worker.parse.jolpica_csv.rounds import RESULTS_OF, Rounds
from f1_worker.parse.jolpica_csv.tables import columns, open_table


class Fastest(NamedTuple):
    """The fastest lap of a session's entry; its number is not known in qualifying."""

    number: str
    time: str
    speed: str


class _Entry(NamedTuple):
    """A driver's entry of a session, and the slice that its laps belong to, if it has any."""

    laps: Where | None
    driver_id: str


_NOBODY = _Entry(None, "")


class Laps:
    """Reads laps and pit stops.

    Attributes:
        fastest: by the number of the session's entry.
    """

    def __init__(self, files: Files, archive: Archive, rounds: Rounds) -> None:
        self.fastest: dict[str, Fastest] = {}
        self._files = files
        self._archive = archive
        self._entries = self._read_entries(rounds)
        self._lap_of_stop = {lap: "" for lap, _ in columns(files, "pitstop", "lap_id", "id")}
        self._read_laps()
        self._read_pit_stops()

    def _read_entries(self, rounds: Rounds) -> dict[str, _Entry]:
        entries = {}
        slices = {
            number: Where(session.round, "laps", RESULTS_OF[session.type][1])
            for number, session in rounds.sessions.items()
            if session.type in RESULTS_OF
        }
        for entry, round_entry, session_id in columns(
            self._files, "sessionentry", "id", "round_entry_id", "session_id"
        ):
            entered = rounds.entered.get(round_entry)
            if entered is not None and session_id in rounds.sessions:
                entries[entry] = _Entry(slices.get(session_id), entered.driver_id)
        return entries

    def _read_laps(self) -> None:
        table = open_table(self._files, "lap")
        if table is None:
            return
        # A lap whose time was deleted was driven all the same, so is_deleted is not looked at.
        wanted = ("session_entry_id", "id", "number", "position", "time")
        rows = table.columns(*wanted, "is_entry_fastest_lap", "average_speed")
        recorded: set[Where] = set()
        for where, run in groupby(rows, key=lambda row: self._entries.get(row[0], _NOBODY).laps):
            try:
                drivers, new, is_record = self._laps_of(where, run)
            except Unreadable as error:
                if where is not None:
                    self._archive.leave_out(where, f"{table} has {error}")
                continue
            if where is not None and new:
                self._archive.add_lines(where, new, drivers)
                if is_record:
                    recorded.add(where)
        # Of sprints, the dump may have the fastest laps alone: that is no record of laps.
        for where in {entry.laps for entry in self._entries.values()}:
            if where is not None and where not in recorded:
                self._archive.forget(where)

    def _laps_of(
        self, where: Where | None, rows: Iterable[tuple[str, ...]]
    ) -> tuple[set[str], list[str], bool]:
        """Drivers and lines of laps, and whether there are others than fastest ones.

        Notes everybody's fastest laps, and the laps of pit stops.
        """
        drivers: set[str] = set()
        new: list[str] = []
        is_record = False
        for entry_id, lap_id, number, position, time, is_fastest, speed in rows:
            if is_fastest == "t":
                self.fastest[entry_id] = Fastest(number, time, speed)
            if lap_id in self._lap_of_stop:
                self._lap_of_stop[lap_id] = number
            if number and where is not None:
                driver_id = self._entries[entry_id].driver_id
                drivers.add(driver_id)
                new.append(
                    f"{driver_id}\t{LAP_NUMBERS[number]}\t{POSITIONS[position]}\t{LAP_TIMES[time]}"
                )
                is_record = is_record or is_fastest != "t" or bool(position)
        return drivers, new, is_record

    def _read_pit_stops(self) -> None:
        table = open_table(self._files, "pitstop")
        if table is None:
            return
        wanted = ("session_entry_id", "lap_id", "number", "local_timestamp", "duration")
        for entry_id, lap_id, stop, time, duration in table.columns(*wanted):
            entry = self._entries.get(entry_id, _NOBODY)
            if entry.laps is None:
                continue
            where = entry.laps._replace(resource="pitstops")
            try:
                duration_ms = cells.milliseconds(duration, "duration")
                shown = None if duration_ms == NULL else format_duration(int(duration_ms))
                row = lines.pit_stop(
                    entry.driver_id,
                    stop=stop,
                    lap=self._lap_of_stop[lap_id],
                    time=time,
                    duration_ms=duration_ms,
                    duration=shown,
                )
            except Unreadable as error:
                self._archive.leave_out(where, f"{table} has {error}")
            else:
                self._archive.add_row(where, row, entry.driver_id)
