"""Objects are written whole, once, and never changed."""

from collections import Counter
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from f1_core.errors import StoreUnavailable
from f1_core.store.metrics import REQUESTS, outcome_of
from f1_core.store.rawstore import RawStore
from f1_devkit.servers.s3 import S3
from f1_devkit.servers.s3_faults import S3FaultProxy, S3Faults


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


DERIVED = "processed/2024/laps.parquet"
OPERATIONS: dict[str, Callable[[RawStore], object]] = {
    "reach": RawStore.check,
    "create": RawStore.create,
    "list": lambda store: list(store.keys("raw/")),
    "list ": lambda store: list(store.folders("raw/")),
    "read": lambda store: store.get("raw/a.json"),
    "write": lambda store: store.put("raw/a.json", b"a"),
    "write ": lambda store: store.replace(DERIVED, b"a", "application/octet-stream"),
    "remove": lambda store: store.remove(DERIVED),
}


@pytest.mark.parametrize(
    "faults",
    [S3Faults(down=True), S3Faults(error=1.0, error_status=403)],
    ids=["does not answer", "refuses"],
)
@pytest.mark.parametrize("verb", OPERATIONS)
def test_a_failed_operation_is_reported(
    s3: S3, store: RawStore, s3_proxy: S3FaultProxy, verb: str, faults: S3Faults
) -> None:
    store.put("raw/a.json", b"a")
    proxied = s3.settings(store.bucket, s3_proxy.endpoint).model_copy(update={"attempts": 1})
    s3_proxy.faults = faults
    with (
        RawStore(proxied) as failing,
        pytest.raises(StoreUnavailable, match=f"could not {verb.strip()} s3://{store.bucket}/"),
    ):
        OPERATIONS[verb](failing)


def test_a_missing_bucket_is_reported(store: RawStore) -> None:
    store.check()
    store.bucket = "not-there"
    with pytest.raises(StoreUnavailable, match="not-there"):
        store.check()


def test_derived_objects_are_replaced_and_removed(store: RawStore) -> None:
    key = "processed/2024/laps.parquet"
    assert store.replace(key, b"first", "application/octet-stream")
    assert not store.replace(key, b"first", "application/octet-stream")
    assert store.replace(key, b"second", "application/octet-stream")
    assert store.get(key) == b"second"
    store.remove(key)
    store.remove(key)
    assert list(store.keys("processed/")) == []


@pytest.mark.parametrize("key", ["raw/a.json", "decisions/a.json", "processed", "../processed/a"])
def test_other_objects_cannot_be_replaced_or_removed(store: RawStore, key: str) -> None:
    with pytest.raises(ValueError, match="never changed"):
        store.replace(key, b"", "application/json")
    with pytest.raises(ValueError, match="never changed"):
        store.remove(key)


def test_a_derived_object_without_a_hash_is_replaced(store: RawStore) -> None:
    """Without a hash in its metadata, its content is unknown."""
    store.put("processed/2024/laps.parquet", b"theirs")
    assert store.replace("processed/2024/laps.parquet", b"ours", "application/octet-stream")
    assert store.get("processed/2024/laps.parquet") == b"ours"


def test_derived_objects_may_be_in_another_bucket(s3: S3, store: RawStore) -> None:
    """In a bucket with object lock, snapshots cannot be replaced."""
    processed = f"{store.bucket}-processed"
    settings = s3.settings(store.bucket).model_copy(update={"processed_bucket": processed})
    with s3.store(processed) as other, RawStore(settings) as both:
        both.put("raw/a.json", b"capture")
        both.replace("processed/2024/a.parquet", b"snapshot", "application/octet-stream")
        assert list(store.keys("")) == ["raw/a.json"]
        assert list(other.keys("")) == ["processed/2024/a.parquet"]
        assert list(both.keys("processed/")) == ["processed/2024/a.parquet"]
        assert both.get("processed/2024/a.parquet") == b"snapshot"
        both.remove("processed/2024/a.parquet")
        assert list(other.keys("")) == []


def test_calls_are_counted_by_outcome(store: RawStore, s3: S3, s3_proxy: S3FaultProxy) -> None:
    counted = _Counted()
    store.put("raw/a.json", b"a")
    store.put("raw/a.json", b"a")  # 412: it exists
    with pytest.raises(KeyError):
        store.get("raw/none.json")
    assert list(store.keys("raw/")) == ["raw/a.json"]
    assert counted.new() == {
        ("PutObject", "ok"): 2,
        ("GetObject", "not_found"): 1,
        ("ListObjectsV2", "ok"): 1,
    }
    proxied = s3.settings(store.bucket, s3_proxy.endpoint).model_copy(update={"attempts": 1})
    with RawStore(proxied) as failing:
        for status in (403, 507, 500, 503):
            s3_proxy.faults = S3Faults(error=1.0, error_status=status)
            with pytest.raises(StoreUnavailable):
                failing.get("raw/a.json")
        s3_proxy.faults = S3Faults(down=True)
        with pytest.raises(StoreUnavailable):
            failing.put("raw/b.json", b"b")
    assert counted.new() == {
        ("GetObject", "denied"): 1,
        ("GetObject", "full"): 1,
        ("GetObject", "unavailable"): 2,
        ("PutObject", "unavailable"): 1,
    }


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        *((200, "", "ok"), (304, "", "ok"), (412, "PreconditionFailed", "ok")),
        *((400, "InvalidToken", "denied"), (401, "", "denied"), (403, "", "denied")),
        *((400, "QuotaExceeded", "full"), (507, "", "full"), (403, "XMinioStorageFull", "denied")),
        *((404, "NoSuchKey", "not_found"), (404, "NoSuchBucket", "error"), (400, "", "error")),
        *((500, "", "unavailable"), (503, "SlowDown", "unavailable"), (499, "", "error")),
        *((408, "", "unavailable"), (429, "", "unavailable"), (409, "Conflict", "error")),
    ],
)
def test_a_response_is_counted_by_its_status_and_error_code(
    status: int, code: str, outcome: str
) -> None:
    assert outcome_of(status, code) == outcome


def test_wrong_credentials_are_counted_as_denied(s3: S3, store: RawStore) -> None:
    wrong = {"secret_access_key": SecretStr("wrong"), "attempts": 1}
    counted = _Counted()
    settings = s3.settings(store.bucket).model_copy(update=wrong)
    with RawStore(settings) as denied, pytest.raises(StoreUnavailable):
        denied.get("raw/a.json")
    assert counted.new() == {("GetObject", "denied"): 1}


class _Counted:
    """Calls of this process since the last call of `new`, by operation and outcome."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, str]] = Counter()
        self.new()

    def new(self) -> dict[tuple[str, str], int]:
        now = Counter(
            {
                (sample.labels["operation"], sample.labels["outcome"]): int(sample.value)
                for metric in REQUESTS.collect()
                for sample in metric.samples
                if sample.name.endswith("_total")
            }
        )
        found, self._seen = now - self._seen, now
        return dict(found)
