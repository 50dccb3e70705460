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
