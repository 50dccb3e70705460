"""Seasons, rounds, their sessions and their entries."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from f1_worker.parse import cells, reference
from f1_worker.parse.archive import Archive
from f1_worker.parse.cells import Unreadable
from f1_worker.parse.csvfiles import Table
from f1_worker.parse.jolpica_csv.tables import file_name
from f1_worker.parse.schedule import scheduled_race, season_number

Known = TypeVar("Known")

RESULTS_OF = {"R": ("results", "race"), "SR": ("sprint", "sprint")}
"""The sessions that have results and laps: their resource, and their name in slices."""

_SCHEDULED = {
    "FP1": "FirstPractice",
    "FP2": "SecondPractice",
    "FP3": "ThirdPractice",
    "Q1": "Qualifying",
    "SQ1": "SprintQualifying",
    "SR": "Sprint",
}
"""Names of sessions in HTTP answers; SQ1 of 2023 is SprintShootout."""

_NAMES = {
    "number": "permanent_car_number",
    "code": "abbreviation",
    "given_name": "forename",
    "family_name": "surname",
    "url": "wikipedia",
}
"""The dump's names of columns that have other names here."""


class Session(NamedTuple):
    """A session of a round, with the dump's numbers."""

    round: str
    type: str
    number: int


class Entered(NamedTuple):
    """A driver in a car in a round."""

    round: str
    driver_id: str
    constructor_id: str
    number: str


class Rounds:
    """The tables to which all others refer.

    Attributes:
        sessions: sessions that were not cancelled, by the dump's number.
        cancelled: the numbers of the others.
        entered: by the number of the round's entry.
        refused: the round and the reason of unreadable entries of rounds.
        drivers, constructors: ids by the dump's number.
    """

    def __init__(self, archive: Archive) -> None:
        self.sessions: dict[str, Session] = {}
        self.cancelled: set[str] = set()
        self.entered: dict[str, Entered] = {}
        self.refused: dict[str, tuple[str, str]] = {}
        self.drivers: dict[str, str] = {}
        self.constructors: dict[str, str] = {}
        self._archive = archive
        self._circuits: dict[str, str] = {}
        self._seasons: dict[str, int] = {}
        self._read_reference()
        self._read_rounds(self._read_sessions())
        self._read_entries()

    def _rows(self, table: str, *required: str) -> Iterator[tuple[Table, dict[str, str]]]:
        return self._archive.reference_rows(file_name(table), *required)

    def _read_reference(self) -> None:
        archive, known = self._archive, self._archive.reference
        for table, row in self._rows("season", "id", "year"):
            with archive.noting(table, row):
                season = self._seasons[row["id"]] = season_number(row["year"])
                known.seasons[season] = (cells.url(row.get("wikipedia")),)
        for name, ids, columns, rows in (
            ("circuit", self._circuits, reference.circuit, known.circuits),
            ("driver", self.drivers, reference.driver, known.drivers),
            ("team", self.constructors, reference.constructor, known.constructors),
        ):
            check = cells.circuit_id if name == "circuit" else cells.identifier
            for table, row in self._rows(name, "id", "reference"):
                with archive.noting(table, row):
                    ref = ids[row["id"]] = check(row["reference"], "reference")
                    rows[ref] = columns(reference.Named(row, _NAMES))

    def _read_sessions(self) -> dict[str, dict[str, dict[str, str]]]:
        """The sessions; returns when each takes place, by round and type."""
        times: dict[str, dict[str, dict[str, str]]] = {}
        for table, row in self._rows("session", "id", "round_id", "type"):
            if row.get("is_cancelled") == "t":
                self.cancelled.add(row["id"])
                continue
            with self._archive.noting(table, row):
                number = cells.whole(row.get("number"), "number", 0, 999) or 0
                self.sessions[row["id"]] = Session(row["round_id"], row["type"], number)
                when = _when(row)
                if when is not None:
                    times.setdefault(row["round_id"], {})[row["type"]] = when
        return times

    def _read_rounds(self, times: dict[str, dict[str, dict[str, str]]]) -> None:
        archive = self._archive
        table = archive.open(file_name("round"), "schedule")
        assert table is not None  # a required table
        for row in table.rows("id", "season_id", "circuit_id", "number", "date"):
            # A cancelled round stays in the dump, without a number.
            if row.get("is_cancelled") == "t" or cells.present(row["number"]) is None:
                archive.cancel_race(row["id"])
                continue
            season = None
            try:
                season = known_id(self._seasons, row, "season_id", "season")
                weekend = times.get(row["id"], {})
                scheduled = scheduled_race(
                    season=season,
                    round_text=row["number"],
                    name=row.get("name"),
                    circuit_id=known_id(self._circuits, row, "circuit_id", "circuit"),
                    date=row["date"],
                    time=weekend.get("R", {}).get("time"),
                    url=row.get("wikipedia"),
                    sessions={
                        "SprintShootout" if (kind, season) == ("SQ1", 2023) else name: weekend[kind]
                        for kind, name in _SCHEDULED.items()
                        if kind in weekend
                    },
                )
            except Unreadable as error:
                archive.refuse_race(row["id"], table.problem(error, row), season)
            else:
                archive.add_race(row["id"], season, scheduled)
        for bad in table.bad:
            archive.refuse_race(bad.cells.get("id"), bad.problem)
        archive.close(table, "schedule")

    def _read_entries(self) -> None:
        teams: dict[str, tuple[str, str]] = {}
        for table, row in self._rows("teamdriver", "id", "driver_id", "team_id"):
            with self._archive.noting(table, row):
                teams[row["id"]] = (
                    known_id(self.drivers, row, "driver_id", "driver"),
                    known_id(self.constructors, row, "team_id", "team"),
                )
        for table, row in self._rows("roundentry", "id", "round_id", "team_driver_id"):
            try:
                who = known_id(teams, row, "team_driver_id", "teamdriver", detail="or incomplete")
            except Unreadable as error:
                self.refused[row["id"]] = row["round_id"], table.problem(error, row)
            else:
                number = row.get("car_number", "")
                self.entered[row["id"]] = Entered(row["round_id"], *who, number)


def known_id(
    ids: dict[str, Known], row: dict[str, str], column: str, table: str, detail: str = ""
) -> Known:
    """The row to which an id of another table refers.

    Args:
        detail: text to append to the reason.

    Raises:
        Unreadable: the table does not list it.
    """
    found = ids.get(row[column])
    if found is None:
        why = f"which {file_name(table)} does not list" + (f", {detail}" if detail else "")
        raise Unreadable(column, row[column], why)
    return found


def _when(row: dict[str, str]) -> dict[str, str] | None:
    """The start of a session, in UTC; without a time if it is unknown."""
    timestamp = cells.present(row.get("timestamp"))
    if timestamp is None:
        return None
    try:
        start = datetime.fromisoformat(timestamp)
        if start.tzinfo is not None:
            start = start.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable("timestamp", timestamp, "which is not a time") from None
    if row.get("has_time_data") == "f":
        return {"date": f"{start:%Y-%m-%d}"}
    return {"date": f"{start:%Y-%m-%d}", "time": f"{start:%H:%M:%S}Z"}
