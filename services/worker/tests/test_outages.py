"""While Postgres or S3 is unavailable, slow or faulty, processing continues without attempts."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from recorded_seasons import Recorder, small_season

from f1_core.postgres import database
from f1_core.settings import DatabaseSettings
from f1_core.store.rawstore import RawStore, StoreSettings
from f1_devkit.programs.tables import count
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3
from f1_devkit.servers.s3_faults import S3FaultProxy, S3Faults
from f1_ingest.synthetic import Dataset
from f1_worker.loop import Worker
from f1_worker.queue.statements import Statements
from f1_worker.queue.transactions import Transactions
from f1_worker.settings import WorkerSettings


@pytest.fixture
def dataset() -> Dataset:
    return small_season(2024, 8)


@contextmanager
def running(*workers: Worker) -> Iterator[None]:
    threads = [threading.Thread(target=worker.run, daemon=True) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.stop.set()
            worker.wake.set()
        for thread in threads:
            thread.join(30)
    assert not any(thread.is_alive() for thread in threads)


def wait_for(engine: sa.Engine, question: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with engine.connect() as connection:
                if connection.execute(sa.text(question)).scalar():
                    return
        except sa.exc.DBAPIError:
            pass
        assert time.monotonic() < deadline, question
        time.sleep(0.01)


ALL_DONE = "SELECT NOT EXISTS (SELECT FROM captures WHERE state <> 'processed')"
SOME_DONE = "SELECT count(*) >= {} FROM captures WHERE state = 'processed'"


def test_a_restart_of_postgres_under_load_costs_no_attempt(
    private_postgres: Postgres, store: RawStore, dataset: Dataset, settings: WorkerSettings
) -> None:
    engine = database.connect(DatabaseSettings(url=SecretStr(private_postgres.url("f1"))), "test")
    recorder = Recorder(engine, store, dataset)
    recorder.put(*recorder.season())
    with running(*(Worker(engine, store, settings) for _ in range(2))):
        for round_, crash in ((1, True), (2, False), (3, True)):
            wait_for(engine, SOME_DONE.format(round_ * 6))
            private_postgres.restart(crash=crash)
        wait_for(engine, ALL_DONE)
    assert count(engine, "lap_times") == dataset.count("laps")
    assert count(engine, "pit_stops") == dataset.count("pit_stops")
    assert count(engine, "slices") == 8 * 6 + sum(bool(w.sprint) for w in dataset.weekends) + 1
    engine.dispose()


def test_a_worker_that_stops_does_not_wait_for_postgres(settings: WorkerSettings) -> None:
    unavailable = sa.create_engine("postgresql+psycopg2://f1@127.0.0.1:1/f1")
    stop = threading.Event()
    stop.set()
    began = time.monotonic()
    with pytest.raises(sa.exc.OperationalError):
        Transactions(unavailable, settings, stop).run(Statements.send)
    assert time.monotonic() - began < 20


def test_a_faulty_and_slow_s3_costs_no_attempt(
    *,
    recorder: Recorder,
    engine: sa.Engine,
    s3: S3,
    s3_proxy: S3FaultProxy,
    store: RawStore,
    settings: WorkerSettings,
    dataset: Dataset,
) -> None:
    recorder.put(*recorder.season())
    s3_proxy.faults = S3Faults(error=0.2, lost=0.1, slow=0.1, delay_s=0.1)
    through_proxy = s3.settings(store.bucket, s3_proxy.endpoint)
    hasty = StoreSettings(**{**through_proxy.model_dump(), "attempts": 2})
    Worker(engine, RawStore(hasty), settings).drain()
    wait_for(engine, ALL_DONE)
    assert count(engine, "lap_times") == dataset.count("laps")
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT max(attempts) FROM captures")).scalar() == 0
    assert s3_proxy.faults.counts["error"] > 5


def test_an_outage_of_s3_costs_no_attempt(
    *,
    recorder: Recorder,
    engine: sa.Engine,
    s3: S3,
    s3_proxy: S3FaultProxy,
    store: RawStore,
    settings: WorkerSettings,
) -> None:
    made = recorder.season()[:4]
    recorder.put(*made)
    s3_proxy.faults = S3Faults(down=True)
    through_proxy = s3.settings(store.bucket, s3_proxy.endpoint)
    hasty = StoreSettings(**{**through_proxy.model_dump(), "attempts": 1})
    with running(Worker(engine, RawStore(hasty), settings)):
        deadline = time.monotonic() + 60
        while s3_proxy.faults.counts["down"] < 3:
            assert time.monotonic() < deadline, "the worker does not retry"
            time.sleep(0.02)
        s3_proxy.faults = S3Faults()
        wait_for(engine, ALL_DONE)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT max(attempts) FROM captures")).scalar() == 0
