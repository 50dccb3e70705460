"""Claims: no two workers have the same capture, and a dead worker's captures are claimed again."""

import contextlib
import io
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa
from awaited_locks import wait_until_awaited
from recorded_seasons import Drain, Recorder, overwrite, small_season

from f1_core.capture import Capture
from f1_core.ledger import refusals, states
from f1_core.sources import DEFAULT_ORDER
from f1_core.store.rawstore import RawStore
from f1_devkit.programs.tables import read_tables
from f1_devkit.servers.postgres import Postgres
from f1_worker.apply.load import load
from f1_worker.apply.process import Work, process
from f1_worker.loop import Worker
from f1_worker.parse import PARSER_VERSION, parse
from f1_worker.queue.claim import Claims, LeaseLost
from f1_worker.queue.statements import Statements
from f1_worker.queue.transactions import Transactions, limited
from f1_worker.settings import WorkerSettings

Sql = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def new_claims(engine: sa.Engine, settings: WorkerSettings) -> Callable[[], Claims]:
    """Makes claims of different workers."""
    return lambda: Claims(engine, settings, parser_version=PARSER_VERSION)


@pytest.fixture
def expire(engine: sa.Engine) -> Callable[[], None]:
    """Makes all leases expire."""

    def run() -> None:
        with engine.begin() as connection:
            connection.execute(
                sa.text("UPDATE captures SET lease_expires_at = now() - interval '1 s'")
            )

    return run


def test_schedules_are_claimed_first_then_archives_then_the_oldest(
    recorder: Recorder, new_claims: Callable[[], Claims]
) -> None:
    laps, archive, results, schedule = (
        recorder.make("laps", 1),
        recorder.archive(),
        recorder.make("results", 1),
        recorder.make("schedule"),
    )
    recorder.put(laps, archive, results, schedule)
    assert [claim.key for claim in new_claims().take(3)] == [schedule.key, archive.key, laps.key]


def test_two_workers_never_have_the_same_capture(
    recorder: Recorder, new_claims: Callable[[], Claims]
) -> None:
    recorder.put(*recorder.season())
    one, other = new_claims(), new_claims()
    taken = [claim.key for _ in range(5) for claims in (one, other) for claim in claims.take(2)]
    assert len(taken) == len(set(taken)) == 19


def test_another_worker_claims_a_capture_after_its_lease_expired(
    recorder: Recorder, new_claims: Callable[[], Claims], expire: Callable[[], None], sql: Sql
) -> None:
    recorder.put(recorder.make("schedule"))
    dead, living = new_claims(), new_claims()
    assert len(dead.take(1)) == 1
    assert living.take(1) == living.take(1, suspects=True) == []
    expire()
    dead.extend()
    assert living.take(1, suspects=True) == []  # the first worker was still alive
    expire()
    [claim] = living.take(1, suspects=True)
    assert claim.attempts == 1
    dead.extend()
    assert sql("SELECT lease_owner FROM captures") == [(living.owner,)]


def test_a_heartbeat_extends_no_lease_of_another_worker(
    recorder: Recorder, new_claims: Callable[[], Claims], expire: Callable[[], None], sql: Sql
) -> None:
    recorder.put(recorder.make("schedule"))
    asleep, living = new_claims(), new_claims()
    asleep.take(1)
    expire()
    assert len(living.take(1, suspects=True)) == 1
    expire()
    asleep.extend()
    assert sql("SELECT lease_owner, lease_expires_at < now() FROM captures") == [
        (living.owner, True)
    ]
    living.extend()
    assert sql("SELECT lease_expires_at > now() FROM captures") == [(True,)]


