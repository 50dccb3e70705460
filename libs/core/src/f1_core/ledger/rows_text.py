r"""The canonical lines of a slice: one per row, in Postgres' COPY text format (tab between columns,
``\N`` for null), without the race and the session, which are columns of the slice.

The content hash is computed from them, COPY reads them unchanged, and comparing them shows what a
correction changed.
"""

import json
import re

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from f1_core.postgres.schema import metadata
from f1_core.resources import Resource

Value = int | float | str | list[str] | dict[str, dict[str, str]] | None
"""A cell as in JSON: dates as ISO text, a race's sessions as an object."""


def values(resource: Resource, line: str) -> dict[str, Value]:
    r"""A line's cells by column, as Python has them.

    >>> from f1_core.resources import RESOURCES
    >>> values(RESOURCES["laps"], "ada_falk\t3\t\\N\t84000")
    {'driver_id': 'ada_falk', 'lap': 3, 'position': None, 'time_ms': 84000}
    """
    types = metadata.tables[resource.table].columns
    return {
        column: _value(cell, types[column].type)
        for column, cell in zip(resource.columns, complete(resource, line).split("\t"), strict=True)
    }


def complete(resource: Resource, line: str) -> str:
    r"""The line with all columns: lines stored before the last columns were added lack them.

    >>> from f1_core.resources import RESOURCES
    >>> complete(RESOURCES["constructorstandings"], "falk\t1\t1\t25\t1")
    'falk\t1\t1\t25\t1\t\\N'
    """
    return line + "\t\\N" * (len(resource.columns) - 1 - line.count("\t"))


_ESCAPED = re.compile(r"\\(.)")
_CONTROL = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _value(cell: str, kind: sa.types.TypeEngine[object]) -> Value:
    if cell == r"\N":
        return None
    if isinstance(kind, sa.Integer):
        return int(cell)
    if isinstance(kind, sa.Numeric):
        return float(cell)
    if isinstance(kind, pg.ARRAY):  # of ids, which have no escapes
        return [one.strip('"') for one in cell[1:-1].split(",") if one]
    text = _ESCAPED.sub(lambda found: _CONTROL.get(found[1], found[1]), cell)
    if isinstance(kind, pg.JSONB):
        sessions: dict[str, dict[str, str]] = json.loads(text)
        return sessions
    return text
