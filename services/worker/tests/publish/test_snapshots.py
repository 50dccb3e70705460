"""Parquet files of seasons in S3 equal the tables, despite failures during writing."""

import io
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from forked.process import ForkedProcess
from prometheus_client import REGISTRY
from pyarrow import parquet
from recorded_seasons import RESOURCES, Drain, Recorder, small_season
from sqlalchemy import text

from f1_core.ledger import decisions, index
from f1_core.store.rawstore import RawStore
from f1_datasets.tables import DATASETS
from f1_devkit.programs.tables import count
from f1_devkit.servers.s3 import S3
from f1_devkit.servers.s3_faults import S3FaultProxy, S3Faults
from f1_ingest.synthetic import Dataset
from f1_worker.loop import Worker
from f1_worker.publish import snapshot
from f1_worker.publish.snapshotter import Snapshotter
from f1_worker.settings import WorkerSettings

Sql = Callable[..., list[tuple[Any, ...]]]
HELD = {
    name
    for name, dataset in DATASETS.items()
    if {"schedule", "sprint", *RESOURCES} & set(dataset.resources)
}
"""The datasets of a season that the recorder makes: those of Jolpica."""
KEYS = [f"processed/2024/{name}.parquet" for name in sorted(HELD)]


@pytest.fixture
def dataset() -> Dataset:
    """Five races, the fifth with a sprint: all resources of a season."""
    return small_season(2024, 5)


@pytest.fixture
def season(recorder: Recorder, drain: Drain) -> Recorder:
    """The season, processed."""
    recorder.put(*recorder.season())
    drain()
    return recorder


def files(store: RawStore, year: int = 2024) -> dict[str, bytes]:
    """The files of a season in S3, by table."""
    keys = store.keys(f"processed/{year}/")
    return {Path(key).stem: store.get(key) for key in keys}


def read(content: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(io.BytesIO(content)).to_pylist()
    return rows


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.02)


@pytest.fixture
def snapshotter(engine: sa.Engine) -> Iterator[Callable[..., Snapshotter]]:
    """Start threads that update the files; they end with the test."""
    stop = threading.Event()
    started: list[Snapshotter] = []

    def start(store: RawStore, quiet_s: float = 0.2) -> Snapshotter:
        started.append(Snapshotter(engine, store, quiet_s, stop))
        started[-1].start()
        return started[-1]

    yield start
    stop.set()
    for thread in started:
        thread.join(30)
        assert not thread.is_alive()


def test_the_files_have_the_rows_of_the_tables(
    season: Recorder, engine: sa.Engine, store: RawStore
) -> None:
    assert snapshot.write(engine, store, 2024) == Counter(written=len(HELD))
    assert list(store.keys("processed/")) == KEYS
    for name, content in files(store).items():
        if name not in ("drivers", "constructors", "circuits"):  # there may be others
            rows = len(read(content))
            # Drivers with a result and no lap have figures of 0.
            expected = count(engine, name)
            assert rows >= expected if name == "aggregations" else rows == expected, name
    laps = read(files(store)["lap_times"])
    first = season.dataset.weekends[0].laps[0]
    found = {(row["round"], row["driver_id"], row["lap"]): row["time_ms"] for row in laps}
    assert found[1, first.driver_id, first.lap] == first.millis


def test_unchanged_files_are_not_written_again(
    season: Recorder, engine: sa.Engine, s3: S3, store: RawStore, s3_proxy: S3FaultProxy
) -> None:
    """Not even by a database without a record of the files, as after a rebuild."""
    snapshot.write(engine, store, 2024)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM snapshots"))
    s3_proxy.faults = S3Faults(error=1.0, methods=frozenset({"PUT"}))
    counted = _unchanged()
    with RawStore(s3.settings(store.bucket, s3_proxy.endpoint)) as refusing:
        assert snapshot.write(engine, refusing, 2024) == Counter(unchanged=len(HELD))
    assert _unchanged() - counted == len(HELD)


def _unchanged() -> float:
    labels = {"action": "unchanged"}
    return REGISTRY.get_sample_value("f1_snapshot_files_total", labels) or 0.0


def test_a_correction_writes_the_tables_that_it_changed(
    season: Recorder, engine: sa.Engine, store: RawStore, drain: Drain
) -> None:
    snapshot.write(engine, store, 2024)
    before = files(store)
    corrected = small_season(2024, 5)
    corrected.weekends[0].laps[0].time = "1:39.999"
    season.put(season.make("laps", 1, dataset=corrected))
    drain()
    assert [found.season for found in snapshot.behind(engine, 3600)] == [2024]
    snapshot.write(engine, store, 2024)
    after = files(store)
    changed = {name for name in before if before[name] != after[name]}
    assert {"lap_times", "aggregations"} <= changed
    assert not changed & {"pit_stops", "results", "races", "driver_standings"}
    assert 99_999 in [row["time_ms"] for row in read(after["lap_times"])]
    assert snapshot.behind(engine, 3600) == []


