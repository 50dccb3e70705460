"""A database that was restored, or lost its last transactions, issues no order that S3 has."""

import contextlib
import select
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
import sqlalchemy as sa
from sqlalchemy import text

from f1_core.capture import Capture, Header, Page
from f1_core.ledger import decisions, index, orders
from f1_core.store.rawstore import RawStore
from f1_devkit.servers.postgres import Postgres

AT = datetime(2024, 5, 1, 12, tzinfo=UTC)


class Fetching:
    """Makes captures as ingest does, one a day."""

    def __init__(self, engine: sa.Engine, store: RawStore) -> None:
        self.engine = engine
        self.store = store
        self.orders = orders.Orders(store)
        self.at = AT

    def fetch(self, *, announce: bool = True) -> Capture:
        self.at += timedelta(days=1)
        with self.engine.begin() as connection:
            order = self.orders.next(connection)
        header = Header(
            source="jolpica", resource="laps", season=2024, round=8, order=order,
            started_at=self.at, fetched_at=self.at,
        )  # fmt: skip
        capture = Capture(header, [Page.of("/laps", b"{}", self.at)])
        self.store.put(capture.key, capture.encode())
        if announce:
            self.announce(capture)
        return capture

    def announce(self, capture: Capture) -> None:
        with self.engine.begin() as connection:
            index.announce(connection, capture.key, capture.header)


@pytest.fixture
def fetching(engine: sa.Engine, store: RawStore) -> Fetching:
    index.sweep(engine, store)
    return Fetching(engine, store)


@pytest.fixture
def backup(postgres: Postgres, database_url: str, engine: sa.Engine) -> Iterator["Backup"]:
    name = sa.make_url(database_url).database
    assert name is not None
    made = Backup(postgres, engine, name)
    yield made
    postgres.drop_database(f"{name}_backup")


class Backup:
    """A copy of the database, to be put in its place."""

    def __init__(self, postgres: Postgres, engine: sa.Engine, name: str) -> None:
        self._postgres, self._engine, self._name = postgres, engine, name

    def take(self) -> None:
        self._engine.dispose()
        self._postgres.create_database(f"{self._name}_backup", self._name)

    def restore(self) -> None:
        """Under the same name; sessions are terminated, and clients reconnect."""
        self._postgres.drop_database(self._name)
        self._postgres.create_database(self._name, f"{self._name}_backup")
        self._engine.dispose()


def known(engine: sa.Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(text("SELECT capture_key FROM captures")).scalars())


def test_what_is_fetched_after_a_restore_is_newer_than_all_that_was_lost(
    fetching: Fetching, backup: Backup, engine: sa.Engine, store: RawStore
) -> None:
    fetching.fetch()
    backup.take()
    lost = [fetching.fetch() for _ in range(5)]
    backup.restore()
    before = orders.BEHIND._value.get()
    new = Fetching(engine, store).fetch()
    assert new.header.order == lost[-1].header.order + 1
    assert orders.BEHIND._value.get() == before + 1
    # Only a full sweep finds the lost captures, which are older than `since`; the next one is.
    assert index.sweep(engine, store, since=timedelta(hours=50)) == 0
    with engine.connect() as connection:
        assert index.swept_at(connection) is None
    assert index.sweep(engine, store) == 5
    assert known(engine) > {capture.key for capture in lost}


def test_a_process_that_runs_during_a_restore_detects_it(
    fetching: Fetching, backup: Backup, engine: sa.Engine, store: RawStore
) -> None:
    fetching.fetch()
    backup.take()
    other = Fetching(engine, store)
    other.at = fetching.at
    lost = [other.fetch() for _ in range(5)][-1]
    backup.restore()
    fetching.at = other.at
    assert fetching.fetch().header.order > lost.header.order


def test_the_next_sweep_after_a_restore_is_a_full_one(
    fetching: Fetching, backup: Backup, engine: sa.Engine, store: RawStore
) -> None:
    fetching.fetch()
    backup.take()
    lost = {fetching.fetch().key for _ in range(5)}
    backup.restore()
    assert index.sweep(engine, store, since=timedelta(hours=50)) == 5
    assert known(engine) > lost
    with engine.begin() as connection:
        assert orders.next_order(connection) == 7
    assert index.sweep(engine, store, since=timedelta(hours=50)) == 0


def test_a_capture_that_is_announced_to_a_restored_database_raises_its_sequence(
    fetching: Fetching, backup: Backup, engine: sa.Engine, store: RawStore
) -> None:
    backup.take()
    fetching.fetch()
    under_way = fetching.fetch(announce=False)
    backup.restore()
    fetching.announce(under_way)
    with engine.begin() as connection:
        assert orders.next_order(connection) == under_way.header.order + 1


