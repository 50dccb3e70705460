"""Drivers for which a source has only a code are found in the results."""

from collections.abc import Callable
from typing import Any

import msgspec
import sqlalchemy as sa
from recorded_seasons import NOON, Drain, Recorder

from f1_core.capture import Capture, Header, Page, Race
from f1_devkit.programs.tables import count
from f1_ingest.synthetic import Dataset

Sql = Callable[..., list[tuple[Any, ...]]]


def openf1_laps(recorder: Recorder) -> Capture:
    """The first round's laps as OpenF1 has them."""
    recorder.order += 1
    weekend = recorder.dataset.weekends[0]
    race = weekend.race
    numbers = {result.driver_id: int(result.number) for result in weekend.results}
    drivers = [
        {
            "session_key": 9, "driver_number": number,
            "name_acronym": recorder.dataset.drivers[driver_id].code,
        }
        for driver_id, number in numbers.items()
    ]  # fmt: skip
    laps = [
        {
            "session_key": 9, "driver_number": numbers[lap.driver_id], "lap_number": lap.lap,
            "lap_duration": (lap.millis or 90000) / 1000 if lap.lap > 1 else None,
        }
        for lap in weekend.laps
    ]  # fmt: skip
    pages = {
        "sessions": [{"session_key": 9, "session_name": "Race"}],
        "drivers": drivers,
        "laps": laps,
    }
    header = Header(
        source="openf1",
        resource="laps",
        season=race.season,
        round=race.round,
        race=Race(race.season, race.round, race.circuit_id, race.date),
        order=recorder.order,
        started_at=NOON,
        fetched_at=NOON,
    )
    return Capture(
        header,
        [
            Page.of(f"https://openf1.test/v1/{name}?session_key=9", msgspec.json.encode(rows), NOON)
            for name, rows in pages.items()
        ],
    )


def test_openf1_waits_for_results_and_fills_gaps_of_the_service(
    recorder: Recorder, drain: Drain, sql: Sql, engine: sa.Engine, dataset: Dataset
) -> None:
    codes: dict[str, int] = {}
    for driver in dataset.drivers.values():  # the codes are unique
        driver.code = f"{chr(65 + len(codes) // 26)}{chr(65 + len(codes) % 26)}X"
        codes[driver.code] = 1
    laps = openf1_laps(recorder)
    recorder.put(recorder.make("schedule", source="jolpica"), laps)
    assert drain() == {"processed": 1, "pending": 1}
    [(reason,)] = sql("SELECT reason FROM captures WHERE state = 'pending'")
    assert reason.startswith("waits for results of 2024 that identify ")
    recorder.put(*(recorder.make("results", number, source="jolpica") for number in (1, 2)))
    drain()
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE captures SET not_before = NULL"))
    assert drain() == {"processed": 1}
    assert count(engine, "lap_times") == len(dataset.weekends[0].laps)
    assert sql("SELECT source FROM slices WHERE resource = 'laps'") == [("openf1",)]
