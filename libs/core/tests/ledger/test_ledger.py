"""S3 is authoritative: its captures are found, whatever happened to the database."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy import text

from f1_core.capture import Capture, Header, Page
from f1_core.ledger import decisions, index, orders
from f1_core.store.rawstore import RawStore

AT = datetime(2024, 5, 26, 15, 30, tzinfo=UTC)


def put(store: RawStore, order: int, *, source: str = "jolpica", at: datetime = AT) -> Capture:
    header = Header(
        source=source, resource="laps", season=2024, round=8, order=order, started_at=at,
        fetched_at=at, total=1, requests=1,
    )  # fmt: skip
    capture = Capture(header, [Page.of("/laps", b"{}", at)])
    store.put(capture.key, capture.encode())
    return capture


def known(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        keys = text("SELECT capture_key FROM captures ORDER BY capture_order")
        return list(connection.execute(keys).scalars())


def test_a_lost_announcement_is_found(engine: sa.Engine, store: RawStore) -> None:
    announced, lost = put(store, 1), put(store, 2)
    with engine.begin() as connection:
        index.announce(connection, announced.key, announced.header)
    assert index.sweep(engine, store) == 1
    assert known(engine) == [announced.key, lost.key]
    assert index.sweep(engine, store) == 0


def test_announcing_twice_enters_once(engine: sa.Engine, store: RawStore) -> None:
    capture = put(store, 1)
    for _ in range(2):
        with engine.begin() as connection:
            index.announce(connection, capture.key, capture.header)
    assert known(engine) == [capture.key]


def test_a_capture_after_a_rebuild_is_newer_than_all_in_s3(
    engine: sa.Engine, store: RawStore
) -> None:
    put(store, 700)
    put(store, 812)
    index.sweep(engine, store)
    with engine.begin() as connection:
        assert orders.next_order(connection) > 812


@pytest.mark.parametrize("last", [1, 2])
def test_a_new_sequence_does_not_issue_the_last_order_of_s3_again(
    engine: sa.Engine, store: RawStore, last: int
) -> None:
    """A new sequence has the last value 1 before it has issued 1."""
    put(store, last)
    index.sweep(engine, store)
    with engine.begin() as connection:
        assert orders.next_order(connection) == last + 1


def test_a_sweep_never_lowers_the_order(engine: sa.Engine, store: RawStore) -> None:
    with engine.begin() as connection:
        newest = max(orders.next_order(connection) for _ in range(5))
    put(store, 2)
    index.sweep(engine, store)
    with engine.begin() as connection:
        assert orders.next_order(connection) == newest + 1


def test_only_a_full_sweep_is_recorded_as_one(engine: sa.Engine, store: RawStore) -> None:
    now = datetime.now(UTC)
    old, new = put(store, 1, at=now - timedelta(days=9)), put(store, 2, at=now)
    index.sweep(engine, store, since=timedelta(days=2))
    assert known(engine) == [new.key]
    with engine.connect() as connection:
        assert index.swept_at(connection) is None
    index.sweep(engine, store)
    assert known(engine) == [old.key, new.key]
    with engine.connect() as connection:
        assert index.swept_at(connection) is not None


def test_thousands_of_objects_are_entered_with_progress(engine: sa.Engine, store: RawStore) -> None:
    for order in range(1, 1203):
        at = AT + timedelta(minutes=order)
        header = Header(
            source="jolpica", resource="laps", season=2024, round=8, order=order, started_at=at,
            fetched_at=at,
        )  # fmt: skip
        store.put(Capture(header, []).key, b"")
    seen: list[int] = []
    assert index.sweep(engine, store, progress=seen.append) == 1202
    assert seen[-1] == 1202
    assert len(seen) > 1


def test_a_sweep_ignores_objects_that_are_not_captures(engine: sa.Engine, store: RawStore) -> None:
    store.put("raw/2024-05-26/jolpica/readme.txt", b"hello")
    store.put("raw/elsewhere.json", b"{}")
    assert index.sweep(engine, store) == 0


@pytest.mark.parametrize(
    "key",
    [
        "raw/2024-05-26/jolpica/20240526T153000Z-2024-08-laps-99999999999999999999.json",
        "raw/2024-05-26/jolpica/20240526T153000Z-2024-08-laps-9223372036854775807.json",
        "raw/2024-05-26/jolpica/20240526T153000Z-2024-99999999999-laps-000000000005.json",
        "decisions/2024-05-26/20240526T153000Z-confirm-000000000005.json",
        "decisions/2024-05-26/20240526T153000Z-purge-99999999999999999999.json",
    ],
)
def test_garbage_in_s3_does_not_hide_a_capture(
    engine: sa.Engine, store: RawStore, key: str
) -> None:
    store.put(key, b"garbage")
    capture = put(store, 700)
    index.sweep(engine, store)
    assert known(engine) == [capture.key]
    with engine.begin() as connection:
        assert orders.next_order(connection) == 701


@pytest.mark.parametrize("change", [{"season": 20_240_000_000}, {"order": 6}])
def test_an_inconsistent_decision_is_skipped(
    engine: sa.Engine, store: RawStore, change: dict[str, int]
) -> None:
    made = decisions.Decision(
        kind="purge", order=5, decided_by="a person", decided_at=AT, season=2024
    )
    store.put(made.key, msgspec.json.encode(msgspec.structs.replace(made, **change)))
    capture = put(store, 700)
    assert index.sweep(engine, store) == 1
    assert known(engine) == [capture.key]


def test_synthetic_and_real_data_do_not_share_a_database(
    engine: sa.Engine, store: RawStore
) -> None:
    real = put(store, 1)
    index.sweep(engine, store)
    put(store, 2, source="synthetic")
    index.sweep(engine, store)
    assert known(engine) == [real.key]
    with engine.begin() as connection, pytest.raises(index.MixedData, match="holds real data"):
        index.mark_kind(connection, synthetic=True)


def test_a_decision_is_entered_once(engine: sa.Engine, store: RawStore) -> None:
    capture = put(store, 1)
    index.sweep(engine, store)
    made = decisions.decide(
        engine, store, decisions.CONFIRM, by="a person", capture_key=capture.key, why="seen on TV"
    )
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM decisions"))
        connection.execute(text("UPDATE captures SET state = 'held'"))
    assert index.sweep(engine, store) == 1
    assert index.sweep(engine, store) == 0
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT capture_order, kind, capture_key, decided_by, why FROM decisions")
        ).one()
        state = connection.execute(text("SELECT state FROM captures")).scalar_one()
    assert found == (made.order, "confirm", capture.key, "a person", "seen on TV")
    assert state == "pending"
