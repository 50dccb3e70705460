r"""The canonical lines of a slice: one a row, in Postgres' COPY text format (tab between columns,
``\N`` for null), without the race and the session, which the slice has.

They are what a capture's content hash is of, what COPY takes as it is, and what is compared to tell
what a correction changed.
"""

import json
import re
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from f1_core.postgres.schema import metadata

Value = int | float | str | list[str] | dict[str, dict[str, str]] | None
"""A cell, as JSON has it: dates as ISO text, a race's sessions as an object."""


class Table(NamedTuple):
    """Where the rows of a resource go.

    Attributes:
        columns: of a line, after the race and perhaps the session.
        identity: the columns by which a person would say that two rows are of the same thing.
    """

    name: str
    columns: tuple[str, ...]
    has_session: bool
    identity: tuple[str, ...] = ("driver_id",)

    def values(self, line: str) -> dict[str, Value]:
        r"""A line's cells by column, as Python has them.

        >>> TABLES["laps"].values("ada_falk\t3\t\\N\t84000")
        {'driver_id': 'ada_falk', 'lap': 3, 'position': None, 'time_ms': 84000}
        """
        types = metadata.tables[self.name].columns
        return {
            column: _value(cell, types[column].type)
            for column, cell in zip(self.columns, self.complete(line).split("\t"), strict=True)
        }

    def complete(self, line: str) -> str:
        r"""The line with all columns: one that was stored before the last were added lacks them.

        >>> TABLES["constructorstandings"].complete("falk\t1\t1\t25\t1")
        'falk\t1\t1\t25\t1\t\\N'
        """
        return line + "\t\\N" * (len(self.columns) - 1 - line.count("\t"))


_RESULT_COLUMNS = (
    "driver_id", "number", "position_text", "constructor_id", "position", "points", "grid", "laps",
    "status", "time_ms", "time", "fastest_lap_rank", "fastest_lap", "fastest_lap_time_ms",
    "fastest_lap_speed_kph",
)  # fmt: skip
_STANDING_COLUMNS = ("position", "position_text", "points", "wins")

TABLES = {
    "laps": Table(
        "lap_times",
        ("driver_id", "lap", "position", "time_ms"),
        has_session=True,
        identity=("driver_id", "lap"),
    ),
    "pitstops": Table(
        "pit_stops",
        ("driver_id", "stop", "lap", "local_time", "duration_ms", "duration"),
        has_session=True,
        identity=("driver_id", "stop"),
    ),
    "results": Table("results", _RESULT_COLUMNS, has_session=False),
    "sprint": Table("sprint_results", _RESULT_COLUMNS, has_session=False),
    "qualifying": Table(
        "qualifying",
        ("driver_id", "number", "constructor_id", "position", "q1_ms", "q2_ms", "q3_ms", "parts"),
        has_session=False,
    ),
    "driverstandings": Table(
        "driver_standings",
        ("driver_id", *_STANDING_COLUMNS, "constructor_ids", "tie_order"),
        has_session=False,
    ),
    "constructorstandings": Table(
        "constructor_standings",
        ("constructor_id", *_STANDING_COLUMNS, "tie_order"),
        has_session=False,
        identity=("constructor_id",),
    ),
}
"""The resources of a race."""

SCHEDULE = Table(
    "races",
    ("round", "name", "circuit_id", "date", "time", "url", "sessions"),
    has_session=False,
    identity=("circuit_id",),
)
"""A season's schedule: its races, not yet with their ids."""


def table_of(resource: str) -> Table:
    """The table of a resource of a race or a season.

    Raises:
        KeyError: there is no such resource.
    """
    return SCHEDULE if resource == "schedule" else TABLES[resource]


_ESCAPED = re.compile(r"\\(.)")
_CONTROL = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _value(cell: str, kind: sa.types.TypeEngine[object]) -> Value:
    if cell == r"\N":
        return None
    if isinstance(kind, sa.Integer):
        return int(cell)
    if isinstance(kind, sa.Numeric):
        return float(cell)
    if isinstance(kind, pg.ARRAY):  # of ids, in which nothing is escaped
        return [one.strip('"') for one in cell[1:-1].split(",") if one]
    text = _ESCAPED.sub(lambda found: _CONTROL.get(found[1], found[1]), cell)
    if isinstance(kind, pg.JSONB):
        sessions: dict[str, dict[str, str]] = json.loads(text)
        return sessions
    return text
