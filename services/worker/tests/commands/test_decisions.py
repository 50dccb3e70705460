"""Decisions of people: confirm, release, retry, purge; unreadable captures are quarantined."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from awaited_locks import wait_until_awaited
from recorded_seasons import NOON, Drain, Recorder, small_season

from f1_core.capture import Capture, Page
from f1_core.ledger import decisions, index, orders, states
from f1_core.store.rawstore import RawStore
from f1_devkit.programs.tables import count, read_tables
from f1_devkit.servers.postgres import Postgres
from f1_ingest.synthetic import Dataset
from f1_worker.loop import Worker

Sql = Callable[..., list[tuple[Any, ...]]]
LookUp = Callable[[Capture], tuple[str, str]]
"""A capture's state and reason; empty if there is none."""


@pytest.fixture
def state(sql: Sql) -> LookUp:
    def read(capture: Capture) -> tuple[str, str]:
        query = "SELECT state, reason FROM captures WHERE capture_key = :key"
        [(found, reason)] = sql(query, key=capture.key)
        return found, reason or ""

    return read


def lose_a_lap(answer: dict[str, Any]) -> None:
    for race in answer["MRData"]["RaceTable"]["Races"]:
        race["Laps"][0]["Timings"].pop()


def test_unreadable_captures_are_quarantined_without_effect_on_others(
    recorder: Recorder, drain: Drain, sql: Sql, state: LookUp
) -> None:
    def unreadable(answer: dict[str, Any]) -> None:
        race = answer["MRData"]["RaceTable"]["Races"][0]
        race["Laps"][0]["Timings"][0]["time"] = "1:3x.2"

    [schedule, *made] = recorder.season()
    poison = [
        recorder.make("laps", 1, change=unreadable),
        recorder.make("laps", 2, change=lose_a_lap),
        recorder.make("results", 2, pages=[Page.of("/x", b"<html>", NOON)]),
        recorder.make("pitstops", 2, source="unheard-of"),
    ]
    recorder.put(schedule, *poison, *made)
    assert drain() == {"processed": 19, "quarantined": 4}
    reasons = [state(capture)[1] for capture in poison]
    assert "1:3x.2" in reasons[0]
    assert "rows are missing" in reasons[1]
    assert "page 1" in reasons[2]
    assert reasons[3] == "there is no parser for the source 'unheard-of'"
    assert sql("SELECT max(attempts) FROM captures") == [(0,)]


def test_an_invalid_or_changed_object_is_quarantined(
    recorder: Recorder, store: RawStore, engine: sa.Engine, drain: Drain, sql: Sql
) -> None:
    garbage, other, changed = (recorder.make("laps", 1) for _ in range(3))
    store.put(garbage.key, b"not JSON")
    store.put(other.key, recorder.make("laps", 1).encode())
    store.put(changed.key, changed.encode().replace(b'"number"', b'"nummer"'))
    index.sweep(engine, store)
    assert drain() == {"quarantined": 3}
    reasons = [reason for (reason,) in sql("SELECT reason FROM captures ORDER BY capture_order")]
    assert reasons[0].startswith("the object is not a capture")
    assert reasons[1].startswith("the object's header has another key")
    assert "does not match its sha256" in reasons[2]


def test_a_held_capture_is_applied_after_a_person_confirms_it(
    *,
    recorder: Recorder,
    drain: Drain,
    engine: sa.Engine,
    store: RawStore,
    dataset: Dataset,
    state: LookUp,
) -> None:
    few = dataset.copy()
    few.weekends[0].laps = few.weekends[0].laps[:20]
    recorder.put(recorder.make("schedule"), recorder.make("laps", 1))
    held = recorder.make("laps", 1, dataset=few)
    recorder.put(held)
    drain()
    assert state(held) == (
        "held",
        f"it has 20 rows, and the one before it {len(dataset.weekends[0].laps)}",
    )
    decisions.decide(engine, store, decisions.CONFIRM, by="a person", capture_key=held.key)
    assert drain() == {"processed": 1}
    assert state(held) == ("processed", "")
    assert count(engine, "lap_times") == 20


