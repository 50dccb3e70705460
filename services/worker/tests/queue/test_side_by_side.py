"""Several workers and readers use the same rows at the same time."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from recorded_seasons import Drain, Recorder, small_season

from f1_core.store.rawstore import RawStore
from f1_devkit.programs.tables import count
from f1_ingest.synthetic import Dataset
from f1_worker.loop import Worker
from f1_worker.settings import WorkerSettings

Sql = Callable[..., list[tuple[Any, ...]]]

RECOMPUTED = """
    SELECT race_id, driver_id, count(*), count(time_ms), sum(time_ms), min(time_ms),
           sum(time_ms)::float8 / count(time_ms)
      FROM lap_times GROUP BY 1, 2 ORDER BY 1, 2
"""
AGGREGATED = """
    SELECT race_id, driver_id, laps, timed_laps, total_ms, fastest_lap_ms, average_lap_ms
      FROM aggregations WHERE laps > 0 ORDER BY 1, 2
"""
STOPS_RECOMPUTED = """
    SELECT race_id, driver_id, count(*), sum(duration_ms) FROM pit_stops GROUP BY 1, 2 ORDER BY 1, 2
"""
STOPS_AGGREGATED = """
    SELECT race_id, driver_id, pit_stops, pit_time_ms
      FROM aggregations WHERE pit_stops > 0 ORDER BY 1, 2
"""


def test_four_workers_may_process_the_same_races_and_drivers(
    recorder: Recorder, drain: Drain, sql: Sql, dataset: Dataset
) -> None:
    [schedule, *races] = recorder.season()
    versions = [dataset]
    for number in range(5):  # every version changes rows and the drivers' names
        changed = versions[-1].copy()
        for weekend in changed.weekends:
            weekend.laps[number].time = f"1:3{number}.000"
            weekend.pit_stops[number].duration = f"3{number}.000"
            weekend.results[number].points += 1
        for driver in changed.drivers.values():
            driver.family_name += f" {number}"
        versions.append(changed)
    made = [
        recorder.make(resource, number, dataset=version)
        for version in versions
        for resource in ("laps", "pitstops", "results", "qualifying", "driverstandings")
        for number in (1, 2, 3)
    ]
    recorder.put(schedule)
    drain()
    recorder.put(*races, *made)
    with structlog.testing.capture_logs() as logs:
        drain(workers=4)
    assert not [entry for entry in logs if "deadlock" in str(entry.get("error"))]
    assert sql("SELECT count(*) FROM captures WHERE state = 'quarantined' OR attempts > 0") == [
        (0,)
    ]
    assert sql(AGGREGATED) == sql(RECOMPUTED)
    assert sql(STOPS_AGGREGATED) == sql(STOPS_RECOMPUTED)
    names = sql("SELECT driver_id, family_name FROM drivers ORDER BY 1")
    newest = versions[-1].drivers
    assert names == [(key, newest[key].family_name) for key, _ in names]
    times = sql("SELECT count(*) FROM lap_times WHERE time_ms BETWEEN 90000 AND 94000 AND lap = 1")
    assert times[0][0] >= 3


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ"])
def test_a_reader_never_sees_a_partial_race(
    *,
    recorder: Recorder,
    engine: sa.Engine,
    store: RawStore,
    settings: WorkerSettings,
    dataset: Dataset,
    isolation: str,
) -> None:
    short = dataset.copy()
    short.weekends[0].laps = [lap for lap in short.weekends[0].laps if lap.lap <= 7]
    recorder.put(recorder.make("schedule"), recorder.make("laps", 1))
    Worker(engine, store, settings).drain()
    for _ in range(10):
        recorder.put(recorder.make("laps", 1, dataset=short), recorder.make("laps", 1))
    # One statement: rows, their count in slices, and aggregates are consistent.
    question = sa.text(
        """
        SELECT count(*), sum(time_ms),
               (SELECT rows FROM slices WHERE resource = 'laps'),
               (SELECT sum(total_ms) FROM aggregations), (SELECT sum(laps) FROM aggregations)
          FROM lap_times
        """
    )
    seen: set[tuple[Any, ...]] = set()
    working = threading.Thread(target=Worker(engine, store, settings).drain)
    working.start()
    with engine.connect().execution_options(isolation_level=isolation) as connection:
        while working.is_alive():
            seen.add(tuple(connection.execute(question).one()))
            connection.rollback()
    working.join()
    for laps, total, rows, aggregated, counted in seen:
        assert laps == rows == counted
        assert total == aggregated
    sizes = {len(dataset.weekends[0].laps), len(short.weekends[0].laps)}
    assert {laps for laps, *_ in seen} == sizes


def test_seasons_do_not_wait_for_each_other(
    engine: sa.Engine, store: RawStore, settings: WorkerSettings
) -> None:
    one, other = (Recorder(engine, store, small_season(year, 1)) for year in (2023, 2024))
    other.order = 50
    one.put(*one.season())
    other.put(*other.season())
    with engine.connect() as connection:
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({0x0F1}, 2023)"))
        busy = WorkerSettings(**{**settings.model_dump(), "lock_timeout_s": 0.2, "batch": 1})
        worker = Worker(engine, store, busy)
        thread = threading.Thread(target=worker.run, daemon=True)
        thread.start()
        done = sa.text("SELECT count(*) FROM captures WHERE season = 2024 AND state = 'processed'")
        with engine.connect() as reader:
            for _ in range(600):
                if reader.execute(done).scalar_one() == 7:
                    break
                reader.rollback()
                threading.Event().wait(0.05)
            assert reader.execute(done).scalar_one() == 7
    worker.stop.set()
    worker.wake.set()
    thread.join()
    Worker(engine, store, settings).drain()
    assert count(engine, "races") == 2
