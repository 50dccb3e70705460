"""Tables as CSV: what a page shows, for a spreadsheet."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct, structs
from starlette.requests import Request
from starlette.responses import Response

from f1_api.http.responses import CSV, respond
from f1_datasets import csv_text


class Table(NamedTuple):
    """Names of columns, and rows of them."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


def table_of(kind: type[Struct], items: Iterable[Struct]) -> Table:
    """The fields of structs of one kind, a line each."""
    return Table(kind.__struct_fields__, (structs.astuple(item) for item in items))


def text_of(table: Table) -> str:
    r"""The table as CSV: what is null is empty, a list is separated by spaces.

    >>> text_of(Table(("driver", "wins", "teams"), [("ada", None, ["north", "south"])]))
    'driver,wins,teams\nada,,north south\n'
    """
    rows = ([_cell(value) for value in row] for row in table.rows)
    return csv_text.table(table.columns, rows).decode()


def respond_csv(
    request: Request,
    table: Table,
    *,
    synthetic: bool | None,
    complete: bool | None = None,
    links: Sequence[tuple[str, str]] = (),
    keep: bool = True,
) -> Response:
    """Answer with a table; the arguments are those of :func:`f1_api.http.responses.respond`.

    Args:
        complete: whether all is captured that should be; None: the table is not about that.
    """
    told = [] if complete is None else [("X-F1-Complete", "true" if complete else "false")]
    return respond(
        request,
        text_of(table).encode(),
        synthetic=synthetic,
        links=links,
        headers=told,
        media_type=CSV,
        keep=keep,
    )


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join("" if item is None else str(item) for item in value)
    return value.isoformat() if isinstance(value, datetime) else value
