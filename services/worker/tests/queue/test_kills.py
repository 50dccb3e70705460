"""Workers killed, stopped and woken at any moment: in the end the same rows, each once."""

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

Ask = Callable[..., list[tuple[Any, ...]]]
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
    """All rows, made by a worker that nothing happened to, on a database of its own."""
    recorder.put(recorder.archive(), *recorder.season(source="jolpica"))
    url = postgres.create_database("f1_undisturbed", template_database)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    index.sweep(engine, store)
    Worker(engine, store, WorkerSettings()).drain()
    yield read_tables(engine)
    postgres.drop_database("f1_undisturbed")


PATIENCE_S = 120.0
"""For what takes a second on a machine that has nothing else to do."""


def work(url: str, store: StoreSettings, deadly: str, turns: Any) -> None:
    """A worker's process, which dies of one capture as of too little memory.

    Args:
        turns: a number that is shared with it: of its turns, in each of which it processes one
            capture at most.
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
    # Forked: there in no time, so that most kills meet a worker at work.
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


def wait_until_at_work(ask: Ask, done: int) -> None:
    query = "SELECT count(*) FROM captures WHERE state NOT IN ('pending', 'processing')"
    deadline = time.monotonic() + PATIENCE_S
    while ask(query)[0][0] <= done:
        assert time.monotonic() < deadline, "the worker does not work"
        time.sleep(0.005)


def finished(ask: Ask) -> int:
    query = "SELECT count(*) FROM captures WHERE state NOT IN ('pending', 'processing')"
    return int(ask(query)[0][0])


def test_killed_at_20_random_moments_the_same_rows_are_there_in_the_end(
    complete: dict[str, list[tuple[object, ...]]],
    start_worker: StartWorker,
    ask: Ask,
    engine: sa.Engine,
    store: RawStore,
) -> None:
    chance = random.Random(7)
    total, kills = ask("SELECT count(*) FROM captures")[0][0], 0
    while kills < 20 and finished(ask) < total - 4:
        process = start_worker()
        wait_until_at_work(ask, finished(ask))
        time.sleep(chance.uniform(0, 0.05))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        kills += 1
    assert kills == 20
    assert 0 < finished(ask) < total
    Worker(engine, store, QUICK).drain()
    assert read_tables(engine) == complete


def test_a_worker_stopped_in_its_work_is_passed_by_and_changes_nothing_when_it_wakes(
    complete: dict[str, list[tuple[object, ...]]],
    start_worker: StartWorker,
    ask: Ask,
    engine: sa.Engine,
    store: RawStore,
) -> None:
    chance = random.Random(3)
    sleepers = []
    for _ in range(3):
        turns = multiprocessing.RawValue("i", 0)
        process = start_worker(turns=turns)
        wait_until_at_work(ask, finished(ask))
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
        assert time.monotonic() < deadline, "a worker that woke does not work"
        time.sleep(0.02)
    assert read_tables(engine) == complete


def test_what_kills_its_worker_is_quarantined_and_what_was_claimed_with_it_is_not(
    recorder: Recorder, start_worker: StartWorker, ask: Ask
) -> None:
    made = recorder.season()[:12]
    recorder.put(*made)
    deadly = made[3].key
    deaths = 0
    while finished(ask) < 12:
        process = start_worker(deadly)
        while process.is_alive() and finished(ask) < 12:
            time.sleep(0.02)
        deaths += process.exitcode == 137
        process.kill()
        process.join()
    [(state, reason)] = ask(
        "SELECT state, reason FROM captures WHERE capture_key = :key", key=deadly
    )
    assert state == "quarantined"
    assert reason == "the worker died while it had this capture; given up after 5 attempts"
    assert deaths == 5
    assert ask("SELECT count(*) FROM captures WHERE state = 'processed'") == [(11,)]


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


def test_started_before_postgres_it_begins_when_that_is_there(
    program: Callable[..., ForkedProcess], private_postgres: Postgres, log: Path
) -> None:
    """After a cluster's node came back, pods start in any order."""
    private_postgres.kill()
    process = program("run", "--drain", F1_DATABASE_URL=private_postgres.url("f1"))
    deadline = time.monotonic() + PATIENCE_S
    while "retrying the transaction" not in log.read_text():
        assert time.monotonic() < deadline, "the worker does not try again"
        time.sleep(0.02)
    private_postgres.start()
    assert process.wait(PATIENCE_S) == 0


def test_told_to_stop_it_finishes_its_capture_and_gives_the_others_back(
    *, recorder: Recorder, program: Callable[..., ForkedProcess], ask: Ask, drain: Drain,
    engine: sa.Engine, log: Path,
) -> None:  # fmt: skip
    recorder.put(*recorder.season())
    process = program("run")
    wait_until_at_work(ask, 0)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0, log.read_text()
    assert '"event": "stopped"' in log.read_text()
    assert ask("SELECT count(*) FROM captures WHERE lease_owner IS NOT NULL") == [(0,)]
    assert ask("SELECT max(attempts) FROM captures") == [(0,)]
    assert 0 < finished(ask) < ask("SELECT count(*) FROM captures")[0][0]
    drain()
    assert count(engine, "lap_times") == recorder.dataset.count("laps")


def test_after_its_grace_it_gives_up_the_capture_at_hand(
    recorder: Recorder, program: Callable[..., ForkedProcess], ask: Ask,
    engine: sa.Engine, log: Path,
) -> None:  # fmt: skip
    recorder.put(recorder.make("schedule"), recorder.make("laps", 1))
    with engine.connect() as connection:
        # Somebody holds the season's lock: the worker waits in the middle of its transaction.
        connection.execute(sa.text(f"SELECT pg_advisory_lock({0x0F1}, 2024)"))
        process = program("run", F1_WORKER_GRACE_S="0.5", F1_WORKER_LOCK_TIMEOUT_S="60")
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        deadline = time.monotonic() + PATIENCE_S
        while not ask(waiting)[0][0]:
            assert time.monotonic() < deadline, "the worker does not wait"
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0, log.read_text()
    assert ask("SELECT DISTINCT state, attempts, lease_owner FROM captures") == [
        ("pending", 0, None)
    ]


def test_new_captures_are_heard_of_at_once(
    recorder: Recorder, program: Callable[..., ForkedProcess], ask: Ask
) -> None:
    program("run", F1_WORKER_POLL_S="60")
    deadline = time.monotonic() + PATIENCE_S
    listening = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND state = 'idle'"
    )
    while not ask(listening)[0][0]:
        assert time.monotonic() < deadline, "the worker does not listen"
        time.sleep(0.02)
    recorder.put(recorder.make("schedule"))
    start = time.monotonic()
    wait_until_at_work(ask, 0)
    assert time.monotonic() - start < 30, "without an announcement it would look after 60 s"


def test_a_lost_announcement_is_found_by_the_sweep(
    recorder: Recorder, program: Callable[..., ForkedProcess], ask: Ask, log: Path
) -> None:
    recorder.put(*recorder.season()[:3], announce=False)
    process = program("run", "--drain")
    assert process.wait(PATIENCE_S) == 0, log.read_text()
    assert finished(ask) == 3
