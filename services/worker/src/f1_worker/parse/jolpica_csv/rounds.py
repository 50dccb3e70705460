"""Seasons, rounds and their sessions, and who entered them."""

from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from f1_worker.parse import cells, reference
from f1_worker.parse.archive import Archive
from f1_worker.parse.cells import Unreadable
from f1_worker.parse.csvfiles import Files
from f1_worker.parse.jolpica_csv.tables import columns, file_name, rows
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
"""Sessions that a schedule tells, by the name over HTTP; that of 2023's SQ1 is SprintShootout."""


class Session(NamedTuple):
    """A session of a round; both by the dump's numbers."""

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
    """What all other tables refer to.

    Attributes:
        sessions: by the dump's number, those that were not cancelled.
        entered: by the number of the round's entry.
        drivers: ids by the dump's number; constructors alike.
    """

    def __init__(self, files: Files, archive: Archive) -> None:
        self.sessions: dict[str, Session] = {}
        self.entered: dict[str, Entered] = {}
        self.drivers: dict[str, str] = {}
        self.constructors: dict[str, str] = {}
        self._files = files
        self._archive = archive
        self._circuits: dict[str, str] = {}
        self._seasons: dict[str, int] = {}
        self._read_reference()
        self._read_rounds(self._read_sessions())
        self._read_entries()

    def _read_reference(self) -> None:
        known = self._archive.reference
        for place, row in rows(self._files, "season", "id", "year"):
            with self._archive.doubting(place):
                season = self._seasons[row["id"]] = season_number(row["year"])
                known.seasons[season] = (cells.plain(row.get("wikipedia"), "wikipedia"),)
        for place, row in rows(self._files, "circuit", "id", "reference"):
            with self._archive.doubting(place):
                ref = self._circuits[row["id"]] = cells.identifier(row["reference"], "reference")
                known.circuits[ref] = _circuit(row)
        for place, row in rows(self._files, "driver", "id", "reference"):
            with self._archive.doubting(place):
                ref = self.drivers[row["id"]] = cells.identifier(row["reference"], "reference")
                known.drivers[ref] = _driver(row)
        for place, row in rows(self._files, "team", "id", "reference"):
            with self._archive.doubting(place):
                ref = self.constructors[row["id"]] = cells.identifier(row["reference"], "reference")
                known.constructors[ref] = reference.constructor(
                    name=row.get("name"),
                    nationality=row.get("nationality"),
                    url=row.get("wikipedia"),
                )

    def _read_sessions(self) -> dict[str, dict[str, dict[str, str]]]:
        """The sessions; returns when each takes place, by round and type."""
        times: dict[str, dict[str, dict[str, str]]] = {}
        for place, row in rows(self._files, "session", "id", "round_id", "type"):
            if row.get("is_cancelled") == "t":
                continue
            with self._archive.doubting(place):
                number = cells.whole(row.get("number"), "number", 0, 999) or 0
                self.sessions[row["id"]] = Session(row["round_id"], row["type"], number)
                when = _when(row)
                if when is not None:
                    times.setdefault(row["round_id"], {})[row["type"]] = when
        return times

    def _read_rounds(self, times: dict[str, dict[str, dict[str, str]]]) -> None:
        table = self._files.table(file_name("round"))
        for row in table.rows("id", "season_id", "circuit_id", "number", "date"):
            # A cancelled round keeps its place in the dump, and has no number.
            if row.get("is_cancelled") == "t" or cells.present(row["number"]) is None:
                continue
            with self._archive.doubting(table):
                season = _known(self._seasons, row, "season_id")
                weekend = times.get(row["id"], {})
                scheduled = scheduled_race(
                    round_text=row["number"],
                    name=row.get("name"),
                    circuit_id=_known(self._circuits, row, "circuit_id"),
                    date=row["date"],
                    time=weekend.get("R", {}).get("time"),
                    url=row.get("wikipedia"),
                    sessions={
                        "SprintShootout" if (kind, season) == ("SQ1", 2023) else name: weekend[kind]
                        for kind, name in _SCHEDULED.items()
                        if kind in weekend
                    },
                )
                self._archive.add_race(row["id"], season, scheduled)

    def _read_entries(self) -> None:
        teams = {
            entry: (self.drivers[driver], self.constructors[team])
            for entry, driver, team in columns(
                self._files, "teamdriver", "id", "driver_id", "team_id"
            )
            if driver in self.drivers and team in self.constructors
        }
        for entry, round_id, team_driver, number in columns(
            self._files, "roundentry", "id", "round_id", "team_driver_id", "car_number"
        ):
            if team_driver in teams:
                self.entered[entry] = Entered(round_id, *teams[team_driver], number)


def _known(ids: dict[str, Known], row: dict[str, str], column: str) -> Known:
    found = ids.get(row[column])
    if found is None:
        raise Unreadable(column, row[column], "which is not listed")
    return found


def _when(row: dict[str, str]) -> dict[str, str] | None:
    """When a session starts, in UTC; without a time if that is not known."""
    timestamp = cells.present(row.get("timestamp"))
    if timestamp is None:
        return None
    try:
        start = datetime.fromisoformat(timestamp)
        if start.tzinfo is not None:
            start = start.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable("timestamp", timestamp, "which is no time") from None
    if row.get("has_time_data") == "f":
        return {"date": f"{start:%Y-%m-%d}"}
    return {"date": f"{start:%Y-%m-%d}", "time": f"{start:%H:%M:%S}Z"}


def _circuit(row: dict[str, str]) -> tuple[object, ...]:
    return reference.circuit(
        name=row.get("name"),
        locality=row.get("locality"),
        country=row.get("country"),
        latitude=row.get("latitude"),
        longitude=row.get("longitude"),
        url=row.get("wikipedia"),
    )


def _driver(row: dict[str, str]) -> tuple[object, ...]:
    return reference.driver(
        number=row.get("permanent_car_number"),
        code=row.get("abbreviation"),
        given_name=row.get("forename"),
        family_name=row.get("surname"),
        date_of_birth=row.get("date_of_birth"),
        nationality=row.get("nationality"),
        url=row.get("wikipedia"),
    )
