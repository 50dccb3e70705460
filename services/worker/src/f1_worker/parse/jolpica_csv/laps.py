"""Laps and pit stops of races and sprints, and everybody's fastest laps."""

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
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
    """Whose laps these are."""

    round: str
    session: str | None
    """race or sprint; None: of no session that has laps, but perhaps a fastest one."""
    driver_id: str


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
        for entry, round_entry, session_id in columns(
            self._files, "sessionentry", "id", "round_entry_id", "session_id"
        ):
            entered = rounds.entered.get(round_entry)
            session = rounds.sessions.get(session_id)
            if entered is not None and session is not None:
                _, kind = RESULTS_OF.get(session.type, (None, None))
                entries[entry] = _Entry(session.round, kind, entered.driver_id)
        return entries

    def _read_laps(self) -> None:
        table = open_table(self._files, "lap")
        if table is None:
            return
        # A lap whose time was deleted was driven all the same, so is_deleted is not looked at.
        wanted = ("session_entry_id", "id", "number", "position", "time")
        rows = table.columns(*wanted, "is_entry_fastest_lap", "average_speed")
        for entry_id, run in groupby(rows, key=itemgetter(0)):
            entry = self._entries.get(entry_id)
            if entry is None:
                continue
            try:
                new = self._laps_of(entry, run)
            except Unreadable as error:
                where = Where(entry.round, "laps", entry.session or "")
                self._archive.leave_out(where, f"{table} has {error}")
                continue
            if new and entry.session is not None:
                where = Where(entry.round, "laps", entry.session)
                self._archive.add_lines(where, new, (entry.driver_id,))

    def _laps_of(self, entry: _Entry, rows: Iterable[tuple[str, ...]]) -> list[str]:
        """Lines of laps, if the session has them; notes fastest laps, and those of pit stops."""
        new = []
        for entry_id, lap_id, number, position, time, is_fastest, speed in rows:
            if is_fastest == "t":
                self.fastest[entry_id] = Fastest(number, time, speed)
            if lap_id in self._lap_of_stop:
                self._lap_of_stop[lap_id] = number
            if number and entry.session is not None:
                new.append(
                    f"{entry.driver_id}\t{LAP_NUMBERS[number]}"
                    f"\t{POSITIONS[position]}\t{LAP_TIMES[time]}"
                )
        # Of sprints, the dump may have the fastest laps alone, and these without a position: that
        # is no record of laps.
        is_record = len(new) > 1 or not any(f"\t{NULL}\t" in line for line in new)
        return new if is_record else []

    def _read_pit_stops(self) -> None:
        table = open_table(self._files, "pitstop")
        if table is None:
            return
        wanted = ("session_entry_id", "lap_id", "number", "local_timestamp", "duration")
        for entry_id, lap_id, stop, time, duration in table.columns(*wanted):
            entry = self._entries.get(entry_id)
            if entry is None or entry.session is None:
                continue
            where = Where(entry.round, "pitstops", entry.session)
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
