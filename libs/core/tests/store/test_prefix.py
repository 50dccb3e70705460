"""A store with a prefix has its objects in a folder of the bucket, and its keys without it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy import text

from f1_core.errors import StoreUnavailable
from f1_core.ledger import index, orders
from f1_core.store.rawstore import RawStore, StoreSettings
from f1_devkit.servers.s3 import S3

LAPS = "raw/2024-05-26/jolpica/20240526T153000Z-2024-08-laps-000000000001.json"


@pytest.fixture
def folder(s3: S3, store: RawStore) -> Iterator[RawStore]:
    """A store on a folder of the bucket of `store`."""
    with RawStore(_in(s3, store, "/team-a/f1/")) as folder:
        yield folder


def test_objects_are_in_the_folder_and_keys_are_without_it(
    store: RawStore, folder: RawStore
) -> None:
    assert folder.put(LAPS, b"capture")
    assert not folder.put(LAPS, b"another")
    assert folder.replace("processed/2024/laps.parquet", b"rows", "application/octet-stream")
    inside = [LAPS, "processed/2024/laps.parquet"]
    assert sorted(folder.keys("")) == sorted(inside)
    assert sorted(store.keys("")) == sorted(f"team-a/f1/{key}" for key in inside)
    assert folder.get(LAPS) == b"capture"
    assert folder.uri(LAPS) == f"s3://{store.bucket}/team-a/f1/{LAPS}"
    folder.remove("processed/2024/laps.parquet")
    assert list(folder.keys("processed/")) == []


def test_listings_begin_after_a_key_and_list_folders(store: RawStore, folder: RawStore) -> None:
    store.put("raw/2020-01-01/a.json", b"of an installation without a prefix")
    store.put("team-a/f10/raw/2020-01-01/a.json", b"of one with a similar prefix")
    for day in ("2024-05-26", "2024-05-27"):
        folder.put(f"raw/{day}/a.json", b"{}")
    assert list(folder.keys("raw/", after="raw/2024-05-27")) == ["raw/2024-05-27/a.json"]
    assert list(folder.folders("raw/")) == ["raw/2024-05-26/", "raw/2024-05-27/"]
    assert list(store.folders("raw/")) == ["raw/2020-01-01/"]


def test_derived_objects_have_the_folder_in_their_own_bucket(s3: S3, store: RawStore) -> None:
    processed = f"{store.bucket}-processed"
    settings = _in(s3, store, "f1").model_copy(update={"processed_bucket": processed})
    with s3.store(processed) as other, RawStore(settings) as both:
        both.replace("processed/2024/a.parquet", b"snapshot", "application/octet-stream")
        assert list(other.keys("")) == ["f1/processed/2024/a.parquet"]
        assert both.get("processed/2024/a.parquet") == b"snapshot"


def test_errors_contain_the_objects_address(s3: S3, store: RawStore) -> None:
    settings = _in(s3, store, "f1").model_copy(update={"bucket": "not-there", "attempts": 1})
    with (
        RawStore(settings) as missing,
        pytest.raises(StoreUnavailable, match=r"s3://not-there/f1/raw/a\.json"),
    ):
        missing.put("raw/a.json", b"")


@pytest.mark.parametrize("moved_to", ["the folder", "the bucket"])
def test_another_folder_requires_a_full_sweep(
    engine: sa.Engine, store: RawStore, folder: RawStore, moved_to: str
) -> None:
    """Its first sweep is a full one, as with another bucket."""
    before, after = (store, folder) if moved_to == "the folder" else (folder, store)
    index.sweep(engine, before)
    with engine.begin() as connection:
        orders.raise_order(connection, 1)  # the database is not behind the object's order
    after.put(LAPS, b"{}")
    lately = timedelta(days=1)  # and the object is of 2024
    assert index.sweep(engine, before, since=lately) == 0
    assert index.sweep(engine, after, since=lately) == 1
    with engine.connect() as connection:
        bucket = connection.execute(text("SELECT bucket FROM installation")).scalar_one()
        keys = connection.execute(text("SELECT capture_key FROM captures")).scalars().all()
    assert bucket == after.address
    assert keys == [LAPS]


@pytest.mark.parametrize(
    "prefix", ["s3://raw/f1", "f1/../raw", "f1//a", "a b", "raw", "decisions/f1", "x" * 201]
)
def test_an_invalid_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(ValidationError, match=r"write (names|a prefix)"):
        StoreSettings(bucket="raw", prefix=prefix)


@pytest.mark.parametrize(
    ("style", "endpoint", "address"),
    [
        (None, "http://minio:9000", "http://minio:9000/f1-raw/a"),
        ("virtual", "http://minio:9000", "http://f1-raw.minio:9000/a"),
        (None, None, "https://f1-raw.s3.amazonaws.com/a"),
        ("path", None, "https://s3.amazonaws.com/f1-raw/a"),
    ],
)
def test_the_bucket_is_in_the_path_or_in_the_host_name(
    style: str | None, endpoint: str | None, address: str
) -> None:
    settings = StoreSettings.model_validate(
        {
            "bucket": "f1-raw",
            "endpoint": endpoint,
            "addressing_style": style,
            "access_key_id": "id",
            "secret_access_key": "secret",
        }
    )
    with RawStore(settings) as store:
        where = {"Bucket": "f1-raw", "Key": "a"}
        signed = store._s3.generate_presigned_url("get_object", where)
    assert signed.partition("?")[0] == address


def _in(s3: S3, store: RawStore, prefix: str) -> StoreSettings:
    settings = {**s3.settings(store.bucket).model_dump(), "prefix": prefix}
    return StoreSettings.model_validate(settings)
