"""Parquet and CSV have exactly the same values, and equal rows produce equal bytes."""

import csv
import io
import json
import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet as pq

from f1_datasets import csv_text, parquet
from f1_datasets.origin import Capture, Origin
from f1_datasets.tables import DATASETS, Column, Dataset

ORIGIN = Origin(2024, None, synthetic=True, captures=[Capture("laps", "synthetic", "raw/a", 1)])
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
_OF_KIND: dict[str, st.SearchStrategy[Any]] = {
    "int32": st.integers(-(2**31), 2**31 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float64": st.floats(allow_nan=False, allow_infinity=False),
    "text": _TEXT,
    "key": _TEXT,
    "keys": st.lists(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), max_size=3),
    "date": st.dates(),
    "timestamp": st.datetimes(datetime(1950, 1, 1), datetime(2099, 1, 1)).map(  # noqa: DTZ001
        lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}"
    ),
}


def _cells(column: Column) -> st.SearchStrategy[Any]:
    found = _OF_KIND[column.kind]
    return found if column.required else st.none() | found


def tables() -> st.SearchStrategy[tuple[Dataset, list[tuple[Any, ...]]]]:
    """Any dataset with any rows that the database could have."""
    return st.sampled_from(list(DATASETS.values())).flatmap(
        lambda dataset: st.tuples(
            st.just(dataset),
            st.lists(st.tuples(*map(_cells, dataset.columns)), max_size=4),
        )
    )


def _from_csv(column: Column, text: str) -> Any:
    if column.kind == "keys":
        return text.split(";") if text else []
    if text == "" and not column.required:
        return None
    readers: dict[str, Callable[[str], Any]] = {
        "int32": int,
        "int64": int,
        "float64": float,
        "date": date.fromisoformat,
        "timestamp": datetime.fromisoformat,
    }
    return readers.get(column.kind, str)(text)


@settings(deadline=None, max_examples=80)
@given(tables())
def test_csv_and_parquet_have_the_same_values(table: tuple[Dataset, list[tuple[Any, ...]]]) -> None:
    dataset, rows = table
    as_parquet = pq.read_table(io.BytesIO(parquet.encode(dataset, rows, ORIGIN)))
    head, *lines = csv.reader(
        io.StringIO(csv_text.encode(dataset, rows).decode(), newline=""), strict=True
    )
    assert as_parquet.column_names == head == [column.name for column in dataset.columns]
    as_csv = [
        [_from_csv(column, text) for column, text in zip(dataset.columns, line, strict=True)]
        for line in lines
    ]
    assert as_csv == [list(row.values()) for row in as_parquet.to_pylist()]
    assert len(as_csv) == len(rows)


@settings(deadline=None, max_examples=30)
@given(tables())
def test_the_same_rows_make_the_same_bytes(table: tuple[Dataset, list[tuple[Any, ...]]]) -> None:
    """Equal rows, of other objects, as another process reads them."""
    dataset, rows = table
    equal = pickle.loads(pickle.dumps(rows))
    encoded = parquet.encode(dataset, rows, ORIGIN)
    parquet.encode(DATASETS["races"], [], ORIGIN)
    assert parquet.encode(dataset, equal, ORIGIN) == encoded
    assert csv_text.encode(dataset, equal) == csv_text.encode(dataset, rows)


def test_other_captures_make_other_bytes() -> None:
    """Even if their rows are equal, since the file names its captures."""
    laps = DATASETS["lap_times"]
    newer = ORIGIN._replace(captures=[Capture("laps", "synthetic", "raw/b", 1)])
    better = ORIGIN._replace(captures=[Capture("laps", "synthetic", "raw/a", 2)])
    assert len({parquet.encode(laps, [], origin) for origin in (ORIGIN, newer, better)}) == 3


def test_types_are_exact() -> None:
    found = parquet.schema(DATASETS["lap_times"])
    assert found.field("time_ms").type == pa.int32()
    assert found.field("driver_id").type == pa.dictionary(pa.int32(), pa.string())
    assert not found.field("driver_id").nullable
    assert found.field("time_ms").nullable
    races = parquet.schema(DATASETS["races"])
    assert races.field("date").type == pa.date32()
    assert races.field("starts_at").type == pa.timestamp("ms", tz="UTC")


def test_a_column_carries_its_unit_and_meaning() -> None:
    read = pq.read_schema(io.BytesIO(parquet.encode(DATASETS["lap_times"], [], ORIGIN)))
    assert read.field("time_ms").metadata[b"unit"] == b"ms"
    assert b"lap time" in read.field("time_ms").metadata[b"description"]


def test_a_file_names_the_captures_of_its_own_resources() -> None:
    captures = [Capture("laps", "jolpica", "raw/l", 1), Capture("results", "openf1", "raw/r", 1)]
    origin = Origin(2024, "2024-monaco", synthetic=False, captures=captures)
    metadata = origin.metadata(DATASETS["lap_times"])
    assert json.loads(metadata["f1.captures"]) == ["raw/l"]
    assert (metadata["f1.sources"], metadata["f1.race_id"]) == ("jolpica", "2024-monaco")
    assert (metadata["f1.license"], metadata["f1.synthetic"]) == ("CC BY-NC-SA 4.0", "false")
    assert metadata["f1.made_by"].startswith("f1-datasets ")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024-05-26T13:00:00Z", datetime(2024, 5, 26, 13, tzinfo=UTC)),
        ("2024-05-26T13:00:00+02:00", datetime(2024, 5, 26, 11, tzinfo=UTC)),
        ("2024-05-26T13:00:00", datetime(2024, 5, 26, 13, tzinfo=UTC)),
        ("2024-05-26T25:00:00Z", None),
        ("0001-01-01T00:00:00+09:00", None),
        ("2024-05-26Tnoon", None),
        (None, None),
    ],
)
def test_an_invalid_timestamp_is_null(written: str | None, read: datetime | None) -> None:
    """Sources' times are unchecked text."""
    timestamps = Dataset("timestamps", "", (), Column("at", "timestamp", ""))
    found = pq.read_table(io.BytesIO(parquet.encode(timestamps, [[written]], ORIGIN)))
    assert found["at"].to_pylist() == [read]
    assert csv_text.encode(timestamps, [[written]]).count(b"Z\n") == (read is not None)
