"""Rows as CSV (RFC 4180) in UTF-8, with a head line; null is an empty field.

In a dataset, a timestamp is 2024-05-26T13:00:00Z, and ``;`` separates the texts of a list.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from f1_datasets.rows import clean
from f1_datasets.tables import Dataset, Kind

_FORMULA = re.compile(r"[=+\-@\x00-\x1f\x7f\uff1d\uff0b\uff0d\uff20]")
"""The start of a text that a spreadsheet interprets as a formula (the last are full-width)."""
_NUMBER = re.compile(
    r"[+-]?(?:\d{1,300}(?:\.\d{0,300})?|\.\d{1,300})(?:[eE][+-]?\d{1,3})?", re.ASCII
)
_LONGEST_CELL = 2**24


class _Lines(list[str]):
    """A list to which the csv module can write lines."""

    write = list.append


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    r"""Any rows, each value as Python formats it.

    >>> table(("name", "wins"), [("Ada, the\rfirst", None)])
    b'name,wins\n"Ada, the\rfirst",\n'
    """
    lines = _Lines()
    # Before Python 3.13, the csv module quotes a carriage return only if the line terminator has
    # one: it is added here, and removed below.
    writer = csv.writer(lines, lineterminator="\n\r")
    writer.writerow(columns)
    writer.writerows(rows)
    return "".join([line[:-1] for line in lines]).encode()


def without_formulas(content: bytes) -> bytes:
    r"""The same table for a spreadsheet: texts that it would interpret as formulas begin with `'`.

    Numbers stay numbers. Not for programs, which would read the `'` as part of the text.

    >>> without_formulas(b"name,gap,status\n=1+1,-5,+1 Lap\n")
    b"name,gap,status\n'=1+1,-5,'+1 Lap\n"
    """
    csv.field_size_limit(_LONGEST_CELL)
    head, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    return table(head, ([_text(cell) for cell in row] for row in rows))


def _text(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def encode(dataset: Dataset, rows: Sequence[Sequence[Any]]) -> bytes:
    """The rows of a dataset's query."""
    columns = [
        list(map(_WRITE[column.kind], values)) if column.kind in _WRITE else values
        for column, values in zip(dataset.columns, clean(dataset, rows), strict=True)
    ]
    return table([column.name for column in dataset.columns], zip(*columns, strict=True))


_WRITE: dict[Kind, Callable[[Any], str]] = {
    "keys": ";".join,
    "timestamp": lambda value: value.isoformat().replace("+00:00", "Z") if value else "",
}
