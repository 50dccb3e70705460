"""Captures of synthetic seasons for the worker's tests, in ingest's format."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from msgspec import structs

from f1_core.capture import Capture, Header, Page, Race
from f1_core.ledger import index
from f1_core.store.rawstore import RawStore
from f1_ingest.synthetic import Dataset, cached_season, respond

Drain = Callable[..., Mapping[str, int]]
Run = Callable[..., Any]
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
RESOURCES = (
    *("results", "qualifying", "laps", "pitstops"),
    *("driverstandings", "constructorstandings"),
)


def small_season(year: int = 2024, rounds: int = 3, *, laps: int = 8) -> Dataset:
    """The first races of a season, the first of their laps, and a sprint if there is one."""
    season = cached_season(year)
    weekends = [
        structs.replace(
            weekend,
            laps=[lap for lap in weekend.laps if lap.lap <= laps],
            pit_stops=weekend.pit_stops[:15],
        )
        for weekend in season.weekends[:rounds]
    ]
    return structs.replace(season, weekends=weekends).copy()


def overwrite(store: RawStore, key: str, content: bytes) -> None:
    """Overwrite an object, as a person with the bucket's keys can, but no program does."""
    store._s3.put_object(Bucket=store.bucket, Key=key, Body=content)


class Recorder:
    """Writes captures to S3, each newer than the previous one."""

    def __init__(self, engine: sa.Engine, store: RawStore, dataset: Dataset) -> None:
        self.engine = engine
        self.store = store
        self.dataset = dataset
        self.order = 0

    def make(
        self,
        resource: str,
        number: int | None = None,
        *,
        dataset: Dataset | None = None,
        order: int | None = None,
        hours: float = 0.0,
        source: str = "synthetic",
        change: Callable[[dict[str, Any]], None] = lambda answer: None,
        pages: Sequence[Page] | None = None,
    ) -> Capture:
        """Read a resource of a round, or a schedule, as ingest does; write nothing.

        Args:
            hours: how much later than other captures.
            change: introduces a fault into the answer's pages.
        """
        dataset = dataset or self.dataset
        year = dataset.weekends[0].race.season
        self.order += 1
        order = order or self.order
        at = NOON + timedelta(seconds=order, hours=hours)
        race = None
        if number is not None:
            known = self.dataset.weekend(year, number).race
            race = Race(year, number, known.circuit_id, known.date)
        path = f"/{year}/{number}/{resource}.json" if number else f"/{year}/races.json"
        made, total = self._pages(dataset, path, at, change)
        header = Header(
            source=source,
            resource=resource if number else "schedule",
            order=order,
            started_at=at,
            fetched_at=at + timedelta(milliseconds=1500),
            season=year,
            round=number,
            race=race,
            total=total,
            requests=len(made),
            synthetic=source == "synthetic",
        )
        return Capture(header, list(pages if pages is not None else made))

    def put(self, *made: Capture, announce: bool = True) -> list[str]:
        """Write captures to S3, and enter them; returns their keys."""
        for capture in made:
            self.store.put(capture.key, capture.encode())
            if announce:
                with self.engine.begin() as connection:
                    index.announce(connection, capture.key, capture.header)
        return [capture.key for capture in made]

    def season(self, **options: Any) -> list[Capture]:
        """A whole season: its schedule, and all resources of each race."""
        made = [self.make("schedule", **options)]
        for weekend in self.dataset.weekends:
            resources = (*RESOURCES, "sprint") if weekend.sprint else RESOURCES
            made += [self.make(name, weekend.race.round, **options) for name in resources]
        return made

    def archive(self, dataset: Dataset | None = None, *, order: int | None = None) -> Capture:
        """A season's schedule, laps and pit stops as the Ergast archive has them."""
        self.order += 1
        order = order or self.order
        at = NOON + timedelta(seconds=order)
        files = ergast_files(dataset or self.dataset)
        header = Header(
            source="ergast-csv",
            resource="archive",
            order=order,
            started_at=at,
            fetched_at=at,
            requests=1,
        )
        pages = [
            Page.of(f"file:{name}", content.encode(), at, name) for name, content in files.items()
        ]
        return Capture(header, pages)

    @staticmethod
    def _pages(
        dataset: Dataset, path: str, at: datetime, change: Callable[[dict[str, Any]], None]
    ) -> tuple[list[Page], int]:
        pages: list[Page] = []
        offset, total = 0, 1
        while offset < total:
            query = {"limit": "100", "offset": str(offset)}
            status, _, body = respond(dataset, path, query)
            assert status == 200, body
            answer = json.loads(body)
            total = int(answer["MRData"]["total"])
            change(answer)
            url = f"https://synthetic.invalid{path}?limit=100&offset={offset}"
            pages.append(Page.of(url, json.dumps(answer).encode(), at))
            offset += 100
        return pages, total


def ergast_files(dataset: Dataset) -> dict[str, str]:
    """The files of an Ergast archive that make races, laps and pit stops."""
    drivers = {key: number for number, key in enumerate(sorted(dataset.drivers), 1)}
    circuits = {key: number for number, key in enumerate(sorted(dataset.circuits), 1)}
    races = {id(weekend): number for number, weekend in enumerate(dataset.weekends, 1)}
    rows: dict[str, list[tuple[object, ...]]] = {
        "circuits.csv": [("circuitId", "circuitRef", "name")],
        "drivers.csv": [("driverId", "driverRef", "code", "forename", "surname")],
        "races.csv": [("raceId", "year", "round", "circuitId", "name", "date")],
        "lap_times.csv": [("raceId", "driverId", "lap", "position", "time", "milliseconds")],
        "pit_stops.csv": [
            ("raceId", "driverId", "stop", "lap", "time", "duration", "milliseconds")
        ],
    }
    rows["circuits.csv"] += [(n, key, dataset.circuits[key].name) for key, n in circuits.items()]
    for key, number in drivers.items():
        driver = dataset.drivers[key]
        name = driver.given_name, driver.family_name
        rows["drivers.csv"].append((number, key, driver.code, *name))
    for weekend in dataset.weekends:
        race, number = weekend.race, races[id(weekend)]
        circuit = circuits[race.circuit_id]
        rows["races.csv"].append((number, race.season, race.round, circuit, race.name, race.date))
        rows["lap_times.csv"] += [
            (number, drivers[lap.driver_id], lap.lap, lap.position, lap.time, lap.millis)
            for lap in weekend.laps
        ]
        rows["pit_stops.csv"] += [
            (number, drivers[s.driver_id], s.stop, s.lap, s.local_time, s.duration, s.millis)
            for s in weekend.pit_stops
        ]
    return {
        name: "".join(
            ",".join("\\N" if cell is None else f"{cell}" for cell in row) + "\n" for row in table
        )
        for name, table in rows.items()
    }
