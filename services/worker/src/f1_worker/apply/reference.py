"""Drivers, constructors, circuits and seasons: rows that many captures describe.

The capture with the greatest precedence is applied. Two steps avoid deadlocks and waits between
workers: first, missing rows are inserted as empty stubs; at the end of the transaction, the
capture's values are written. Both process the tables and their keys in the same order.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from f1_core.errors import NotYet
from f1_core.postgres import racing
from f1_core.postgres.queries import query
from f1_worker.parse.slices import Reference, Slice
from f1_worker.queue.statements import Statements


def needed(slices: Iterable[Slice], reference: Reference) -> Reference:
    """All rows that slices or the capture's reference data refer to, as ids without content."""
    drivers, constructors = set(reference.drivers), set(reference.constructors)
    circuits, seasons = set(reference.circuits), set(reference.seasons)
    for piece in slices:
        drivers |= piece.drivers
        constructors |= piece.constructors
        circuits |= {race.circuit_id for race in piece.schedule}
        if piece.resource == "schedule":
            seasons.add(piece.season)
    return Reference(
        dict.fromkeys(drivers, ()),
        dict.fromkeys(constructors, ()),
        dict.fromkeys(circuits, ()),
        dict.fromkeys(seasons, ()),
    )


def ensure(statements: Statements, ids: Reference) -> None:
    """Insert stubs for missing rows. Existing rows are not locked."""
    for table, found in _tables(ids):
        if found:
            statements.add(_ENSURE[table.name], {"ids": sorted(found)})


def write(statements: Statements, reference: Reference, precedence: int) -> None:
    """Write a capture's values, unless stored values have a greater precedence.

    The rows must exist; see :func:`ensure`. Earlier values of the same capture are replaced, since
    a newer parser may have read it.
    """
    for table, rows in _tables(reference):
        if rows:
            ids = sorted(rows)
            columns = zip(*(rows[key] for key in ids), strict=True)
            values: dict[str, object] = {"ids": ids, "precedence": precedence}
            for name, column in zip(_contents(table), columns, strict=True):
                values[name] = list(column)
            statements.add(_WRITE[table.name], values)


Rows = Mapping[Any, tuple[object, ...]]


def _tables(reference: Reference) -> Sequence[tuple[sa.Table, Rows]]:
    return (
        (racing.drivers, reference.drivers),
        (racing.constructors, reference.constructors),
        (racing.circuits, reference.circuits),
        (racing.seasons, reference.seasons),
    )


def _contents(table: sa.Table) -> list[str]:
    return [
        column.name
        for column in table.columns
        if not column.primary_key and column.name != "precedence"
    ]


def _type(column: sa.Column[object]) -> str:
    return str(column.type.compile(_DIALECT)).split(" COLLATE")[0]


def resolve_drivers(statements: Statements, piece: Slice) -> Slice:
    """Replace driver codes (OpenF1's VER) by ids. Hold the season's lock.

    Raises:
        NotYet: no driver, or more than one, has that code in the season's results.
    """
    found: dict[str, list[str]] = {}
    for code, driver_id in statements.fetch(_CODES, {"season": piece.season}):
        found.setdefault(code, []).append(driver_id)
    missing = sorted(code for code in piece.driver_codes if len(found.get(code, ())) != 1)
    if missing:
        raise NotYet(f"waits for results of {piece.season} that identify {', '.join(missing)}")
    return piece.with_driver_ids({code: found[code][0] for code in piece.driver_codes})


def _query(name: str, table: sa.Table) -> sa.TextClause:
    """A statement of the `.sql` file for one of the tables."""
    (key,) = table.primary_key
    columns = _contents(table)

    def of(row: str) -> str:
        return ", ".join(f"{row}.{column}" for column in columns)

    return query(
        __name__,
        name,
        table=table.name,
        key=key.name,
        key_type=_type(key),
        columns=", ".join(columns),
        arrays=", ".join(f"CAST(:{column} AS {_type(table.c[column])}[])" for column in columns),
        known=of("known"),
        given=of("given"),
        excluded=of("excluded"),
    )


_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
REFERENCE = (racing.drivers, racing.constructors, racing.circuits, racing.seasons)
_ENSURE = {table.name: _query("ensure_reference", table) for table in REFERENCE}
_WRITE = {table.name: _query("write_reference", table) for table in REFERENCE}
_CODES = query(__name__, "driver_codes")
