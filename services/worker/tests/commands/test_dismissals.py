"""How what needs a person ends: a newer capture was read, or a person dismissed it."""

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

Ask = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def state(ask: Ask) -> Callable[[Capture], tuple[str, str]]:
    def look(capture: Capture) -> tuple[str, str]:
        query = "SELECT state, coalesce(reason, '') FROM captures WHERE capture_key = :key"
        [(found, reason)] = ask(query, key=capture.key)
        return found, reason

    return look


State = Callable[[Capture], tuple[str, str]]


def broken(recorder: Recorder, resource: str = "laps", number: int = 1) -> Capture:
    return recorder.make(resource, number, pages=[Page.of("/x", b"<html>", NOON)])


def cut(recorder: Recorder, dataset: Dataset) -> Capture:
    """An archive whose list of races is gone."""
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


def test_an_older_capture_that_comes_late_does_not_end_it(
    recorder: Recorder, drain: Drain, state: State
) -> None:
    older = recorder.make("laps", 1)
    poison = broken(recorder)
    recorder.put(recorder.make("schedule"), poison)
    drain()
    recorder.put(older)
    drain()
    assert state(poison)[0] == "quarantined"


def test_a_whole_archive_ends_the_quarantine_of_one_that_lacks_files(
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


def test_an_archives_race_that_no_schedule_has_ends_with_a_newer_archive(
    *, recorder: Recorder, drain: Drain, ask: Ask, dataset: Dataset, state: State
) -> None:
    old = recorder.archive(dataset)
    less = dataset.copy()
    del less.weekends[2]
    recorder.put(old, recorder.make("schedule", dataset=less, source="jolpica"))
    drain()
    waiting = (
        "SELECT count(*) FROM slice_captures WHERE state = 'quarantined' AND capture_key = :key"
    )
    assert ask("SELECT count(*) FROM races") == [(2,)]
    assert ask(waiting, key=old.key) != [(0,)]
    again = recorder.archive(dataset)
    recorder.put(again)
    drain()
    assert ask(waiting, key=old.key) == [(0,)]
    assert ask(waiting, key=again.key) != [(0,)], "the newest tells of it"
    assert "wait" not in state(old)[1]


def test_a_person_dismisses_a_quarantined_capture_and_a_rebuild_obeys(
    *,
    recorder: Recorder,
    drain: Drain,
    engine: sa.Engine,
    store: RawStore,
    state: State,
    ask: Ask,
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


def test_of_a_capture_that_cannot_be_read_the_last_decision_counts(
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


def test_the_last_decision_about_a_capture_counts_when_another_is_processed(
    *,
    recorder: Recorder,
    drain: Drain,
    engine: sa.Engine,
    store: RawStore,
    dataset: Dataset,
    state: State,
) -> None:
    """An older capture of the same laps: which of them are shown is decided anew."""
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


def test_a_held_capture_that_is_dismissed_empties_nothing_and_waits_no_more(
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