def test_a_driver_renamed_by_another_season_is_renamed_in_the_files(
    season: Recorder, engine: sa.Engine, store: RawStore, sql: Sql
) -> None:
    snapshot.write(engine, store, 2024)
    driver = sql("SELECT driver_id FROM results LIMIT 1")[0][0]
    with engine.begin() as connection:
        rename = text("UPDATE drivers SET family_name = 'Néon' WHERE driver_id = :driver")
        connection.execute(rename, {"driver": driver})
        connection.execute(text("INSERT INTO drivers (driver_id) VALUES ('of_another_season')"))
    assert [found.season for found in snapshot.behind(engine, 3600)] == [2024]
    assert snapshot.write(engine, store, 2024) == Counter(written=1, unchanged=len(HELD) - 1)
    assert "Néon" in [row["family_name"] for row in read(files(store)["drivers"])]


def test_the_file_of_a_table_that_became_empty_is_removed(
    season: Recorder, engine: sa.Engine, store: RawStore
) -> None:
    snapshot.write(engine, store, 2024)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM slices WHERE resource = 'qualifying'"))
        connection.execute(text("DELETE FROM qualifying"))
    done = snapshot.write(engine, store, 2024)
    assert done is not None
    assert done["removed"] == 1
    assert files(store).keys() == HELD - {"qualifying"}


def test_a_season_is_written_when_it_is_quiet_or_late(
    season: Recorder, engine: sa.Engine, store: RawStore
) -> None:
    def due(quiet_s: float) -> list[bool]:
        return [found.due for found in snapshot.behind(engine, quiet_s)]

    assert due(3600) == [False]
    older = Recorder(engine, store, small_season(2023, 1))
    older.order = 100
    older.put(older.make("laps", 1))  # of another season
    done = text(
        "UPDATE captures SET state = 'processed', finished_at = now() - interval '2 hours'"
        " WHERE coalesce(season, 2024) = 2024"
    )
    for capture in (season.make("laps", 1), season.archive()):  # may have rows of it
        with engine.begin() as connection:
            connection.execute(done)
        assert due(3600) == [True]
        season.put(capture)
        assert due(3600) == [False]  # a capture is open
    assert due(600) == [True]  # but for more than ten times the quiet time
    just_now = "UPDATE captures SET finished_at = now() WHERE resource = 'archive'"
    with engine.begin() as connection:
        connection.execute(done)
        connection.execute(text(just_now))
    assert due(3600) == [False]


def test_a_purged_season_has_no_files(
    season: Recorder, engine: sa.Engine, store: RawStore, sql: Sql
) -> None:
    raw = list(store.keys("raw/"))
    snapshot.write(engine, store, 2024)
    store.put("processed/2024/notes.txt", b"of a person")
    decisions.decide(engine, store, decisions.PURGE, by="me", season=2024)
    assert [found.season for found in snapshot.behind(engine, 3600)] == [2024]
    assert snapshot.write(engine, store, 2024) == Counter(removed=len(HELD))
    assert list(store.keys("processed/")) == ["processed/2024/notes.txt"]
    assert list(store.keys("raw/")) == raw
    assert snapshot.behind(engine, 3600) == []


def test_a_rebuilt_database_removes_files_of_a_season_purged_before(
    season: Recorder, engine: sa.Engine, store: RawStore
) -> None:
    snapshot.write(engine, store, 2024)
    decisions.decide(engine, store, decisions.PURGE, by="me", season=2024)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM snapshots"))
    assert [found.season for found in snapshot.behind(engine, 3600)] == [2024]
    snapshot.write(engine, store, 2024)
    assert files(store) == {}


def test_the_sweep_ignores_the_files(season: Recorder, engine: sa.Engine, store: RawStore) -> None:
    snapshot.write(engine, store, 2024)
    assert index.sweep(engine, store) == 0


def test_one_process_at_a_time_writes_a_season(
    *,
    season: Recorder,
    engine: sa.Engine,
    s3: S3,
    store: RawStore,
    s3_proxy: S3FaultProxy,
    sql: Sql,
) -> None:
    s3_proxy.faults = S3Faults(slow=1.0, delay_s=0.2)
    with RawStore(s3.settings(store.bucket, s3_proxy.endpoint)) as slow:
        thread = threading.Thread(target=snapshot.write, args=(engine, slow, 2024))
        thread.start()
        wait_for(lambda: s3_proxy.faults.counts["slow"])
        assert snapshot.write(engine, store, 2024) is None
        # Postgres ends a session that is idle in a transaction, which releases its lock.
        assert sql(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND state = 'idle in transaction'"
        ) == [(0,)]
        # As another process, with its own session, which waits for a while.
        options = {"options": "-c statement_timeout=60s"}
        another = sa.create_engine(engine.url, connect_args=options)
        unchanged = snapshot.write(another, store, 2024, wait=True)
        thread.join()
    assert unchanged == Counter(unchanged=len(HELD))
    assert snapshot.write(engine, store, 2024) == unchanged
    another.dispose()


