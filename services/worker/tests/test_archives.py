"""Archives: one capture, many races, each in a transaction of its own."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from services.worker.tests.conftest import Drain, Recorder, small_season

from f1_core.errors import BadCapture
from f1_core.rawstore import RawStore
from f1_ingest.synthetic import Dataset
from f1_ingest.synthetic.dataset import merge
from f1_local.tables import count, read_tables
from f1_worker.parse import parse
from f1_worker.settings import WorkerSettings
from f1_worker.slices import Parsed
from f1_worker.worker import Worker

Ask = Callable[..., list[tuple[Any, ...]]]


def test_an_archive_of_two_seasons_brings_their_schedules_and_rows(
    recorder: Recorder, drain: Drain, ask: Ask, engine: sa.Engine
) -> None:
    both = merge([small_season(2023, 2), small_season(2024, 2)])
    recorder.put(recorder.archive(both))
    assert drain() == {"processed": 1}
    assert ask("SELECT season, count(*) FROM races GROUP BY 1 ORDER BY 1") == [(2023, 2), (2024, 2)]
    assert count(engine, "lap_times") == both.count("laps")
    assert count(engine, "pit_stops") == both.count("pit_stops")
    assert ask("SELECT rows FROM captures") == [(both.count("laps") + both.count("pit_stops") + 4,)]


def test_the_service_is_believed_before_the_archive_and_the_archive_fills_its_gaps(
    recorder: Recorder, drain: Drain, ask: Ask
) -> None:
    recorder.put(
        recorder.make("schedule", source="jolpica"),
        recorder.make("laps", 1, source="jolpica"),
        recorder.archive(),
    )
    drain()
    assert ask("SELECT resource, source, count(*) FROM slices GROUP BY 1, 2 ORDER BY 1, 2") == [
        ("laps", "ergast-csv", 2),
        ("laps", "jolpica", 1),
        ("pitstops", "ergast-csv", 3),
        ("schedule", "jolpica", 1),
    ]


def test_a_worker_that_stops_in_the_middle_leaves_whole_races_and_the_next_goes_on(
    *,
    recorder: Recorder,
    drain: Drain,
    engine: sa.Engine,
    store: RawStore,
    settings: WorkerSettings,
    dataset: Dataset,
    ask: Ask,
) -> None:
    recorder.put(recorder.archive())
    worker = Worker(engine, store, settings)

    def stop_after_two(capture: Any) -> Parsed:
        parsed = parse(capture)

        class Stopping(list[Any]):
            def __iter__(self) -> Any:
                for number, piece in enumerate(parsed.slices):
                    if number == 5:  # the schedule, the first race, and a slice of the second
                        worker.stop.set()
                    yield piece

        return Parsed(Stopping(), parsed.reference)

    worker._parse = stop_after_two
    assert worker.drain() == {"given back": 1}
    assert ask("SELECT DISTINCT round FROM lap_times JOIN races USING (race_id)") == [(1,)]
    assert ask("SELECT state, attempts, lease_owner FROM captures") == [("pending", 0, None)]
    assert drain() == {"processed": 1}
    assert count(engine, "lap_times") == dataset.count("laps")


def test_an_archive_that_breaks_off_leaves_nothing(
    recorder: Recorder, drain: Drain, engine: sa.Engine, dataset: Dataset
) -> None:
    def break_off(capture: Any) -> Parsed:
        parsed = parse(capture)

        class Broken(list[Any]):
            def __iter__(self) -> Any:
                for number, piece in enumerate(parsed.slices):
                    if number == 4:
                        raise BadCapture("lap_times.csv: line 99 cannot be read")
                    yield piece

        return Parsed(Broken(), parsed.reference)

    recorder.put(recorder.archive())
    assert drain(parse=break_off) == {"quarantined": 1}
    assert count(engine, "lap_times") == count(engine, "slices") == count(engine, "races") == 0
    [row] = read_tables(engine)["captures"]
    assert "lap_times.csv: line 99 cannot be read" in row
