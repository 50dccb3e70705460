"""Objects are written whole, once, and never changed."""

import pytest
from pydantic import SecretStr

from f1_core.errors import StoreUnavailable
from f1_core.rawstore import RawStore, StoreSettings


def test_an_object_is_never_overwritten(store: RawStore) -> None:
    assert store.put("raw/a.json", b"first")
    assert not store.put("raw/a.json", b"second")
    assert store.get("raw/a.json") == b"first"


def test_a_missing_object_is_a_key_error(store: RawStore) -> None:
    with pytest.raises(KeyError, match=r"raw/none\.json"):
        store.get("raw/none.json")


def test_keys_are_listed_in_order_after_one(store: RawStore) -> None:
    for key in ("raw/2", "raw/1", "raw/3", "other/1"):
        store.put(key, b"")
    assert list(store.keys("raw/")) == ["raw/1", "raw/2", "raw/3"]
    assert list(store.keys("raw/", after="raw/1")) == ["raw/2", "raw/3"]


def test_no_server_is_said_so() -> None:
    settings = StoreSettings(
        bucket="raw",
        endpoint="http://127.0.0.1:9",
        access_key_id="a",
        secret_access_key=SecretStr("b"),
        attempts=1,
    )
    with RawStore(settings) as store, pytest.raises(StoreUnavailable, match="could not reach"):
        store.check()


def test_a_bucket_that_is_not_there_is_said_so(store: RawStore) -> None:
    store.check()
    store.bucket = "not-there"
    with pytest.raises(StoreUnavailable, match="not-there"):
        store.check()


def test_what_is_derived_is_replaced_and_removed(store: RawStore) -> None:
    key = "processed/2024/laps.parquet"
    assert store.replace(key, b"first", "application/octet-stream")
    assert not store.replace(key, b"first", "application/octet-stream")
    assert store.replace(key, b"second", "application/octet-stream")
    assert store.get(key) == b"second"
    store.remove(key)
    store.remove(key)
    assert list(store.keys("processed/")) == []


@pytest.mark.parametrize("key", ["raw/a.json", "decisions/a.json", "processed", "../processed/a"])
def test_nothing_else_can_be_replaced_or_removed(store: RawStore, key: str) -> None:
    with pytest.raises(ValueError, match="never changed"):
        store.replace(key, b"", "application/json")
    with pytest.raises(ValueError, match="never changed"):
        store.remove(key)


def test_an_object_of_someone_else_is_replaced(store: RawStore) -> None:
    """It has no hash in its metadata, so that its content is not known."""
    store.put("processed/2024/laps.parquet", b"theirs")
    assert store.replace("processed/2024/laps.parquet", b"ours", "application/octet-stream")
    assert store.get("processed/2024/laps.parquet") == b"ours"
