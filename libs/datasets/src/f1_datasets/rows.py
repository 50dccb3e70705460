"""Converts the database's rows to the values of a file, which are equal in both formats."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from f1_datasets.tables import Column, Dataset


def clean(dataset: Dataset, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The columns of a dataset's rows, as lists of int, float, str, date, datetime in UTC, lists
    of str, and None.

    An empty text becomes None where a column may be null, since CSV cannot distinguish the two.
    """
    if not rows:
        return [[] for _ in dataset.columns]
    found = zip(*rows, strict=True)
    return [_cleaned(column, values) for column, values in zip(dataset.columns, found, strict=True)]


def _cleaned(column: Column, values: Sequence[Any]) -> list[Any]:
    if column.kind == "timestamp":
        return [_timestamp(value) for value in values]
    if column.kind in ("text", "key") and not column.required:
        return [value or None for value in values]
    return list(values)


def _timestamp(text: str | None) -> datetime | None:
    """A timestamp as sources write it, 2024-05-26T13:00:00Z; None if it is invalid."""
    try:
        found = datetime.fromisoformat(text or "").replace(microsecond=0)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
