"""The commands' queries of the ledger."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, TextClause

from f1_core.postgres.queries import query

Row = dict[str, Any]


def captures(engine: Engine, states: Sequence[str], season: int | None, limit: int) -> list[Row]:
    """Captures in these states (without states: all), newest first.

    A capture of many slices is also listed as held if one of its slices is held.
    """
    values = {"states": list(states), "season": season, "limit": limit}
    return _rows(engine, _CAPTURES, values)


def capture(engine: Engine, key: str) -> Row | None:
    """One capture; None if the ledger does not have it."""
    found = _rows(engine, _CAPTURE, {"key": key})
    return found[0] if found else None


def slices(engine: Engine, key: str) -> list[Row]:
    """The slices of which a capture is a candidate, with the captures that are applied now."""
    return _rows(engine, _SLICES, {"key": key})


def quarantined(engine: Engine) -> list[str]:
    """Keys of all quarantined captures."""
    return [str(row["capture_key"]) for row in _rows(engine, _QUARANTINED, {})]


def _rows(engine: Engine, statement: TextClause, values: Row) -> list[Row]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(statement, values).mappings()]


_CAPTURES = query(__name__, "captures")
_CAPTURE = query(__name__, "capture")
_SLICES = query(__name__, "slices")
_QUARANTINED = query(__name__, "quarantined")