def test_a_worker_that_lost_its_lease_changes_nothing(
    *,
    recorder: Recorder,
    new_claims: Callable[[], Claims],
    expire: Callable[[], None],
    drain: Drain,
    engine: sa.Engine,
    store: RawStore,
    settings: WorkerSettings,
    sql: Sql,
) -> None:
    """It neither quarantines a changed object, nor lets a capture wait for its schedule."""
    schedule, laps = recorder.make("schedule"), recorder.make("laps", 1)
    recorder.put(schedule)
    drain()
    overwrite(store, schedule.key, Capture(schedule.header, laps.pages).encode())
    with engine.begin() as connection:
        states.reopen(connection, [schedule.key])
    waiting = Recorder(engine, store, small_season(2023, 1))
    waiting.order = 50
    recorder.put(laps, waiting.make("laps", 1))
    asleep = new_claims()
    claims = asleep.take(3)
    loaded = [load(store, claim, parse) for claim in claims]
    expire()
    assert drain() == {"processed": 1, "quarantined": 1, "pending": 1}
    before = read_tables(engine)
    finished = sql("SELECT finished_at, not_before FROM captures ORDER BY capture_order")
    transactions = Transactions(engine, settings, threading.Event())
    for claim, content in zip(claims, loaded, strict=True):
        work = Work(
            asleep, claim, content.header, content.pages, DEFAULT_ORDER, PARSER_VERSION, 1.0
        )
        with pytest.raises(LeaseLost):
            transactions.run(partial(process, work=work, loaded=content))
    assert read_tables(engine) == before
    assert sql("SELECT finished_at, not_before FROM captures ORDER BY capture_order") == finished


def test_released_captures_cost_no_attempt(
    recorder: Recorder, new_claims: Callable[[], Claims], sql: Sql
) -> None:
    recorder.put(recorder.make("schedule"))
    claims = new_claims()
    claims.give_back([claim.key for claim in claims.take(1)])
    assert sql("SELECT state, attempts, lease_owner FROM captures") == [("pending", 0, None)]
    [claim] = claims.take(1)
    claims.give_back([claim.key], after_s=60.0)
    assert claims.take(1) == claims.take(1, suspects=True) == []  # not yet
    assert sql("SELECT attempts, not_before > now() + interval '50 s' FROM captures") == [(0, True)]


def test_another_workers_captures_are_neither_released_nor_failed(
    recorder: Recorder, new_claims: Callable[[], Claims], sql: Sql
) -> None:
    recorder.put(recorder.make("schedule"))
    owner, other = new_claims(), new_claims()
    [claim] = owner.take(1)
    other.give_back([claim.key])
    other.give_back_lost()
    assert other.fail(claim.key, "not mine") == "lost"
    assert sql("SELECT state, attempts, lease_owner FROM captures") == [
        ("processing", 0, owner.owner)
    ]


def test_captures_whose_commit_a_crashed_server_lost_are_released(
    recorder: Recorder, new_claims: Callable[[], Claims], sql: Sql
) -> None:
    recorder.put(*recorder.season())
    claims = new_claims()
    [dropped, held] = claims.take(2)
    claims.drop(dropped.key)  # processed, from the worker's view
    claims.give_back_lost()
    assert sql("SELECT capture_key FROM captures WHERE state = 'processing'") == [(held.key,)]


def test_failures_are_counted_and_delayed_and_end_in_quarantine(
    recorder: Recorder, new_claims: Callable[[], Claims], sql: Sql, engine: sa.Engine
) -> None:
    recorder.put(recorder.make("schedule"))
    claims = new_claims()
    [claim] = claims.take(1)
    states = [claims.fail(claim.key, "first")]
    for number in range(4):
        assert claims.take(1, suspects=True) == []  # not before its back-off is over
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE captures SET not_before = now()"))
        [claim] = claims.take(1, suspects=True)
        states.append(claims.fail(claim.key, f"reason {number}"))
    assert states == ["pending"] * 4 + ["quarantined"]
    assert sql("SELECT state, reason, refused, parser_version FROM captures") == [
        ("quarantined", "reason 3", "reason 3", PARSER_VERSION)
    ]
    assert sql("SELECT finished_at BETWEEN now() - interval '1 min' AND now() FROM captures") == [
        (True,)
    ]


