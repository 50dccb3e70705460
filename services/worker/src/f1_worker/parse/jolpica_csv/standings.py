"""Championships after each round."""

from collections.abc import Callable, Mapping

from f1_worker.parse import cells, lines
from f1_worker.parse.archive import Archive, Where
from f1_worker.parse.csvfiles import Cells, Files
from f1_worker.parse.jolpica_csv.rounds import Rounds, known_id
from f1_worker.parse.jolpica_csv.tables import file_name, rows
from f1_worker.parse.lines import Made

_ADJUSTED = {"101": "D", "102": "E"}
"""Disqualified or excluded from a championship, by the kind of adjustment."""


def read_standings(files: Files, archive: Archive, rounds: Rounds) -> None:
    """Read the drivers' and constructors' championships; the dump has them after each session."""
    driven = _driven(archive, rounds)

    def of_driver(row: Cells) -> Made:
        driver_id = known_id(rounds.drivers, row, "driver_id", "driver")
        race = archive.race(row["round_id"])
        rounds_driven = sorted(driven.get((race.season, driver_id), [])) if race else []
        until = race.round if race and race.round else 0
        constructor_ids = tuple(
            dict.fromkeys(one for number, one in rounds_driven if number <= until)
        )
        return Made(_standing(driver_id, row, constructor_ids), driver_id, constructor_ids)

    def of_constructor(row: Cells) -> Made:
        constructor_id = known_id(rounds.constructors, row, "team_id", "team")
        return Made(_standing(constructor_id, row, None), None, (constructor_id,))

    for name, whose, resource, make in (
        ("driverchampionship", "driver_id", "driverstandings", of_driver),
        ("teamchampionship", "team_id", "constructorstandings", of_constructor),
    ):
        _read(files, archive, name, whose, resource=resource, make=make)


def _read(
    files: Files,
    archive: Archive,
    name: str,
    whose: str,
    *,
    resource: str,
    make: Callable[[Cells], Made],
) -> None:
    """The rows of each round's last session, read in two passes: there are tens of thousands."""
    last: dict[str, int] = {}
    for _, row in rows(files, name, "round_id", "session_number", whose):
        number = _number(row)
        last[row["round_id"]] = max(number, last.get(row["round_id"], number))
    table = archive.open(file_name(name), resource)
    if table is None:
        return
    for row in table.rows("round_id", "session_number", whose):
        if _number(row) == last[row["round_id"]]:
            where = archive.last[resource] = Where(row["round_id"], resource, "race")
            archive.read_row(table, row, where, make)
    archive.refuse(table, resource, "race", "round_id")
    archive.close(table, resource)


def _number(row: Cells) -> int:
    number = row["session_number"]
    return int(number) if number.isdecimal() and len(number) < 5 else 0


def _driven(archive: Archive, rounds: Rounds) -> Mapping[tuple[int, str], list[tuple[int, str]]]:
    """By season and driver, the constructors of each round."""
    driven: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for entered in rounds.entered.values():
        race = archive.race(entered.round)
        if race is not None and race.round is not None:
            key = (race.season, entered.driver_id)
            driven.setdefault(key, []).append((race.round, entered.constructor_id))
    return driven


def _standing(competitor_id: str, row: Cells, constructor_ids: tuple[str, ...] | None) -> lines.Row:
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
