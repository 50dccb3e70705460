"""The loop with slow captures, and with races that another worker locks for long."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from awaited_locks import wait_until_awaited
from recorded_seasons import Recorder

from f1_core.capture import Capture
from f1_core.errors import StoreUnavailable
from f1_core.ledger import decisions, refusals
from f1_core.store.rawstore import RawStore
from f1_worker.apply.process import _lock_races
from f1_worker.loop import Worker
from f1_worker.parse import parse
from f1_worker.parse.slices import Parsed
from f1_worker.queue.statements import Statements
from f1_worker.settings import WorkerSettings

Sql = Callable[..., list[tuple[Any, ...]]]


def wait_for(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_loop_waits_for_a_slow_capture_and_stays_alive(
    recorder: Recorder, engine: sa.Engine, store: RawStore, settings: WorkerSettings
) -> None:
    def slow(capture: Capture) -> Parsed:
        for _ in range(2):
            wait_for(partial(turned_since, worker.turned_at))
        return parse(capture)

    def turned_since(at: float) -> bool:
        return worker.turned_at > at

    worker = Worker(engine, store, settings, parse=slow)
    recorder.put(recorder.make("schedule"))
    assert worker.drain() == {"processed": 1}


def test_a_worker_that_stops_does_not_wait_for_readers(
    recorder: Recorder, engine: sa.Engine, store: RawStore, settings: WorkerSettings, sql: Sql
) -> None:
    end = threading.Event()

    def endless(capture: Capture) -> Parsed:
        worker.stop.set()
        assert end.wait(30)
        return parse(capture)

    worker = Worker(engine, store, settings, parse=endless)
    recorder.put(recorder.make("schedule"), recorder.make("laps", 1))
    assert worker.drain() == {"given back": 1}
    end.set()
    given_back = ("pending", 0, None)
    assert sql("SELECT state, attempts, lease_owner FROM captures") == [given_back, given_back]


def test_a_capture_whose_season_is_locked_for_long_is_delayed_without_an_attempt(
    recorder: Recorder, engine: sa.Engine, store: RawStore, settings: WorkerSettings, sql: Sql
) -> None:
    """The delay is ten times the wait, so that other captures are processed."""
    recorder.put(recorder.make("schedule"))
    worker = Worker(engine, store, settings.model_copy(update={"lock_timeout_s": 1.2}))
    thread = threading.Thread(target=worker.run)
    with engine.begin() as other:
        other.execute(decisions.season_lock(exclusive=False), {"season": 2024})
        thread.start()
        wait_for(lambda: sql("SELECT not_before IS NOT NULL FROM captures") == [(True,)])
        [(state, attempts, put_off_s)] = sql(
            "SELECT state, attempts, extract(epoch FROM not_before - now())::float FROM captures"
        )
    worker.stop.set()
    worker.wake.set()
    thread.join(30)
    assert (state, attempts) == ("pending", 0)
    assert 1.2 < put_off_s <= 12


def test_captures_whose_commit_a_crashed_server_lost_are_processed_after_the_pause(
    recorder: Recorder, engine: sa.Engine, store: RawStore, settings: WorkerSettings, sql: Sql
) -> None:
    parsers: list[Callable[[Capture], Parsed]] = [unavailable, parse, parse]

    def first_unavailable(capture: Capture) -> Parsed:
        return parsers.pop(0)(capture)

    schedule, laps = recorder.make("schedule"), recorder.make("laps", 1)
    recorder.put(schedule, laps)
    long_lease = settings.model_copy(update={"lease_s": 60})
    worker = Worker(engine, store, long_lease, parse=first_unavailable)
    assert [claim.key for claim in worker._claims.take(1)] == [schedule.key]
    worker._claims.drop(schedule.key)  # processed, from the worker's view
    assert worker.drain() == {"processed": 2}
    assert sql("SELECT DISTINCT state, attempts FROM captures") == [("processed", 0)]


def unavailable(_: Capture) -> Parsed:
    raise StoreUnavailable("for a moment")


@pytest.mark.parametrize(
    ("resource", "held"),
    [
        *(("schedule", "season"), ("archive", "season")),
        *(("laps", "race"), ("archive", "race")),
        *(("laps", "request"), ("archive", "request")),
    ],
)
def test_a_cancelled_worker_releases_the_current_capture_at_once(
    *,
    recorder: Recorder,
    engine: sa.Engine,
    store: RawStore,
    settings: WorkerSettings,
    sql: Sql,
    resource: str,
    held: str,
) -> None:
    """It waits for a lock on its season, its race, or captures of the same request."""
    schedule = recorder.make("schedule")
    made = {
        "schedule": schedule,
        "laps": recorder.make("laps", 1),
        "archive": recorder.archive(),
    }[resource]
    recorder.put(*([schedule] if resource == "laps" else []), made)
    patient = settings.model_copy(update={"lock_timeout_s": 600.0})
    worker = Worker(engine, store, patient)
    thread = threading.Thread(target=worker.run)
    with engine.begin() as other:
        if held == "season":
            other.execute(decisions.season_lock(exclusive=False), {"season": 2024})
        elif held == "race":
            statements = Statements(other)
            _lock_races(statements, [f"2024-{recorder.dataset.weekends[0].race.circuit_id}"])
            statements.send()
        else:
            other.execute(refusals.LOCK, {"key": made.key})
        thread.start()
        wait_until_awaited(engine, thread)
        worker.stop.set()
        worker.cancel()
        thread.join(60)
        assert not thread.is_alive()
    columns = "state, attempts, lease_owner, not_before"
    assert sql(f"SELECT {columns} FROM captures WHERE capture_key = :key", key=made.key) == [
        ("pending", 0, None, None)
    ]
