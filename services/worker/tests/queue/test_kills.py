"""Workers are killed, stopped and continued at any time: the rows are the same, each once."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from forked.process import ForkedProcess
from recorded_seasons import Drain, Recorder, small_season

from f1_core.capture import Capture
from f1_core.ledger import index
from f1_core.store.rawstore import RawStore, StoreSettings
from f1_devkit.programs.tables import count, read_tables
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3
from f1_ingest.synthetic import Dataset
from f1_worker.loop import Worker
from f1_worker.parse import parse
from f1_worker.parse.slices import Parsed
from f1_worker.settings import WorkerSettings

Sql = Callable[..., list[tuple[Any, ...]]]
QUICK = WorkerSettings(
    lease_s=0.7,
    backoff_s=0.05,
    poll_s=0.1,
    suspect_every_s=0.5,
    attempts=5,
    batch=4,
    lock_timeout_s=2.0,
)


@pytest.fixture
def dataset() -> Dataset:
    return small_season(2024, 14, laps=4)


@pytest.fixture
def complete(
    recorder: Recorder, store: RawStore, postgres: Postgres, template_database: str
) -> Iterator[dict[str, list[tuple[object, ...]]]]:
    """All rows of an undisturbed worker, on a separate database."""
    recorder.put(recorder.archive(), *recorder.season(source="jolpica"))
    url = postgres.create_database("f1_undisturbed", template_database)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    index.sweep(engine, store)
    Worker(engine, store, WorkerSettings()).drain()
    yield read_tables(engine)
    postgres.drop_database("f1_undisturbed")


PATIENCE_S = 120.0
"""Time limit for work of a second on an idle machine."""


def work(url: str, store: StoreSettings, deadly: str, turns: Any) -> None:
    """The process of a worker, which one capture kills, as for lack of memory.

    Args:
        turns: a shared count of iterations, each of which processes at most one capture.
    """

    def parse_or_die(capture: Capture) -> Parsed:
        if capture.key == deadly:
            os._exit(137)
        return parse(capture)

    class Counting(Worker):
        def _turn(self) -> bool:
            turns.value += 1
            return super()._turn()

    Counting(sa.create_engine(url), RawStore(store), QUICK, parse=parse_or_die).run()


StartWorker = Callable[..., multiprocessing.Process]


@pytest.fixture
def start_worker(database_url: str, s3: S3, store: RawStore) -> Iterator[StartWorker]:
    started: list[Any] = []
    # Forked, so that it starts quickly and most kills hit a working worker.
    context = multiprocessing.get_context("fork")

    def start(deadly: str = "", turns: Any = None) -> Any:
        settings = s3.settings(store.bucket)
        counted = context.RawValue("i", 0) if turns is None else turns
        process = context.Process(target=work, args=(database_url, settings, deadly, counted))
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.join()


def wait_until_at_work(sql: Sql, done: int) -> None:
    query = "SELECT count(*) FROM captures WHERE state NOT IN ('pending', 'processing')"
    deadline = time.monotonic() + PATIENCE_S
    while sql(query)[0][0] <= done:
        assert time.monotonic() < deadline, "the worker processes nothing"
        time.sleep(0.005)


def finished(sql: Sql) -> int:
    query = "SELECT count(*) FROM captures WHERE state NOT IN ('pending', 'processing')"
    return int(sql(query)[0][0])


def test_kills_at_20_random_times_lose_no_rows(
    complete: dict[str, list[tuple[object, ...]]],
    start_worker: StartWorker,
    sql: Sql,
    engine: sa.Engine,
    store: RawStore,
) -> None:
    chance = random.Random(7)
    total, kills = sql("SELECT count(*) FROM captures")[0][0], 0
    while kills < 20 and finished(sql) < total - 4:
        process = start_worker()
        wait_until_at_work(sql, finished(sql))
        time.sleep(chance.uniform(0, 0.05))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        kills += 1
    assert kills == 20
    assert 0 < finished(sql) < total
    Worker(engine, store, QUICK).drain()
    assert read_tables(engine) == complete


def test_a_stopped_worker_does_not_block_others_and_changes_nothing_when_it_continues(
    complete: dict[str, list[tuple[object, ...]]],
    start_worker: StartWorker,
    sql: Sql,
    engine: sa.Engine,
    store: RawStore,
) -> None:
    chance = random.Random(3)
    sleepers = []
    for _ in range(3):
        turns = multiprocessing.RawValue("i", 0)
        process = start_worker(turns=turns)
        wait_until_at_work(sql, finished(sql))
        time.sleep(chance.uniform(0, 0.05))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGSTOP)
        sleepers.append((process.pid, turns, turns.value))
    Worker(engine, store, QUICK).drain()
    assert read_tables(engine) == complete
    for pid, _, _ in sleepers:
        os.kill(pid, signal.SIGCONT)
    deadline = time.monotonic() + PATIENCE_S
    while any(turns.value <= before + 2 * QUICK.batch for _, turns, before in sleepers):
        assert time.monotonic() < deadline, "a continued worker processes nothing"
        time.sleep(0.02)
    assert read_tables(engine) == complete


def test_only_the_capture_that_kills_its_workers_is_quarantined(
    recorder: Recorder, start_worker: StartWorker, sql: Sql
) -> None:
    made = recorder.season()[:12]
    recorder.put(*made)
    deadly = made[3].key
    deaths = 0
    while finished(sql) < 12:
        process = start_worker(deadly)
        while process.is_alive() and finished(sql) < 12:
            time.sleep(0.02)
        deaths += process.exitcode == 137
        process.kill()
        process.join()
    [(state, reason)] = sql(
        "SELECT state, reason FROM captures WHERE capture_key = :key", key=deadly
    )
    assert state == "quarantined"
    assert reason == "the worker died while it had this capture; given up after 5 attempts"
    assert deaths == 5
    assert sql("SELECT count(*) FROM captures WHERE state = 'processed'") == [(11,)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where `program` writes."""
    return tmp_path / "log"


