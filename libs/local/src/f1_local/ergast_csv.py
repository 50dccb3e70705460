"""The Ergast CSV archive as a dataset, to be served over Jolpica's protocol.

Written apart from the worker's parser and sharing nothing with it, so that a test can compare what
the two make of the same files.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from f1_ingest.synthetic import standings
from f1_ingest.synthetic.dataset import (
    Circuit,
    Constructor,
    Dataset,
    Driver,
    Lap,
    PitStop,
    Qualifying,
    Race,
    Result,
    Session,
    Weekend,
    clock,
    millis,
)

Row = dict[str, str | None]

_SESSIONS = {
    "FirstPractice": "fp1",
    "SecondPractice": "fp2",
    "ThirdPractice": "fp3",
    "Qualifying": "quali",
    "Sprint": "sprint",
}


def load(folder: Path) -> Dataset:
    """Read an archive's folder. Standings are worked out from the results.

    Raises:
        FileNotFoundError: a file of the archive is missing.
    """
    archive = _Archive(folder)
    dataset = Dataset(
        seasons={_int(row["year"]): row["url"] for row in archive.read("seasons")},
        drivers={row.driver_id: row for row in archive.drivers.values()},
        constructors={row.constructor_id: row for row in archive.constructors.values()},
        circuits={row.circuit_id: row for row in archive.circuits.values()},
        statuses=archive.statuses,
    )
    weekends = {
        row["raceId"]: Weekend(
            race=archive.race(row), results=[], sprint=[], qualifying=[], laps=[], pit_stops=[]
        )
        for row in archive.read("races")
    }
    for row in archive.read("results"):
        weekends[row["raceId"]].results.append(archive.result(row))
    for row in archive.read("sprint_results"):
        weekends[row["raceId"]].sprint.append(archive.result(row))
    for row in archive.read("qualifying"):
        weekends[row["raceId"]].qualifying.append(archive.qualifying(row))
    for row in archive.read("lap_times"):
        weekends[row["raceId"]].laps.append(archive.lap(row))
    for row in archive.read("pit_stops"):
        weekends[row["raceId"]].pit_stops.append(archive.pit_stop(row))
    dataset.weekends = sorted(
        weekends.values(), key=lambda weekend: (weekend.race.season, weekend.race.round)
    )
    by_season = defaultdict(list)
    for weekend in dataset.weekends:
        weekend.sort()
        by_season[weekend.race.season].append(weekend)
    for season in by_season.values():
        standings.fill(season)
    return dataset


class _Archive:
    """The archive's files, and its integer keys as the text ids that they stand for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.drivers = {row["driverId"]: _driver(row) for row in self.read("drivers")}
        self.constructors = {
            row["constructorId"]: Constructor(
                constructor_id=_text(row["constructorRef"]),
                name=_text(row["name"]),
                nationality=row["nationality"],
                url=row["url"],
            )
            for row in self.read("constructors")
        }
        self.circuits = {
            row["circuitId"]: Circuit(
                circuit_id=_text(row["circuitRef"]),
                name=_text(row["name"]),
                locality=_text(row["location"]),
                country=_text(row["country"]),
                latitude=_text(row["lat"]),
                longitude=_text(row["lng"]),
                url=row["url"],
            )
            for row in self.read("circuits")
        }
        self.statuses = {_int(row["statusId"]): _text(row["status"]) for row in self.read("status")}

    def read(self, name: str) -> Iterator[Row]:
        with (self._folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield {key: None if value == "\\N" else value for key, value in row.items()}

    def race(self, row: Row) -> Race:
        sessions = {}
        for name, column in _SESSIONS.items():
            day = row.get(f"{column}_date")
            if day is not None:
                sessions[name] = Session(day, _utc(row.get(f"{column}_time")))
        return Race(
            season=_int(row["year"]),
            round=_int(row["round"]),
            name=_text(row["name"]),
            circuit_id=self.circuits[row["circuitId"]].circuit_id,
            date=_text(row["date"]),
            time=_utc(row["time"]),
            url=row["url"],
            sessions=sessions,
        )

    def result(self, row: Row) -> Result:
        return Result(
            driver_id=self.drivers[row["driverId"]].driver_id,
            constructor_id=self.constructors[row["constructorId"]].constructor_id,
            number=_text(row["number"]),
            position=_int(row["positionOrder"]),
            position_text=_text(row["positionText"]),
            points=float(_text(row["points"])),
            grid=_int(row["grid"]),
            laps=_int(row["laps"]),
            status=self.statuses[_int(row["statusId"])],
            time=_gap(row["time"]),
            race_millis=_maybe_int(row["milliseconds"]),
            fastest_lap=_maybe_int(row["fastestLap"]),
            fastest_rank=_maybe_int(row["rank"]),
            fastest_time=row["fastestLapTime"],
            fastest_speed=_speed(row.get("fastestLapSpeed")),
        )

    def qualifying(self, row: Row) -> Qualifying:
        return Qualifying(
            driver_id=self.drivers[row["driverId"]].driver_id,
            constructor_id=self.constructors[row["constructorId"]].constructor_id,
            number=_text(row["number"]),
            position=_int(row["position"]),
            q1=row["q1"],
            q2=row["q2"],
            q3=row["q3"],
        )

    def lap(self, row: Row) -> Lap:
        return Lap(
            self.drivers[row["driverId"]].driver_id,
            _int(row["lap"]),
            _maybe_int(row["position"]),
            row["time"],
        )

    def pit_stop(self, row: Row) -> PitStop:
        return PitStop(
            self.drivers[row["driverId"]].driver_id,
            _int(row["stop"]),
            _int(row["lap"]),
            _text(row["time"]),
            row["duration"],
        )


def _driver(row: Row) -> Driver:
    return Driver(
        driver_id=_text(row["driverRef"]),
        number=_maybe_int(row["number"]),
        code=row["code"],
        given_name=_text(row["forename"]),
        family_name=_text(row["surname"]),
        date_of_birth=row["dob"],
        nationality=row["nationality"],
        url=row["url"],
    )


def _text(value: str | None) -> str:
    if value is None:
        raise ValueError("the archive lacks a value that every row has")
    return value


def _int(value: str | None) -> int:
    return int(_text(value))


def _speed(value: str | None) -> str | None:
    return value and f"{float(value):.3f}"  # the archive drops zeros at the end, the service not


def _maybe_int(value: str | None) -> int | None:
    return int(value) if value else None


def _gap(time: str | None) -> str | None:
    """A finishing time as the service writes it: the archive's `+66.004` is `+1:06.004` there."""
    total = millis(time[1:]) if time is not None and time.startswith("+") else None
    return time if total is None else f"+{clock(total)}"


def _utc(time: str | None) -> str | None:
    return None if time is None else f"{time}Z"
