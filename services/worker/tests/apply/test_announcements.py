"""Notifications for the API: each change of a season is announced when it is committed."""

import contextlib
import json
import select
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa
from recorded_seasons import NOON, Drain, Recorder

from f1_core.capture import Page
from f1_core.ledger import decisions, index
from f1_core.store.rawstore import RawStore

Announced = Callable[[], set[tuple[Any, ...]]]


@pytest.fixture
def announced(engine: sa.Engine, database_url: str) -> Iterator[Announced]:
    """Season, race and resource of each announcement since the last call."""
    url = sa.make_url(database_url).set(drivername="postgresql")
    with contextlib.closing(
        psycopg2.connect(url.render_as_string(hide_password=False))
    ) as listening:
        listening.autocommit = True
        listening.cursor().execute(f"LISTEN {index.PROCESSED}")

        def read() -> set[tuple[Any, ...]]:
            with engine.begin() as connection:  # the last one
                connection.execute(sa.text(f"NOTIFY {index.PROCESSED}, 'end'"))
            found: list[str] = []
            while not found or found[-1] != "end":
                assert select.select([listening], [], [], 10)[0]
                listening.poll()
                found += [one.payload for one in listening.notifies]
                listening.notifies.clear()
            names = ("season", "race_id", "resource")
            values = [json.loads(payload) for payload in found[:-1]]
            return {tuple(value.get(name) for name in names) for value in values}

        yield read


def test_every_change_of_served_data_is_announced(
    *, recorder: Recorder, drain: Drain, engine: sa.Engine, store: RawStore, announced: Announced
) -> None:
    race_id = f"2024-{recorder.dataset.weekends[0].race.circuit_id}"
    recorder.put(recorder.make("schedule"), recorder.make("laps", 1))
    drain()
    assert announced() == {(2024, "", "schedule"), (2024, race_id, "laps")}

    recorder.put(recorder.make("laps", 1))
    drain()
    assert announced() == {(2024, race_id, "laps")}  # seen_at changes

    recorder.put(recorder.make("laps", 2, pages=[Page.of("/x", b"{}", NOON)]))
    drain()
    assert announced() == {(2024, "", "laps")}  # a person must decide

    decisions.decide(engine, store, decisions.PURGE, by="a person", season=2024)
    assert (2024, None, None) in announced()


def test_races_of_an_archive_are_announced_one_by_one(
    recorder: Recorder, drain: Drain, announced: Announced
) -> None:
    recorder.put(recorder.archive())
    drain()
    circuits = [weekend.race.circuit_id for weekend in recorder.dataset.weekends]
    assert {race_id for _, race_id, _ in announced()} == {
        "", *(f"2024-{circuit_id}" for circuit_id in circuits)
    }  # fmt: skip