def test_a_quarantined_capture_is_processed_after_a_person_releases_it(
    *,
    recorder: Recorder,
    drain: Drain,
    engine: sa.Engine,
    store: RawStore,
    dataset: Dataset,
    state: LookUp,
) -> None:
    inconsistent = recorder.make("laps", 1, change=lose_a_lap)
    recorder.put(recorder.make("schedule"), inconsistent)
    assert drain() == {"processed": 1, "quarantined": 1}
    assert count(engine, "lap_times") == 0
    decisions.decide(engine, store, decisions.RELEASE, by="a person", capture_key=inconsistent.key)
    assert drain() == {"processed": 1}
    assert state(inconsistent) == ("processed", "")
    assert 0 < count(engine, "lap_times") < len(dataset.weekends[0].laps)


def test_retry_resets_the_attempts_of_a_capture(
    *,
    recorder: Recorder,
    store: RawStore,
    engine: sa.Engine,
    drain: Drain,
    sql: Sql,
    state: LookUp,
) -> None:
    missing = recorder.make("schedule")
    with engine.begin() as connection:
        index.announce(connection, missing.key, missing.header)
    drain()
    found, reason = state(missing)
    assert found == "quarantined"
    assert reason == f"Missing: there is no object s3://{store.bucket}/{missing.key}"
    assert sql("SELECT attempts FROM captures") == [(5,)]
    recorder.put(missing)
    with engine.begin() as connection:
        assert states.reopen(connection, [missing.key]) == 1
    assert drain() == {"processed": 1}
    assert state(missing) == ("processed", "")


def test_a_purge_removes_a_season_and_survives_a_rebuild(
    *,
    recorder: Recorder,
    drain: Drain,
    engine: sa.Engine,
    store: RawStore,
    settings: Any,
    postgres: Postgres,
    template_database: str,
) -> None:
    recorder.put(*recorder.season())
    kept = Recorder(engine, store, small_season(2023, 2))
    kept.order = 50
    kept.put(*kept.season())
    drain()
    with engine.begin() as connection:
        orders.raise_order(connection, 100)
    decisions.decide(engine, store, decisions.PURGE, by="a person", season=2024, why="test")
    drain()
    with engine.connect() as connection:
        seasons = connection.execute(sa.text("SELECT DISTINCT season FROM races")).scalars()
        assert list(seasons) == [2023]
    purged = read_tables(engine)

    url = postgres.create_database(
        f"f1_rebuilt_{store.bucket.replace('-', '_')}", template_database
    )
    rebuilt = sa.create_engine(url, poolclass=sa.NullPool)
    index.sweep(rebuilt, store)
    Worker(rebuilt, store, settings).drain()
    assert read_tables(rebuilt) == purged

    # Captures from now on are applied again.
    recorder.order = 200
    recorder.put(*recorder.season())
    drain()
    assert count(engine, "races") == 5


def test_a_purge_waits_for_workers_that_have_the_season(
    recorder: Recorder, drain: Drain, engine: sa.Engine, store: RawStore
) -> None:
    recorder.put(recorder.make("schedule"))
    drain()
    purge = partial(decisions.decide, engine, store, decisions.PURGE, by="a person", season=2024)
    thread = threading.Thread(target=purge)
    with engine.begin() as worker:
        worker.execute(decisions.season_lock(exclusive=False), {"season": 2024})
        thread.start()
        wait_until_awaited(engine, thread)
        assert count(engine, "races") == 3
    thread.join(30)
    assert count(engine, "races") == 0


def test_a_purge_that_is_found_late_does_not_remove_newer_captures(
    recorder: Recorder, drain: Drain, engine: sa.Engine
) -> None:
    recorder.put(*recorder.season())
    recorder.order = 60
    recorder.put(*recorder.season())
    drain()
    purge = decisions.Decision(
        kind="purge", order=50, season=2024, decided_by="a person", decided_at=NOON
    )
    with engine.begin() as connection:
        decisions.enter(connection, purge)
    assert count(engine, "races") == 0
    drain()
    assert count(engine, "races") == 3
    assert count(engine, "lap_times") == recorder.dataset.count("laps")
    with engine.connect() as connection:
        orders = connection.execute(sa.text("SELECT min(capture_order) FROM slices")).scalar_one()
    assert orders == 61


def test_real_data_is_refused_in_a_database_with_synthetic_data(
    recorder: Recorder, drain: Drain, state: LookUp
) -> None:
    recorder.put(recorder.make("schedule"))
    drain()
    real = recorder.make("schedule", source="jolpica")
    recorder.put(real)
    assert drain() == {"quarantined": 1}
    assert "this database holds synthetic data" in str(state(real)[1])