def test_changes_without_announcement_are_found_after_some_checks(
    season: Recorder, engine: sa.Engine, store: RawStore, drain: Drain
) -> None:
    """Checks are short while nothing was processed; one of several compares everything."""
    stop = threading.Event()
    thread = Snapshotter(engine, store, 0.04, stop)
    wait_for(lambda: thread.check() == 0)
    assert REGISTRY.get_sample_value("f1_snapshots_behind") == 0
    corrected = small_season(2024, 5)
    corrected.weekends[0].laps[0].time = "1:39.999"
    season.put(season.make("laps", 1, dataset=corrected))
    drain()
    wait_for(lambda: thread.check() == 0)
    assert snapshot.behind(engine, 3600) == []
    with engine.begin() as connection:
        connection.execute(text("UPDATE drivers SET family_name = 'Néon'"))
    assert thread.check() == 0  # without a comparison
    assert "Néon" not in {row["family_name"] for row in read(files(store)["drivers"])}
    thread.start()
    wait_for(lambda: snapshot.behind(engine, 3600) == [])
    stop.set()
    thread.join(30)
    assert {row["family_name"] for row in read(files(store)["drivers"])} == {"Néon"}


SINCE = "f1_snapshots_behind_since_timestamp_seconds"


def test_failures_of_s3_delay_no_capture_and_are_retried(
    *,
    season: Recorder,
    engine: sa.Engine,
    s3: S3,
    store: RawStore,
    s3_proxy: S3FaultProxy,
    snapshotter: Any,
    drain: Drain,
) -> None:
    s3_proxy.faults = S3Faults(error=1.0, methods=frozenset({"PUT"}))
    once = s3.settings(store.bucket, s3_proxy.endpoint).model_copy(update={"attempts": 1})
    with RawStore(once) as failing:
        snapshotter(failing)
        wait_for(lambda: s3_proxy.faults.counts["error"] >= 3)
        assert REGISTRY.get_sample_value("f1_snapshots_behind") == 1
        since = REGISTRY.get_sample_value(SINCE) or 0
        assert time.time() - 60 < since <= time.time()
        season.put(season.make("laps", 1))
        assert drain()["unchanged"] == 1
        assert files(store) == {}
        s3_proxy.faults = S3Faults()
        wait_for(lambda: snapshot.behind(engine, 3600) == [])
        wait_for(lambda: REGISTRY.get_sample_value(SINCE) == 0)
    assert files(store).keys() == HELD


def test_a_backfill_does_not_write_the_files_for_each_capture(
    *,
    recorder: Recorder,
    engine: sa.Engine,
    s3: S3,
    store: RawStore,
    s3_proxy: S3FaultProxy,
    settings: WorkerSettings,
    snapshotter: Any,
) -> None:
    """Captures arrive one by one; files are written after the last one, or at long intervals."""
    worker = Worker(engine, store, settings)
    thread = threading.Thread(target=worker.run)
    thread.start()
    with RawStore(s3.settings(store.bucket, s3_proxy.endpoint)) as counted:
        snapshotter(counted, quiet_s=2.0)
        captures = recorder.season()
        for capture in captures:
            recorder.put(capture)
            time.sleep(0.1)
        assert len(captures) > 30
        wait_for(lambda: snapshot.behind(engine, 3600) == [] and files(store))
        time.sleep(1)  # in which a check finds nothing to write
    worker.stop.set()
    worker.wake.set()
    thread.join()
    with engine.connect() as connection:
        noted = connection.execute(text("SELECT files FROM snapshots")).scalar_one()
    assert noted["lap_times"]["rows"] == len(read(files(store)["lap_times"]))
    assert s3_proxy.faults.counts["passed"] < 4 * len(HELD)  # a check and a write for each


def test_after_a_kill_while_writing_another_process_completes_the_files(
    *,
    season: Recorder,
    engine: sa.Engine,
    s3: S3,
    store: RawStore,
    s3_proxy: S3FaultProxy,
    f1_environment: dict[str, str],
) -> None:
    s3_proxy.faults = S3Faults(slow=1.0, delay_s=0.1, methods=frozenset({"PUT"}))
    process = ForkedProcess(
        ["f1-worker", "snapshot", "--season", "2024"],
        env=f1_environment | s3.environment(store.bucket, s3_proxy.endpoint),
    )
    wait_for(lambda: s3_proxy.faults.counts["slow"] > 4)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = files(store)
    assert 3 < len(left) < len(HELD)
    for content in left.values():
        assert parquet.read_table(io.BytesIO(content)).num_rows  # each is complete
    assert count(engine, "snapshots") == 0
    done = snapshot.write(engine, store, 2024, wait=True)  # the lock is free
    # The last file may have been stored after `left` was listed.
    assert done in [
        Counter(unchanged=whole, written=len(HELD) - whole) for whole in (len(left), len(left) + 1)
    ]
