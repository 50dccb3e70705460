"""Tables as CSV."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct, structs

from f1_datasets import csv_text


class Table(NamedTuple):
    """Columns and rows. `plain`: no value is a list or a time."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]
    plain: bool = False


def table_of(kind: type[Struct], items: Iterable[Struct]) -> Table:
    """A row for each struct."""
    return Table(kind.__struct_fields__, (structs.astuple(item) for item in items))


def text_of(table: Table) -> str:
    r"""The table as CSV: null is empty, values of a list are separated by spaces.

    >>> text_of(Table(("driver", "wins", "teams"), [("ada", None, ["north", "south"])]))
    'driver,wins,teams\nada,,north south\n'
    """
    rows = table.rows if table.plain else ([_cell(value) for value in row] for row in table.rows)
    return csv_text.table(table.columns, rows).decode()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join("" if item is None else str(item) for item in value)
    return value.isoformat() if isinstance(value, datetime) else value
