r"""Writes seasons of a test as the files of the Ergast archive; null is `\N`."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Cell = str | int | float | None
NULL = r"\N"

STATUSES = {
    "Finished": 1, "Disqualified": 2, "Accident": 3, "Engine": 5, "+1 Lap": 11, "Retired": 31,
    "Withdrew": 54, "Not classified": 62, "Did not qualify": 81, "Did not start": 142,
}  # fmt: skip


@dataclass
class Cast:
    """Drivers, constructors and circuits by id.

    Attributes:
        drivers: given name, family name, nationality.
        constructors: name, nationality.
        circuits: name, locality, country, latitude, longitude.
    """

    drivers: Mapping[str, tuple[str, str, str]]
    constructors: Mapping[str, tuple[str, str]]
    circuits: Mapping[str, tuple[str, str, str, str, str]]


@dataclass
class Entry:
    """A row of results.csv or sprint_results.csv; `text` is positionText, `order` positionOrder."""

    driver: str
    constructor: str
    text: str
    order: int
    points: float = 0
    number: int | None = 7
    grid: int = 0
    laps: int = 0
    time: str | None = None
    ms: int | None = None
    status: str = "Finished"
    fastest: tuple[int, int, str] | None = None
    """Rank, lap and time of the fastest lap."""


@dataclass
class Race:
    """A row of races.csv, and its rows in the other files.

    Attributes:
        standings: driver, points, position, positionText, wins, in the source's order.
        laps: milliseconds of each lap, by driver.
        stops: driver, stop, lap, time of day, duration.
        short: write only the first 8 cells.
    """

    season: int
    round: int
    circuit: str
    date: str
    results: list[Entry] = field(default_factory=list)
    sprint: list[Entry] = field(default_factory=list)
    qualifying: list[tuple[str, str, int, str | None, str | None, str | None]] = field(
        default_factory=list
    )
    standings: list[tuple[str, float, int | None, str, int]] = field(default_factory=list)
    teams: list[tuple[str, float, int | None, str, int]] = field(default_factory=list)
    laps: Mapping[str, Sequence[int]] = field(default_factory=dict)
    stops: list[tuple[str, int, int, str, str | None]] = field(default_factory=list)
    short: bool = False

    @property
    def name(self) -> str:
        """The race's name in the schedule."""
        return f"{self.circuit.replace('_', ' ').title()} Grand Prix"


_RESULTS = (
    "resultId raceId driverId constructorId number grid position positionText positionOrder points"
    " laps time milliseconds fastestLap rank fastestLapTime fastestLapSpeed statusId"
)
_SESSIONS = ("fp1", "fp2", "fp3", "quali", "sprint")


