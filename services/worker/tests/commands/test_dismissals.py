"""Captures need no attention any more after a newer capture, or a dismissal."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from recorded_seasons import NOON, Drain, Recorder, small_season

from f1_core.capture import Capture, Page
from f1_core.ledger import decisions, index
from f1_core.store.rawstore import RawStore
from f1_devkit.programs.tables import count
from f1_ingest.synthetic import Dataset
from f1_ingest.synthetic.dataset import merge

Sql = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def state(sql: Sql) -> Callable[[Capture], tuple[str, str]]:
    def read(capture: Capture) -> tuple[str, str]:
        query = "SELECT state, coalesce(reason, '') FROM captures WHERE capture_key = :key"
        [(found, reason)] = sql(query, key=capture.key)
        return found, reason

    return read


State = Callable[[Capture], tuple[str, str]]


def broken(recorder: Recorder, resource: str = "laps", number: int = 1) -> Capture:
    return recorder.make(resource, number, pages=[Page.of("/x", b"<html>", NOON)])


def cut(recorder: Recorder, dataset: Dataset) -> Capture:
    """An archive without races.csv."""
    made = recorder.archive(dataset)
    pages = [page for page in made.pages if page.name != "races.csv"]
    return Capture(made.header, pages)


def test_a_newer_capture_of_the_same_request_ends_a_quarantine(
    recorder: Recorder, drain: Drain, state: State
) -> None:
    poison = broken(recorder)
    recorder.put(recorder.make("schedule"), poison, recorder.make("laps", 2))
    drain()
    assert state(poison)[0] == "quarantined"
    recorder.put(recorder.make("laps", 1))
    drain()
    assert state(poison)[0] == "superseded"
    assert state(poison)[1].startswith("a newer capture was read; refused because: page 1")


def test_a_newer_schedule_ends_the_quarantine_of_an_older_one_of_its_season(
    *, recorder: Recorder, drain: Drain, engine: sa.Engine, store: RawStore, state: State
) -> None:
    """A schedule has no round."""
    other = Recorder(engine, store, small_season(2023, 1))
    other.order = 50
    poison, elsewhere = (
        one.make("schedule", pages=[Page.of("/x", b"<html>", NOON)]) for one in (recorder, other)
    )
    recorder.put(poison, elsewhere)
    assert drain() == {"quarantined": 2}
    recorder.put(recorder.make("schedule"))
    drain()
    assert state(poison)[0] == "superseded"
    assert state(poison)[1].startswith("a newer capture was read; refused because: page 1")
    assert state(elsewhere)[0] == "quarantined"


def test_an_older_capture_that_is_processed_later_does_not_end_a_quarantine(
    recorder: Recorder, drain: Drain, state: State
) -> None:
    older = recorder.make("laps", 1)
    poison = broken(recorder)
    recorder.put(recorder.make("schedule"), poison)
    drain()
    recorder.put(older)
    drain()
    assert state(poison)[0] == "quarantined"


def test_a_complete_archive_ends_the_quarantine_of_one_that_lacks_files(
    recorder: Recorder, drain: Drain, state: State
) -> None:
    both = merge([small_season(2023, 2), small_season(2024, 2)])
    lacking = cut(recorder, both)
    recorder.put(lacking)
    assert drain() == {"quarantined": 1}
    small = recorder.archive(small_season(2024, 1, laps=2))
    recorder.put(small)
    drain()
    assert state(lacking)[0] == "quarantined", "one race is not what the other archive has"
    recorder.put(recorder.archive(both))
    drain()
    assert state(lacking)[0] == "superseded"


def test_a_newer_archive_ends_the_quarantine_of_a_race_without_a_schedule(
    *, recorder: Recorder, drain: Drain, sql: Sql, dataset: Dataset, state: State
) -> None:
    old = recorder.archive(dataset)
    less = dataset.copy()
    del less.weekends[2]
    recorder.put(old, recorder.make("schedule", dataset=less, source="jolpica"))
    drain()
    waiting = (
        "SELECT count(*) FROM slice_captures WHERE state = 'quarantined' AND capture_key = :key"
    )
    assert sql("SELECT count(*) FROM races") == [(2,)]
    assert sql(waiting, key=old.key) != [(0,)]
    again = recorder.archive(dataset)
    recorder.put(again)
    drain()
    assert sql(waiting, key=old.key) == [(0,)]
    assert sql(waiting, key=again.key) != [(0,)], "the newest one reports it"
    assert "wait" not in state(old)[1]


def test_a_dismissal_of_a_quarantined_capture_survives_a_rebuild(
    *,
    recorder: Recorder,
    drain: Drain,
    engine: sa.Engine,
    store: RawStore,
    state: State,
    sql: Sql,
) -> None:
    poison = broken(recorder)
    recorder.put(recorder.make("schedule"), poison)
    drain()
    decisions.decide(
        engine, store, decisions.DISMISS, by="a person", capture_key=poison.key, why="broken"
    )
    assert drain() == {"superseded": 1}
    settled = state(poison)
    assert settled[0] == "superseded"
    assert settled[1].startswith("dismissed; refused because: page 1")

    with engine.begin() as connection:
        for table in ("slices", "slice_captures", "captures", "decisions", "races"):
            connection.execute(sa.text(f"TRUNCATE {table} CASCADE"))
    index.sweep(engine, store)
    drain()
    assert state(poison) == settled


def test_a_dismissed_capture_is_released_by_a_later_decision(
    *, recorder: Recorder, drain: Drain, engine: sa.Engine, store: RawStore, state: State
) -> None:
    def lose_a_lap(answer: dict[str, Any]) -> None:
        for race in answer["MRData"]["RaceTable"]["Races"]:
            race["Laps"][0]["Timings"].pop()

    inconsistent = recorder.make("laps", 1, change=lose_a_lap)
    recorder.put(recorder.make("schedule"), inconsistent)
    drain()
    for kind, found in (
        ("release", "processed"),
        ("dismiss", "superseded"),
        ("release", "processed"),
    ):
        decisions.decide(engine, store, kind, by="a person", capture_key=inconsistent.key)
        drain()
        assert state(inconsistent)[0] == found
        assert (count(engine, "lap_times") > 0) is (found == "processed")


def test_the_last_decision_about_an_unreadable_capture_counts(
    recorder: Recorder, drain: Drain, engine: sa.Engine, store: RawStore, state: State
) -> None:
    poison = broken(recorder)
    recorder.put(recorder.make("schedule"), poison)
    drain()
    for kind, found in (
        ("release", "quarantined"),
        ("dismiss", "superseded"),
        ("release", "quarantined"),
    ):
        decisions.decide(engine, store, kind, by="a person", capture_key=poison.key)
        drain()
        assert state(poison)[0] == found


def test_the_last_decision_counts_when_another_capture_is_processed(
    *,
    recorder: Recorder,
    drain: Drain,
    engine: sa.Engine,
    store: RawStore,
    dataset: Dataset,
    state: State,
) -> None:
    """An older capture of the same laps is processed, so the slice is resolved again."""
    empty = dataset.copy()
    empty.weekends[0].laps = []
    late = [recorder.make("laps", 1) for _ in range(3)]
    recorder.put(recorder.make("schedule"), recorder.make("laps", 1))
    held = recorder.make("laps", 1, dataset=empty)
    recorder.put(held)
    drain()
    for kind, found, laps in (
        ("confirm", "processed", 0),
        ("dismiss", "superseded", len(dataset.weekends[0].laps)),
        ("confirm", "processed", 0),
    ):
        decisions.decide(engine, store, kind, by="a person", capture_key=held.key)
        drain()
        recorder.put(late.pop())
        drain()
        assert state(held)[0] == found
        assert count(engine, "lap_times") == laps


def test_a_dismissed_held_capture_removes_no_rows_and_is_superseded(
    *,
    recorder: Recorder,
    drain: Drain,
    engine: sa.Engine,
    store: RawStore,
    dataset: Dataset,
    state: State,
) -> None:
    empty = dataset.copy()
    empty.weekends[0].laps = []
    recorder.put(recorder.make("schedule"), recorder.make("laps", 1))
    held = recorder.make("laps", 1, dataset=empty)
    recorder.put(held)
    drain()
    assert state(held)[0] == "held"
    decisions.decide(engine, store, decisions.DISMISS, by="a person", capture_key=held.key)
    drain()
    assert state(held)[0] == "superseded"
    assert state(held)[1].startswith("dismissed: it is empty")
    assert count(engine, "lap_times") == len(dataset.weekends[0].laps)


def test_a_capture_that_waits_for_a_schedule_can_be_dismissed(
    recorder: Recorder, drain: Drain, engine: sa.Engine, store: RawStore, state: State
) -> None:
    waits = recorder.make("laps", 1)
    recorder.put(waits)
    drain()
    assert state(waits)[1].startswith("waits for the schedule")
    decisions.decide(engine, store, decisions.DISMISS, by="a person", capture_key=waits.key)
    assert drain() == {"superseded": 1}
    assert state(waits)[1] == "dismissed; refused because: waits for the schedule of 2024"