def test_each_failure_doubles_the_pause_up_to_ten_minutes(
    recorder: Recorder, engine: sa.Engine, settings: WorkerSettings, sql: Sql
) -> None:
    recorder.put(recorder.make("schedule"))
    patient = settings.model_copy(update={"backoff_s": 100.0, "attempts": 9})
    claims = Claims(engine, patient, parser_version=PARSER_VERSION)
    [claim] = claims.take(1)
    pauses = []
    for _ in range(4):
        claims.fail(claim.key, "no luck")
        pauses += sql("SELECT extract(epoch FROM not_before - now())::int FROM captures")
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE captures SET not_before = now()"))
        [claim] = claims.take(1, suspects=True)
    assert [seconds for (seconds,) in pauses] == [
        pytest.approx(pause, abs=40) for pause in (100, 200, 400, 600)
    ]


def test_a_permanent_failure_is_quarantined_at_once(
    recorder: Recorder, new_claims: Callable[[], Claims], sql: Sql
) -> None:
    recorder.put(recorder.make("schedule"))
    claims = new_claims()
    [claim] = claims.take(1)
    assert claims.fail(claim.key, "a NUL: \0, half a pair: \ud800", final=True) == "quarantined"
    [(reason, attempts)] = sql("SELECT reason, attempts FROM captures")
    assert (reason, attempts) == ("a NUL: \ufffd, half a pair: ?", 1)


def test_a_failed_capture_that_is_older_than_a_processed_one_needs_no_attention(
    recorder: Recorder,
    new_claims: Callable[[], Claims],
    drain: Drain,
    sql: Sql,
    engine: sa.Engine,
) -> None:
    older, newer = recorder.make("laps", 1), recorder.make("laps", 1)
    recorder.put(recorder.make("schedule"), newer)
    drain()
    recorder.put(older)
    claims = new_claims()
    assert [claim.key for claim in claims.take(1)] == [older.key]
    thread = threading.Thread(target=partial(claims.fail, older.key, "too large", final=True))
    with engine.begin() as reading:  # the newer one
        reading.execute(refusals.LOCK, {"key": newer.key})
        thread.start()
        wait_until_awaited(engine, thread)
    thread.join(30)
    assert sql("SELECT state, reason FROM captures WHERE capture_key = :k", k=older.key) == [
        ("superseded", "a newer capture was read; refused because: too large")
    ]


def test_a_capture_whose_worker_died_in_the_last_attempt_is_quarantined(
    recorder: Recorder,
    new_claims: Callable[[], Claims],
    expire: Callable[[], None],
    sql: Sql,
    engine: sa.Engine,
) -> None:
    [key] = recorder.put(recorder.make("schedule"))
    claims = new_claims()
    claims.take(1)
    claims.fail(key, "too large")
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE captures SET not_before = now()"))
    for attempts in (1, 2, 3, 4):
        [claim] = new_claims().take(1, suspects=True)
        assert claim.attempts == attempts
        expire()
    assert new_claims().take(1, suspects=True) == []
    reason = (
        "the worker died while it had this capture; given up after 5 attempts; "
        "the last error: too large"
    )
    columns = "state, attempts, lease_owner, reason, refused, parser_version"
    assert sql(f"SELECT {columns} FROM captures WHERE finished_at <= now()") == [
        ("quarantined", 5, None, reason, reason, PARSER_VERSION)
    ]


@pytest.fixture
def brief() -> WorkerSettings:
    """Settings of a worker whose locks end soon after it is stopped."""
    return WorkerSettings(lease_s=0.4, lock_timeout_s=0.2)


class StoppedRows:
    """Rows of a process that is stopped before it sends any."""

    def __init__(self, begun: threading.Event, woken: threading.Event) -> None:
        self._begun, self._woken = begun, woken

    def read(self, _: int = 0) -> bytes:
        self._begun.set()
        assert self._woken.wait(30), "the others waited until it continued"
        return b""

    readline = read


