"""Reads the Ergast CSV archive as a dataset, to serve it over Jolpica's protocol.

It shares no code with the worker's parser, so that a test can compare the results of the two for
the same files.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from f1_core.durations import format_duration
from f1_ingest.synthetic import standings
from f1_ingest.synthetic.dataset import (
    Circuit,
    Constructor,
    ConstructorStanding,
    Dataset,
    Driver,
    DriverStanding,
    Lap,
    PitStop,
    Qualifying,
    Race,
    Result,
    Session,
    Weekend,
    millis,
)

Row = dict[str, str | None]
_LAST = 10_000

_SESSIONS = {
    "FirstPractice": "fp1",
    "SecondPractice": "fp2",
    "ThirdPractice": "fp3",
    "Qualifying": "quali",
    "Sprint": "sprint",
}


def load(folder: Path) -> Dataset:
    """Read an archive's folder. Without standings in it, they are computed from the results.

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
    for weekend in dataset.weekends:
        weekend.sort()
        for rows in (weekend.results, weekend.sprint, weekend.qualifying):
            rows.sort(key=lambda row: (row.position, row.driver_id, row.number))  # cars were shared
        _write_times(weekend.results)
        _write_times(weekend.sprint)
    if archive.has("driver_standings") and archive.has("constructor_standings"):
        _read_standings(archive, weekends, dataset.weekends)
    else:
        for _, season in groupby(dataset.weekends, key=lambda weekend: weekend.race.season):
            standings.fill(list(season))
    return dataset


def _read_standings(
    archive: "_Archive", weekends: Mapping[str | None, Weekend], in_order: list[Weekend]
) -> None:
    """The championships of the archive; the constructors of a driver are from the results."""
    for row in archive.read("driver_standings"):
        weekends[row["raceId"]].driver_standings.append(
            DriverStanding(
                driver_id=archive.drivers[row["driverId"]].driver_id,
                constructor_ids=[],
                **_place(row),
            )
        )
    for row in archive.read("constructor_standings"):
        weekends[row["raceId"]].constructor_standings.append(
            ConstructorStanding(
                constructor_id=archive.constructors[row["constructorId"]].constructor_id,
                **_place(row),
            )
        )
    for weekend in in_order:  # rows without a place keep the order of the files
        for rows in (weekend.driver_standings, weekend.constructor_standings):
            rows.sort(key=lambda row: row.position or _LAST)
    for _, season in groupby(in_order, key=lambda weekend: weekend.race.season):
        driven: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for weekend in season:
            for result in sorted(weekend.results + weekend.sprint, key=_constructor_of):
                driven[result.driver_id][result.constructor_id] = None
            for standing in weekend.driver_standings:
                standing.constructor_ids = list(driven[standing.driver_id])


def _constructor_of(result: Result) -> str:
    return result.constructor_id


def _place(row: Row) -> dict[str, Any]:
    """The columns of a place in either championship."""
    return {
        "position": _maybe_int(row["position"]),
        "position_text": _text(row["positionText"]),
        "points": float(_text(row["points"])),
        "wins": _int(row["wins"]),
    }


def _write_times(results: list[Result]) -> None:
    """Write finishing times in the service's format, for classified drivers only."""
    best = next((row.race_millis for row in results if row.position_text == "1"), None)
    for row in results:
        if not row.position_text.isdecimal():
            row.time = row.race_millis = None
        elif best is not None and row.race_millis is not None:
            gap = row.race_millis - best
            row.time = (
                f"+{format_duration(gap)}"
                if gap > 0
                else format_duration(row.race_millis)
                if not gap
                else None
            )


class _Archive:
    """The archive's files, with text ids instead of its integer keys."""

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

    def has(self, name: str) -> bool:
        return (self._folder / f"{name}.csv").is_file()

    def read(self, name: str) -> Iterator[Row]:
        with (self._folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield {key: None if value == "\\N" else value for key, value in row.items()}

    def race(self, row: Row) -> Race:
        sessions = {}
        names = dict(_SESSIONS)
        if row.get("sprint_date") and _int(row["year"]) >= 2023:  # stored as a second practice
            second = "SprintShootout" if row["year"] == "2023" else "SprintQualifying"
            names = {second if name == "SecondPractice" else name: names[name] for name in names}
        for name, column in names.items():
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
            number=row["number"] or "",
            position=_int(row["positionOrder"]),
            position_text=_text(row["positionText"]),
            points=float(_text(row["points"])),
            grid=_maybe_int(row["grid"]),
            laps=_maybe_int(row["laps"]),
            status=self.statuses[_int(row["statusId"])],
            time=_gap(row["time"]),
            race_millis=_maybe_int(row["milliseconds"]),
            fastest_lap=_maybe_int(row["fastestLap"]),
            fastest_rank=_maybe_int(row["rank"]),
            fastest_time=_clock(row["fastestLapTime"]),
            fastest_speed=_speed(row.get("fastestLapSpeed")),
        )

    def qualifying(self, row: Row) -> Qualifying:
        return Qualifying(
            driver_id=self.drivers[row["driverId"]].driver_id,
            constructor_id=self.constructors[row["constructorId"]].constructor_id,
            number=row["number"] or "",
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


def _clock(time: str | None) -> str | None:
    """A duration in the service's format: with three digits behind the point."""
    total = millis(time)
    return None if total is None else format_duration(total)


def _speed(value: str | None) -> str | None:
    return value and f"{float(value):.3f}"  # the archive omits zeros at the end


def _maybe_int(value: str | None) -> int | None:
    return int(value) if value else None


def _gap(time: str | None) -> str | None:
    """A finishing time in the service's format: `+1:06.004` for the archive's `+66.004`."""
    total = millis(time[1:]) if time is not None and time.startswith("+") else None
    return time if total is None else f"+{format_duration(total)}"


def _utc(time: str | None) -> str | None:
    return None if time is None else f"{time}Z"
