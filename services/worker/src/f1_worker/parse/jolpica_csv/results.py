"""Results of races and sprints, and qualifying, from the entries of sessions."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from f1_worker.parse import cells, lines
from f1_worker.parse.archive import Archive, Where
from f1_worker.parse.cells import NULL, Unreadable
from f1_worker.parse.csvfiles import Files
from f1_worker.parse.jolpica_csv.laps import Fastest
from f1_worker.parse.jolpica_csv.rounds import RESULTS_OF, Entered, Rounds
from f1_worker.parse.jolpica_csv.tables import columns, rows

_NOT_CLASSIFIED = {"20": "D", "30": "W", "40": "F", "41": "F"}
"""The service's position text by status; all others are R, retired."""
_NO_LAP = Fastest("", "", "")
_NO_FASTEST = "a rank of the fastest lap, but no such lap in formula_one_lap.csv"


def read_results(
    files: Files, archive: Archive, rounds: Rounds, fastest: Mapping[str, Fastest]
) -> None:
    """Results of races and sprints."""
    winners = _winners(files)
    for place, row in rows(files, "sessionentry", "id", "round_entry_id", "session_id"):
        session = rounds.sessions.get(row["session_id"])
        entered = rounds.entered.get(row["round_entry_id"])
        if session is None or entered is None or session.type not in RESULTS_OF:
            continue
        where = Where(session.round, *RESULTS_OF[session.type])
        lap = fastest.get(row["id"], _NO_LAP)
        try:
            made = _result(row, entered, lap, winners.get(row["session_id"]))
        except Unreadable as error:
            archive.leave_out(where, place.problem(error, row))
            continue
        archive.add_row(where, made, entered.driver_id, (entered.constructor_id,))
        # Only drivers with a time have a rank, so the lap with the time is missing.
        if cells.present(row.get("fastest_lap_rank")) and not lap.time:
            archive.pack(where).problems.append(f"{place}: {_NO_FASTEST}")


def _winners(files: Files) -> dict[str, str]:
    """The winner's time of each session."""
    names = ("session_id", "position", "is_classified", "time")
    return {
        session: time
        for session, position, classified, time in columns(files, "sessionentry", *names)
        if position == "1" and classified == "t" and time
    }


def _result(row: dict[str, str], entered: Entered, lap: Fastest, winner: str | None) -> lines.Row:
    position = row.get("position")
    classified = row.get("is_classified") == "t"
    time_ms = cells.milliseconds(row.get("time") if classified else None)
    return lines.result(
        entered.driver_id,
        entered.constructor_id,
        number=entered.number,
        position=position,
        position_text=position if classified else _NOT_CLASSIFIED.get(row.get("status", ""), "R"),
        points=row.get("points"),
        grid=row.get("grid"),
        laps=row.get("laps_completed"),
        status=row.get("detail"),
        time_ms=time_ms,
        time=lines.finish_time(time_ms, cells.milliseconds(winner or row.get("time")), None),
        fastest_lap_rank=row.get("fastest_lap_rank") if lap.time else None,
        fastest_lap=lap.number,
        fastest_lap_time_ms=cells.milliseconds(lap.time, "time of the fastest lap"),
        fastest_lap_speed_kph=lap.speed,
    )


class _Part(NamedTuple):
    """A driver's share in one session of a qualifying."""

    number: int
    type: str
    position: str
    time_ms: str


def read_qualifying(
    files: Files, archive: Archive, rounds: Rounds, fastest: Mapping[str, Fastest]
) -> None:
    """Qualifying; its position is that of the last part that a driver took part in."""
    parts: defaultdict[str, list[_Part]] = defaultdict(list)
    for table, row in rows(files, "sessionentry", "id", "round_entry_id", "session_id", "position"):
        session = rounds.sessions.get(row["session_id"])
        entered = rounds.entered.get(row["round_entry_id"])
        if session is None or entered is None or not session.type.startswith("Q"):
            continue
        try:
            position = cells.position(row["position"])
        except Unreadable as error:
            where = Where(session.round, "qualifying", "qualifying")
            archive.leave_out(where, table.problem(error, row))
            continue
        time = cells.milliseconds(fastest.get(row["id"], _NO_LAP).time)
        part = _Part(session.number, session.type, position, time)
        parts[row["round_entry_id"]].append(part)
    for round_entry, found in parts.items():
        entered = rounds.entered[round_entry]
        where = Where(entered.round, "qualifying", "qualifying")
        made = _qualified(entered, sorted(found))
        archive.add_row(where, made, entered.driver_id, (entered.constructor_id,))


def _qualified(entered: Entered, parts: list[_Part]) -> lines.Row:
    times = {"Q1": NULL, "Q2": NULL, "Q3": NULL}
    last = 0
    for part in parts:
        # Under the rules of other years, the first session is Q1, the second Q2.
        other = "Q1" if times["Q1"] == NULL else "Q2"
        name = part.type if part.type in times else other
        times[name] = part.time_ms
        last = max(last, int(name[1]))
    return lines.qualified(
        entered.driver_id,
        entered.constructor_id,
        number=entered.number,
        position=parts[-1].position,
        times_ms=(times["Q1"], times["Q2"], times["Q3"]),
        parts=last,
    )
