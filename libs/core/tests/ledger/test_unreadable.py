"""The bucket may contain any object: an unreadable one stops no sweep, and is reported."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import sqlalchemy as sa
from botocore.response import StreamingBody
from sqlalchemy import text

from f1_core.capture import Capture, Header, Page, decode
from f1_core.errors import BadCapture, TooLarge
from f1_core.ledger import decisions, index, orders, unreadable
from f1_core.metrics.exporter import LedgerCollector
from f1_core.store.rawstore import RawStore

AT = datetime(2024, 5, 26, 15, 30, tzinfo=UTC)
NOW = datetime(2025, 1, 1, tzinfo=UTC)


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


def skipped(engine: sa.Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return dict(map(tuple, unreadable.some(connection, 10_000)))  # type: ignore[arg-type]


def gauge(engine: sa.Engine, name: str) -> float:
    [found] = [m for m in LedgerCollector(engine).collect() if m.name == name]
    return float(found.samples[0].value)


@pytest.mark.parametrize("order", [99_999_999_999_999, 10**13, 10**12, 10**12 - 1, 0])
def test_an_order_that_cannot_have_been_issued_hides_no_later_capture(
    engine: sa.Engine, store: RawStore, order: int
) -> None:
    first = put(store, 700)
    odd = put(store, order)
    index.sweep(engine, store)
    with engine.begin() as connection:
        assert orders.next_order(connection) == 701
    later = put(store, 701, at=AT + timedelta(days=1))
    index.sweep(engine, store)
    assert known(engine) == [first.key, later.key]
    assert list(skipped(engine)) == [odd.key]
    assert f"its order, {order}" in skipped(engine)[odd.key]
    assert gauge(engine, "f1_unreadable_objects") == 1


def test_orders_after_the_greatest_plausible_one_stay_plausible() -> None:
    at = NOW
    issued = int((at - datetime(2020, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
    assert orders.is_plausible(issued, at)
    assert not orders.is_plausible(issued + 1, at)
    for _ in range(50):  # a thousand captures an hour, for two days
        at, issued = at + timedelta(hours=1), issued + 1000
        assert orders.is_plausible(issued, at)
    hundred_years = NOW + timedelta(days=36_500)
    assert orders.is_plausible(1000 * 24 * 36_500, hundred_years)


def test_a_sequence_moved_too_far_ends_a_fetch_before_it_writes_an_unreadable_object(
    engine: sa.Engine,
) -> None:
    with engine.begin() as connection:
        connection.execute(text("SELECT setval('capture_order', 99999999999999)"))
        with pytest.raises(orders.ImplausibleOrder, match="setval"):
            orders.next_order(connection)


GOOD = decisions.Decision(kind="purge", order=50, decided_by="a person", decided_at=AT, season=2024)


def odd_decisions() -> Iterator[tuple[str, bytes]]:
    def about(order: int, /, **change: object) -> tuple[str, dict[str, object]]:
        made = msgspec.structs.replace(GOOD, order=order)
        return made.key, {**msgspec.to_builtins(made), **change}

    contents = {
        "deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "empty": b"",
        "not UTF-8": b"\xff\xfe\x00",
        "an image": b"\x89PNG\r\n\x1a\n" + bytes(2000),
        "a list": b"[]",
        "null": b"null",
        "half": b'{"kind": "purge"',
        "many digits": b'{"order":' + b"9" * 5_000 + b"}",
        "large": b'{"why":"' + b"x" * 2**20 + b'"}',
    }
    for number, content in enumerate(contents.values(), 1):
        yield about(number)[0], content
    changes: list[dict[str, object]] = [
        {"why": "a\0b"},
        {"decided_by": "\0"},
        {"decided_by": "x" * 10_000},
        {"decided_at": "0001-01-01T00:00:00+14:00"},
        {"decided_at": "9999-12-31T23:59:59-14:00"},
        {"decided_at": "2024-05-26T15:30:00"},
        {"decided_at": 10**300},
        {"order": 10**400},
        {"order": 2**63},
        {"order": -1},
        {"order": True},
        {"order": 1.5},
        {"season": None},
        {"season": 10**30},
        {"season": "2024"},
        {"kind": "erase"},
        {"kind": "confirm"},
        {"kind": ["purge"]},
        {"decided_by": None},
    ]
    for number, change in enumerate(changes, 20):
        key, fields = about(number, **change)
        yield key, json.dumps(fields).encode()
    confirm = msgspec.structs.replace(GOOD, kind="confirm", order=40, season=None)
    for number, capture_key in enumerate((None, "", "a\0b", "../x", "x" * 5_000), 40):
        made = msgspec.structs.replace(confirm, order=number, capture_key=capture_key)
        yield made.key, msgspec.json.encode(made)
    far = msgspec.structs.replace(GOOD, order=99_999_999_999_999)
    yield far.key, msgspec.json.encode(far)
    yield "decisions/2024-05-26/photo.jpg", b"\xff\xd8\xff"
    yield "decisions/\u0661\u0662", b"{}"


def test_invalid_decisions_affect_no_other_object_and_are_listed_with_reasons(
    engine: sa.Engine, store: RawStore
) -> None:
    odd = dict(odd_decisions())
    for key, content in odd.items():
        store.put(key, content)
    store.put(GOOD.key, msgspec.json.encode(GOOD))
    capture = put(store, 700)
    assert index.sweep(engine, store) == 2
    assert known(engine) == [capture.key]
    assert set(skipped(engine)) == set(odd)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT capture_order FROM decisions")).scalar_one() == 50
        sentence = str(unreadable.sentence(connection))
        assert sentence.startswith(f"{len(odd)} objects in S3 could not be read (decisions/")
        assert sentence.count("decisions/") == 5
        assert sentence.endswith(f"; and {len(odd) - 5} more)")
        assert orders.next_order(connection) == 701


def test_only_full_sweeps_read_unreadable_objects_again(
    engine: sa.Engine, store: RawStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(GOOD.key, b"garbage")
    index.sweep(engine, store)
    read: list[str] = []
    get = store.get

    def note(key: str, **how: int) -> bytes:
        read.append(key)
        return get(key, **how)

    monkeypatch.setattr(store, "get", note)
    index.sweep(engine, store, since=timedelta(days=2))
    assert not read
    index.sweep(engine, store)
    assert read == [GOOD.key]
    assert list(skipped(engine)) == [GOOD.key]


def test_a_full_sweep_removes_the_entries_of_removed_objects(
    engine: sa.Engine, store: RawStore
) -> None:
    store.put("raw/2024-05-26/photo.jpg", b"\xff\xd8")
    index.sweep(engine, store)
    assert skipped(engine) == {"raw/2024-05-26/photo.jpg": "it is not the key of a capture"}
    store._s3.delete_object(Bucket=store.bucket, Key="raw/2024-05-26/photo.jpg")
    index.sweep(engine, store)
    assert skipped(engine) == {}
    assert gauge(engine, "f1_unreadable_objects") == 0


@pytest.mark.parametrize("later", [1, 10_000])
def test_one_capture_of_the_other_kind_of_data_stops_no_sweep(
    engine: sa.Engine, store: RawStore, later: int
) -> None:
    """Whether it is listed first or last, and whether the database is new or not."""
    stray = put(store, 5, source="synthetic", at=AT + timedelta(days=later - 5_000))
    captures = [put(store, 6), put(store, 7)]
    for _ in range(2):
        index.sweep(engine, store)
        captures.append(put(store, captures[-1].header.order + 1))
    index.sweep(engine, store)
    assert known(engine) == [capture.key for capture in captures]
    assert list(skipped(engine)) == [stray.key]


def test_a_bucket_of_the_other_kind_of_data_is_refused(engine: sa.Engine, store: RawStore) -> None:
    with engine.begin() as connection:
        index.mark_kind(connection, synthetic=False)
    put(store, 1, source="synthetic")
    with pytest.raises(index.MixedData, match="synthetic data only"):
        index.sweep(engine, store)
    with engine.connect() as connection:
        assert index.swept_at(connection) is None


def test_folder_objects_made_by_a_console_are_ignored(engine: sa.Engine, store: RawStore) -> None:
    store._s3.put_object(Bucket=store.bucket, Key="raw/2024-05-26/", Body=b"")
    index.sweep(engine, store)
    assert skipped(engine) == {}


def test_a_decision_that_a_replay_could_not_read_is_not_written(
    engine: sa.Engine, store: RawStore
) -> None:
    with pytest.raises(decisions.BadDecision):
        decisions.decide(engine, store, "purge", by="x" * 1_000, season=2024)
    with pytest.raises(decisions.BadDecision, match="not the key of a decision"):
        decisions.decide(engine, store, "forgive", by="a person", capture_key=put(store, 1).key)
    assert list(store.keys("decisions/")) == []


def test_an_object_that_is_too_large_is_not_read(
    store: RawStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("raw/large", bytes(5_000))
    assert store.get("raw/large", at_most=5_000) == bytes(5_000)

    def read(*_: object) -> bytes:
        raise AssertionError("it was read")

    monkeypatch.setattr(StreamingBody, "read", read)
    with pytest.raises(TooLarge, match="5,000 bytes, more than the 4,999"):
        store.get("raw/large", at_most=4_999)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"order":7', b'"order":' + b"9" * 5_000),
        (b'"requests":1', b'"requests":3000000000'),
        (b'"total":1', b'"total":-1'),
        (b'"season":2024', b'"season":99999999999'),
        (b'"2024-05-26T15:30:00Z"', b'"0001-01-01T00:00:00+14:00"'),
        (b'"2024-05-26T15:30:00Z"', b'"9999-12-31T23:59:59-14:00"'),
        (b'"2024-05-26T15:30:00Z"', b'"2024-05-26T15:30:00"'),
        (b'"body":{}', b'"base64":"a"'),
        (b'"body":{}', b'"body":' + b"[" * 100_000 + b"]" * 100_000),
        (b'"body":{}', b'"text":1'),
        (b'"/laps"', b'"' + b"x" * 10_000 + b'"'),
    ],
)
def test_any_damage_to_a_capture_raises_bad_capture(old: bytes, new: bytes) -> None:
    header = Header(
        source="jolpica", resource="laps", season=2024, round=8, order=7, started_at=AT,
        fetched_at=AT, total=1, requests=1,
    )  # fmt: skip
    content = Capture(header, [Page.of("/laps", b"{}", AT)]).encode()
    assert decode(content).header.order == 7
    with pytest.raises(BadCapture):
        decode(content.replace(old, new))
