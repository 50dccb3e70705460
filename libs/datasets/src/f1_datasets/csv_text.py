"""A dataset as CSV (RFC 4180) in UTF-8, with a head line.

Null is an empty field; moments are 2024-05-26T13:00:00Z; a list is its texts with ``;`` between.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from f1_datasets.rows import clean
from f1_datasets.tables import Dataset, Kind

# The csv module of Python before 3.13 leaves a carriage return unquoted.
_TO_QUOTE = re.compile('[",\r\n]')


def encode(dataset: Dataset, rows: Sequence[Sequence[Any]]) -> bytes:
    """The rows of a dataset's query as CSV."""
    columns = [
        ["" if value is None else _WRITE[column.kind](value) for value in values]
        for column, values in zip(dataset.columns, clean(dataset, rows), strict=True)
    ]
    lines = [",".join(column.name for column in dataset.columns)]
    lines += map(",".join, zip(*columns, strict=True))
    return "\n".join([*lines, ""]).encode()


def _text(value: str) -> str:
    if _TO_QUOTE.search(value):
        value = value.replace('"', '""')
        return f'"{value}"'
    return value


_WRITE: dict[Kind, Callable[[Any], str]] = {
    "int32": str,
    "int64": str,
    "float64": repr,
    "text": _text,
    "key": _text,
    "keys": lambda value: _text(";".join(value)),
    "date": str,
    "moment": lambda value: value.isoformat().replace("+00:00", "Z"),
}