@pytest.fixture
def program(f1_environment: dict[str, str], log: Path) -> Iterator[Callable[..., ForkedProcess]]:
    """Starts the command f1-worker."""
    started: list[ForkedProcess] = []

    def start(*arguments: str, **settings: str) -> ForkedProcess:
        environment = {**os.environ, **f1_environment, **settings}
        with log.open("ab") as output:
            process = ForkedProcess(
                ["f1-worker", *arguments], env=environment, stdout=output, stderr=output
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_worker_started_before_postgres_begins_when_postgres_is_available(
    program: Callable[..., ForkedProcess], private_postgres: Postgres, log: Path
) -> None:
    """After a restart of a cluster's node, pods start in any order."""
    private_postgres.kill()
    process = program("run", "--drain", F1_DATABASE_URL=private_postgres.url("f1"))
    deadline = time.monotonic() + PATIENCE_S
    while "retrying the transaction" not in log.read_text():
        assert time.monotonic() < deadline, "the worker does not try again"
        time.sleep(0.02)
    private_postgres.start()
    assert process.wait(PATIENCE_S) == 0


def test_after_sigterm_it_finishes_its_capture_and_releases_the_others(
    *, recorder: Recorder, program: Callable[..., ForkedProcess], sql: Sql, drain: Drain,
    engine: sa.Engine, log: Path,
) -> None:  # fmt: skip
    recorder.put(*recorder.season())
    process = program("run")
    wait_until_at_work(sql, 0)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0, log.read_text()
    assert '"event": "stopped"' in log.read_text()
    assert sql("SELECT count(*) FROM captures WHERE lease_owner IS NOT NULL") == [(0,)]
    assert sql("SELECT max(attempts) FROM captures") == [(0,)]
    assert 0 < finished(sql) < sql("SELECT count(*) FROM captures")[0][0]
    drain()
    assert count(engine, "lap_times") == recorder.dataset.count("laps")


def test_after_the_grace_period_it_cancels_the_current_capture(
    recorder: Recorder, program: Callable[..., ForkedProcess], sql: Sql,
    engine: sa.Engine, log: Path,
) -> None:  # fmt: skip
    recorder.put(recorder.make("schedule"), recorder.make("laps", 1))
    with engine.connect() as connection:
        # The test holds the season's lock, so the worker waits in its transaction.
        connection.execute(sa.text(f"SELECT pg_advisory_lock({0x0F1}, 2024)"))
        process = program("run", F1_WORKER_GRACE_S="0.5", F1_WORKER_LOCK_TIMEOUT_S="60")
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        deadline = time.monotonic() + PATIENCE_S
        while not sql(waiting)[0][0]:
            assert time.monotonic() < deadline, "the worker does not wait"
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0, log.read_text()
    assert sql("SELECT DISTINCT state, attempts, lease_owner FROM captures") == [
        ("pending", 0, None)
    ]


def test_new_captures_are_processed_at_once(
    recorder: Recorder, program: Callable[..., ForkedProcess], sql: Sql
) -> None:
    program("run", F1_WORKER_POLL_S="60")
    deadline = time.monotonic() + PATIENCE_S
    listening = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND state = 'idle'"
    )
    while not sql(listening)[0][0]:
        assert time.monotonic() < deadline, "the worker does not listen"
        time.sleep(0.02)
    recorder.put(recorder.make("schedule"))
    start = time.monotonic()
    wait_until_at_work(sql, 0)
    assert time.monotonic() - start < 30, "without an announcement it would poll after 60 s"


def test_a_lost_announcement_is_found_by_the_sweep(
    recorder: Recorder, program: Callable[..., ForkedProcess], sql: Sql, log: Path
) -> None:
    recorder.put(*recorder.season()[:3], announce=False)
    process = program("run", "--drain")
    assert process.wait(PATIENCE_S) == 0, log.read_text()
    assert finished(sql) == 3