def test_a_decision_after_a_restore_is_newer_than_what_was_lost(
    fetching: Fetching, backup: Backup, engine: sa.Engine, store: RawStore
) -> None:
    backup.take()
    lost = [fetching.fetch() for _ in range(3)][-1]
    backup.restore()
    purge = decisions.decide(engine, store, "purge", by="a person", season=2024)
    assert purge.order > lost.header.order


def test_a_lost_decision_counts_as_well(
    fetching: Fetching, backup: Backup, engine: sa.Engine, store: RawStore
) -> None:
    fetching.fetch()
    backup.take()
    purge = decisions.decide(engine, store, "purge", by="a person", season=2024)
    backup.restore()
    assert fetching.fetch().header.order == purge.order + 1
    index.sweep(engine, store)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT capture_order FROM decisions")).scalar_one() == (
            purge.order
        )


def test_a_database_that_lost_nothing_needs_no_full_sweep(
    fetching: Fetching, engine: sa.Engine, store: RawStore
) -> None:
    fetched = [fetching.fetch(), Fetching(engine, store).fetch()]
    assert [capture.header.order for capture in fetched] == [1, 2]
    index.sweep(engine, store, since=timedelta(hours=50))
    with engine.connect() as connection:
        assert index.swept_at(connection) is not None


def test_s3_is_listed_once_per_session(
    fetching: Fetching, store: RawStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[str] = []
    keys = store.keys

    def note(prefix: str) -> Iterator[str]:
        listed.append(prefix)
        return keys(prefix)

    monkeypatch.setattr(store, "keys", note)
    for _ in range(5):
        fetching.fetch()
    assert listed == ["decisions/"]


def test_the_newest_order_may_be_one_of_a_decision(engine: sa.Engine, store: RawStore) -> None:
    assert orders.newest(store) == 0
    purge = decisions.decide(engine, store, "purge", by="a person", season=2024)
    assert orders.newest(store) == purge.order


def test_future_days_and_other_folders_hide_no_order(fetching: Fetching, store: RawStore) -> None:
    orders_in_s3 = [fetching.fetch().header.order for _ in range(3)]
    future = Header(
        source="jolpica", resource="laps", order=1, started_at=datetime(2998, 1, 1, tzinfo=UTC),
        fetched_at=AT,
    )  # fmt: skip
    for key in (Capture(future, []).key, "raw/zzz/x", "raw/2024-13-45/x", "raw/2024-06-01/x"):
        store.put(key, b"")
    assert orders.newest(store) == orders_in_s3[-1]


def test_orders_that_are_issued_while_the_sequence_is_raised_are_never_issued_twice(
    engine: sa.Engine,
) -> None:
    begin = threading.Barrier(4)

    def issue(_: int) -> list[int]:
        begin.wait()
        issued = []
        for _ in range(60):
            with engine.begin() as connection:
                issued.append(orders.next_order(connection))
        return issued

    def raise_it() -> list[int]:
        begin.wait()
        for _ in range(60):
            with engine.begin() as connection:
                last = connection.execute(text("SELECT last_value FROM capture_order")).scalar_one()
                orders.raise_order(connection, last + 1)
        return []

    with ThreadPoolExecutor(4) as threads:
        running = [*(threads.submit(issue, n) for n in range(3)), threads.submit(raise_it)]
        issued = [order for future in running for order in future.result()]
    assert len(issued) == len(set(issued))


def test_an_order_beyond_all_that_can_have_been_issued_is_refused(
    engine: sa.Engine, store: RawStore
) -> None:
    """Such a sequence was set by hand: no program could read its captures back."""
    with engine.begin() as connection:
        connection.execute(text("SELECT setval('capture_order', 99000000000000)"))
        with pytest.raises(orders.ImplausibleOrder, match="with setval"):
            orders.Orders(store).next(connection)


def test_an_announcement_reaches_workers_that_listen(fetching: Fetching, database_url: str) -> None:
    """At commit, with the capture's key, so that a worker need not poll the ledger."""
    url = sa.make_url(database_url).set(drivername="postgresql")
    with contextlib.closing(
        psycopg2.connect(url.render_as_string(hide_password=False))
    ) as listening:
        listening.autocommit = True
        listening.cursor().execute(f"LISTEN {index.ANNOUNCED}")
        capture = fetching.fetch()
        assert select.select([listening], [], [], 10)[0]
        listening.poll()
        assert [one.payload for one in listening.notifies] == [capture.key]