def test_a_worker_that_is_stopped_between_two_statements_loses_its_locks(
    recorder: Recorder, engine: sa.Engine, drain: Drain, brief: WorkerSettings
) -> None:
    [key] = recorder.put(recorder.make("schedule"))
    with engine.connect() as stopped:
        lock = sa.text("SELECT FROM captures WHERE capture_key = :key FOR NO KEY UPDATE")
        limited(stopped, brief).fetch(lock, {"key": key})
        start = time.monotonic()
        assert drain() == {"processed": 1}  # which would be skipped if it were locked
        assert time.monotonic() - start < 20
        with pytest.raises(sa.exc.DBAPIError):
            stopped.execute(sa.text("SELECT 1"))


def test_a_worker_that_is_stopped_during_copy_loses_its_locks(
    recorder: Recorder, engine: sa.Engine, store: RawStore, brief: WorkerSettings
) -> None:
    [key] = recorder.put(recorder.make("schedule"))
    begun, woken = threading.Event(), threading.Event()
    rows = StoppedRows(begun, woken)

    def send_rows(statements: Statements) -> None:
        with statements.driver() as cursor:
            cursor.copy_expert("COPY pit_stops FROM STDIN", rows)
        statements.fetch(sa.text("SELECT 1"), {})

    def copy() -> None:
        with engine.connect() as stopped:
            # An idle session is kept: the worker may be slow between two statements.
            statements = limited(stopped, brief.model_copy(update={"lease_s": 60.0}))
            lock = sa.text("SELECT FROM captures WHERE capture_key = :key FOR NO KEY UPDATE")
            statements.fetch(lock, {"key": key})
            with pytest.raises(sa.exc.DBAPIError):
                send_rows(statements)

    thread = threading.Thread(target=copy)
    start = time.monotonic()
    thread.start()
    assert begun.wait(30)
    assert Worker(engine, store, brief).drain() == {"processed": 1}
    assert 0.5 < time.monotonic() - start < 20  # a slow COPY is not ended
    woken.set()
    thread.join()


def test_a_copy_that_waits_for_a_lock_or_is_in_another_database_is_not_ended(
    engine: sa.Engine, postgres: Postgres, brief: WorkerSettings, sql: Sql
) -> None:
    other = f"{engine.url.database}_other"
    urls = [engine.url.set(drivername="postgresql").render_as_string(hide_password=False)]
    urls.append(postgres.create_database(other).replace("+psycopg2", ""))
    woken = threading.Event()
    rows: list[Any] = [io.BytesIO(), StoppedRows(threading.Event(), woken)]

    def copy(url: str, rows: Any) -> None:
        with contextlib.closing(psycopg2.connect(url)) as session, session.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS pit_stops (stop int)")
            session.commit()
            cursor.copy_expert("COPY pit_stops FROM STDIN", rows)

    threads = [threading.Thread(target=copy, args=pair) for pair in zip(urls, rows, strict=True)]
    copies = (
        "SELECT pid FROM pg_stat_activity"
        " WHERE state = 'active' AND query LIKE 'COPY %' AND datname LIKE :names"
    )
    names = f"{engine.url.database}%"
    with engine.begin() as locked:
        locked.execute(sa.text("LOCK TABLE pit_stops IN SHARE MODE"))
        for thread in threads:
            thread.start()
        long = f"{copies} AND query_start < now() - make_interval(secs => {2 * brief.lease_s})"
        deadline = time.monotonic() + 30
        while len(sql(long, names=names)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        Claims(engine, brief, parser_version=PARSER_VERSION).end_stopped()
        assert len(sql(copies, names=names)) == 2
        woken.set()
    for thread in threads:
        thread.join(30)
    postgres.drop_database(other)