def write(folder: Path, cast: Cast, races: Sequence[Race]) -> Path:
    """Write the archive's files into the new folder `folder`; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    writer = _Writer(folder, cast, races)
    writer.write_cast(cast)
    writer.write_races()
    writer.write_entries("results", "results")
    writer.write_entries("sprint_results", "sprint")
    writer.write_standings("driver", "standings", writer.drivers)
    writer.write_standings("constructor", "teams", writer.constructors)
    writer.write_sessions()
    return folder


class _Writer:
    """Writes the files, with numbers that cannot be correct by chance."""

    def __init__(self, folder: Path, cast: Cast, races: Sequence[Race]) -> None:
        self._folder = folder
        self.drivers = _numbers(cast.drivers)
        self.constructors = _numbers(cast.constructors)
        self.circuits = _numbers(cast.circuits)
        self.races = {900 - number * 7: race for number, race in enumerate(races)}

    def write_cast(self, cast: Cast) -> None:
        self._table(
            "drivers",
            "driverId driverRef number code forename surname dob nationality url",
            (
                (self.drivers[ref], ref, None, None, *name, "1925-01-31", nation, _page(ref))
                for ref, (*name, nation) in cast.drivers.items()
            ),
        )
        self._table(
            "constructors",
            "constructorId constructorRef name nationality url",
            (
                (self.constructors[ref], ref, *row, _page(ref))
                for ref, row in cast.constructors.items()
            ),
        )
        self._table(
            "circuits",
            "circuitId circuitRef name location country lat lng alt url",
            ((self.circuits[ref], ref, *row, 7, _page(ref)) for ref, row in cast.circuits.items()),
        )
        self._table(
            "status", "statusId status", ((number, name) for name, number in STATUSES.items())
        )

    def write_races(self) -> None:
        seasons = sorted({race.season for race in self.races.values()})
        self._table("seasons", "year url", ((year, _page(f"{year}")) for year in seasons))
        sessions = " ".join(f"{name}_date {name}_time" for name in _SESSIONS)
        self._table(
            "races",
            f"raceId year round circuitId name date time url {sessions}",
            (
                (
                    *(race_id, race.season, race.round, self.circuits[race.circuit], race.name),
                    *(race.date, None if race.season < 2000 else "13:00:00", _page(f"{race_id}")),
                    *(() if race.short else (None,) * 8),
                    *(() if race.short else (race.date if race.sprint else None, None)),
                )
                for race_id, race in self.races.items()
            ),
        )

    def write_entries(self, file: str, kind: str) -> None:
        rows: list[Sequence[Cell]] = []
        for race_id, row in self._rows(kind):
            rank, lap, time = row.fastest or (None, None, None)
            rows.append(
                (
                    *(len(rows) + 20_000, race_id, self.drivers[row.driver]),
                    *(self.constructors[row.constructor], row.number, row.grid),
                    *(row.text if row.text.isdecimal() else None, row.text, row.order),
                    *(f"{row.points:g}", row.laps, row.time, row.ms, lap, rank, time, None),
                    STATUSES[row.status],
                )
            )
        self._table(file, _RESULTS, rows)

    def write_standings(self, name: str, kind: str, ids: Mapping[str, int]) -> None:
        self._table(
            f"{name}_standings",
            f"{name}StandingsId raceId {name}Id points position positionText wins",
            (
                (number, race_id, ids[who], f"{points:g}", *place)
                for number, (race_id, (who, points, *place)) in enumerate(self._rows(kind), 5000)
            ),
        )

    def write_sessions(self) -> None:
        self._table(
            "qualifying",
            "qualifyId raceId driverId constructorId number position q1 q2 q3",
            (
                (number, race_id, self.drivers[driver], self.constructors[constructor], 7, *row)
                for number, (race_id, (driver, constructor, *row)) in enumerate(
                    self._rows("qualifying"), 7000
                )
            ),
        )
        self._table(
            "lap_times",
            "raceId driverId lap position time milliseconds",
            (
                (race_id, self.drivers[driver], lap, place, _clock(ms), ms)
                for race_id, race in self.races.items()
                for place, (driver, times) in enumerate(race.laps.items(), 1)
                for lap, ms in enumerate(times, 1)
            ),
        )
        self._table(
            "pit_stops",
            "raceId driverId stop lap time duration milliseconds",
            (
                (race_id, self.drivers[driver], *row, duration, duration and _millis(duration))
                for race_id, (driver, *row, duration) in self._rows("stops")
            ),
        )

    def _rows(self, kind: str) -> Iterator[tuple[int, Any]]:
        for race_id, race in self.races.items():
            yield from ((race_id, row) for row in getattr(race, kind))

    def _table(self, name: str, columns: str, rows: Iterable[Sequence[Cell]]) -> None:
        with (self._folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(columns.split())
            out.writerows([NULL if cell is None else cell for cell in row] for row in rows)


def _numbers(refs: Iterable[str]) -> dict[str, int]:
    return {ref: 101 + 37 * number % 89 for number, ref in enumerate(refs)}


def _page(name: str) -> str:
    return f"https://oddities.invalid/{name}"


def _clock(milliseconds: int) -> str:
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes}:{rest / 1000:06.3f}"


def _millis(duration: str) -> int:
    minutes, _, seconds = duration.rpartition(":")
    return int(minutes or 0) * 60_000 + round(float(seconds) * 1000)
