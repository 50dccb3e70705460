"""Any order of work and any number of workers give the same rows in every table.

The history of a database is a list of captures and decisions in S3. It is processed in order, in
other orders, and by several workers at once, and all tables are compared row by row. It has
corrections, an empty answer, answers that a person or a second answer confirmed, one that was
released, two that were dismissed, an unreadable answer and a good one after it, archives below the
service's data, schedules that change, a race that two schedules lack, and a season that was purged
and captured again.
"""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from recorded_seasons import NOON, Recorder, small_season

from f1_core.capture import Capture, Page
from f1_core.ledger import decisions, index
from f1_core.ledger.decisions import Decision
from f1_core.store.rawstore import RawStore
from f1_devkit.programs.tables import read_tables
from f1_devkit.servers.postgres import Postgres
from f1_ingest.synthetic import Dataset
from f1_ingest.synthetic.dataset import merge
from f1_worker.loop import Worker
from f1_worker.settings import WorkerSettings

Event = Capture | Decision


def made_up_history(recorder: Recorder) -> list[Event]:
    """All kinds of captures and decisions, in order."""
    dataset = recorder.dataset
    [first, second, again, cancelled] = [weekend.race.round for weekend in dataset.weekends]
    events: list[Event] = []

    def capture(resource: str, number: int | None = None, **options: Any) -> Capture:
        made = recorder.make(resource, number, source="jolpica", **options)
        events.append(made)
        return made

    def decide(kind: str, **about: Any) -> None:
        recorder.order += 1
        at = NOON + timedelta(seconds=recorder.order)
        events.append(
            Decision(kind=kind, order=recorder.order, decided_by="a person", decided_at=at, **about)
        )

    events.append(recorder.archive(dataset))
    capture("schedule")
    capture("results", first)
    capture("laps", first)
    capture("pitstops", first)
    capture("laps", second)
    capture("pitstops", second)
    capture("laps", again)

    corrected = dataset.copy()
    gone = corrected.weekends[0].laps[0].driver_id
    weekend = corrected.weekends[0]
    weekend.laps = [lap for lap in weekend.laps if lap.driver_id != gone]
    weekend.laps[0].time = "1:59.999"
    corrected.drivers[weekend.results[0].driver_id].family_name = "Renamed"
    capture("laps", first, dataset=corrected)
    capture("laps", first, dataset=corrected)
    capture("results", first, dataset=corrected)

    empty = dataset.copy()
    for weekend in empty.weekends:
        weekend.laps, weekend.pit_stops = [], []
    capture("laps", second, dataset=empty)
    capture("laps", second, dataset=empty, hours=2)
    capture("laps", again, dataset=empty)
    confirmed = capture("pitstops", first, dataset=empty)
    decide("confirm", capture_key=confirmed.key, why="there were none")

    inconsistent = capture("pitstops", second, change=_lose_a_stop)
    decide("release", capture_key=inconsistent.key)
    capture("pitstops", again, change=_lose_a_stop)
    capture("qualifying", first, pages=[Page.of("/x", b'{"MRData": {"total": "many"}}', NOON)])

    capture("qualifying", second, pages=[Page.of("/x", b'{"MRData": {"total": "many"}}', NOON)])
    capture("qualifying", second)
    poison = capture("qualifying", again, pages=[Page.of("/x", b"<html>", NOON)])
    decide("dismiss", capture_key=poison.key, why="the source is broken")
    held = capture("laps", first, dataset=empty)
    decide("dismiss", capture_key=held.key)
    decide("confirm", capture_key=held.key, why="it was right")
    decide("dismiss", capture_key=held.key, why="no, it was not")

    capture("laps", cancelled)
    capture("results", cancelled)
    lacking = dataset.copy()
    del lacking.weekends[3]
    capture("schedule", dataset=lacking)
    capture("schedule", dataset=lacking, hours=2)
    third = dataset.copy().weekends[1]
    third.race.date = "2025-08-03"  # ids at this circuit refer to other races from here on
    more = lacking.copy()
    more.weekends = [more.weekends[0], third, *more.weekends[1:]]
    for number, weekend in enumerate(more.weekends, 1):
        weekend.race.round = number
    capture("schedule", dataset=more, hours=2)

    other = small_season(2024, 2)
    recorder.dataset = other
    for resource in ("results", "laps", "pitstops"):
        capture(resource, 1)
    events.append(recorder.archive(other))
    capture("schedule")
    capture("laps", 2)
    events.append(recorder.archive(merge([dataset, other])))
    decide("purge", season=2024, why="once more")
    capture("schedule")
    capture("laps", 1)
    capture("results", 2)
    capture("laps", 1, change=lambda answer: answer["MRData"].update(total="999"))
    recorder.dataset = dataset
    return events


def _lose_a_stop(answer: dict[str, Any]) -> None:
    for race in answer["MRData"]["RaceTable"]["Races"]:
        del race["PitStops"][0]


@pytest.fixture
def dataset() -> Dataset:
    """One race, two at one circuit, and another one."""
    made = small_season(2025, 24, laps=4)
    made.weekends = [made.weekends[0], *made.weekends[17:19], made.weekends[20]]
    return made


@pytest.fixture
def history(recorder: Recorder, store: RawStore) -> list[Event]:
    events = made_up_history(recorder)
    for event in events:
        content = event.encode() if isinstance(event, Capture) else msgspec.json.encode(event)
        store.put(event.key, content)
    return events


@pytest.fixture
def new_engine(postgres: Postgres, template_database: str) -> Iterator[Callable[[], sa.Engine]]:
    """Makes fresh databases."""
    engines: list[sa.Engine] = []

    def make() -> sa.Engine:
        name = f"f1_order_{id(engines)}_{len(engines)}"
        engine = sa.create_engine(postgres.create_database(name, template_database))
        engines.append(engine)
        return engine

    yield make
    for number, engine in enumerate(engines):
        engine.dispose()
        postgres.drop_database(f"f1_order_{id(engines)}_{number}")


def enter(engine: sa.Engine, event: Event) -> None:
    with engine.begin() as connection:
        if isinstance(event, Capture):
            index.announce(connection, event.key, event.header)
        else:
            decisions.enter(connection, event)


def process_in_order(
    engine: sa.Engine, store: RawStore, settings: WorkerSettings, events: Sequence[Event]
) -> dict[str, list[tuple[object, ...]]]:
    """Enter events one by one, each after the previous one was processed."""
    worker = Worker(engine, store, settings)
    with worker._at_work():
        for event in events:
            enter(engine, event)
            while worker._turn():
                pass
    return read_tables(engine)


def test_any_order_of_processing_gives_the_same_rows(
    history: list[Event],
    new_engine: Callable[[], sa.Engine],
    store: RawStore,
    settings: WorkerSettings,
) -> None:
    as_it_happened = process_in_order(new_engine(), store, settings, history)
    assert process_in_order(new_engine(), store, settings, history[::-1]) == as_it_happened
    for seed in range(4):
        shuffled = random.Random(seed).sample(history, len(history))
        assert process_in_order(new_engine(), store, settings, shuffled) == as_it_happened, seed


def test_a_replay_from_s3_by_several_workers_gives_the_same_rows(
    history: list[Event],
    new_engine: Callable[[], sa.Engine],
    store: RawStore,
    settings: WorkerSettings,
) -> None:
    as_it_happened = process_in_order(new_engine(), store, settings, history)
    for workers in (1, 3):
        engine = new_engine()
        index.sweep(engine, store)
        threads = [
            threading.Thread(target=Worker(engine, store, settings).drain) for _ in range(workers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert read_tables(engine) == as_it_happened, workers
