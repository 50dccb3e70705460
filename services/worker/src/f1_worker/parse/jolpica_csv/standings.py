"""Championships after each round."""

from collections.abc import Iterator, Mapping

from f1_worker.parse import cells, lines
from f1_worker.parse.archive import Archive, Where
from f1_worker.parse.cells import Unreadable
from f1_worker.parse.csvfiles import Files, Table
from f1_worker.parse.jolpica_csv.rounds import Rounds
from f1_worker.parse.jolpica_csv.tables import rows

_ADJUSTED = {"101": "D", "102": "E"}
"""Disqualified or excluded from a championship, by the kind of adjustment."""

Row = dict[str, str]


def read_standings(files: Files, archive: Archive, rounds: Rounds) -> None:
    """Drivers' and constructors' championships; the dump has them after each session."""
    driven = _driven(archive, rounds)
    for place, row in _last_of_round(files, "driverchampionship", "driver_id"):
        driver_id = rounds.drivers.get(row["driver_id"])
        where = Where(row["round_id"], "driverstandings", "race")
        race = archive.race(row["round_id"])
        if driver_id is None or race is None:
            continue
        rounds_driven = sorted(driven.get((race.season, driver_id), []))
        constructor_ids = tuple(
            dict.fromkeys(one for number, one in rounds_driven if number <= (race.round or 0))
        )
        try:
            made = _standing(driver_id, row, constructor_ids)
        except Unreadable as error:
            archive.leave_out(where, f"{place} has {error}")
        else:
            archive.add_row(where, made, driver_id, constructor_ids)
    for place, row in _last_of_round(files, "teamchampionship", "team_id"):
        constructor_id = rounds.constructors.get(row["team_id"])
        where = Where(row["round_id"], "constructorstandings", "race")
        if constructor_id is None or archive.race(row["round_id"]) is None:
            continue
        try:
            made = _standing(constructor_id, row, None)
        except Unreadable as error:
            archive.leave_out(where, f"{place} has {error}")
        else:
            archive.add_row(where, made, None, (constructor_id,))


def _last_of_round(files: Files, table: str, whose: str) -> Iterator[tuple[Table, Row]]:
    """The rows of each round's last session, in two readings: there are tens of thousands."""
    last: dict[str, int] = {}
    for _, row in rows(files, table, "round_id", "session_number", whose):
        number = _number(row)
        last[row["round_id"]] = max(number, last.get(row["round_id"], number))
    for place, row in rows(files, table, "round_id", "session_number", whose):
        if _number(row) == last[row["round_id"]]:
            yield place, row


def _number(row: Row) -> int:
    number = row["session_number"]
    return int(number) if number.isdecimal() and len(number) < 5 else 0


def _driven(archive: Archive, rounds: Rounds) -> Mapping[tuple[int, str], list[tuple[int, str]]]:
    """Whom each driver drove for: by season and driver, the constructors of each round."""
    driven: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for entered in rounds.entered.values():
        race = archive.race(entered.round)
        if race is not None and race.round is not None:
            key = (race.season, entered.driver_id)
            driven.setdefault(key, []).append((race.round, entered.constructor_id))
    return driven


def _standing(competitor_id: str, row: Row, constructor_ids: tuple[str, ...] | None) -> lines.Row:
    position = row.get("position")
    text = _ADJUSTED.get(row.get("adjustment_type", ""))
    if text is None:
        text = "-" if row.get("is_eligible") == "f" else cells.present(position) or "-"
    return lines.standing(
        competitor_id,
        position=position,
        position_text=text,
        points=row.get("points"),
        wins=row.get("win_count"),
        constructor_ids=constructor_ids,
    )
