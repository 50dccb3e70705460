"""What the commands ask the ledger."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, text

Row = dict[str, Any]


def captures(engine: Engine, states: Sequence[str], season: int | None, limit: int) -> list[Row]:
    """Captures in these states (all, if none is given), newest first.

    A capture of many slices is listed as held, too, if one of its slices is.
    """
    values = {"states": list(states), "season": season, "limit": limit}
    return _rows(engine, _CAPTURES, values)


def capture(engine: Engine, key: str) -> Row | None:
    """One capture; None if the ledger does not have it."""
    found = _rows(engine, _CAPTURE, {"key": key})
    return found[0] if found else None


def slices(engine: Engine, key: str) -> list[Row]:
    """The slices that a capture has a part in, and what their rows are made of now."""
    return _rows(engine, _SLICES, {"key": key})


def quarantined(engine: Engine) -> list[str]:
    """Keys of all quarantined captures."""
    return [str(row["capture_key"]) for row in _rows(engine, _QUARANTINED, {})]


def _rows(engine: Engine, statement: str, values: Row) -> list[Row]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(statement), values).mappings()]


_CAPTURES = """
    SELECT capture_key, state, rows, expected, attempts, fetched_at, reason
      FROM captures c
     WHERE (cardinality(CAST(:states AS text[])) = 0
            OR state = ANY(CAST(:states AS text[]))
            OR EXISTS (
                SELECT FROM slice_captures s
                 WHERE s.capture_key = c.capture_key AND s.state = ANY(CAST(:states AS text[]))
                   AND s.state IN ('held', 'quarantined')
            ))
       AND (CAST(:season AS int) IS NULL OR season = :season)
     ORDER BY capture_order DESC
     LIMIT :limit
"""
_CAPTURE = """
    SELECT capture_key, state, reason, refused, source, resource, season, round, capture_order,
           fetched_at, rows, expected, requests, attempts, not_before, lease_owner,
           lease_expires_at, parser_version, announced_at, finished_at, notes
      FROM captures
     WHERE capture_key = :key
"""
_SLICES = """
    SELECT c.season, c.race_id, c.session, c.resource, c.state, c.rows,
           coalesce(c.reason, c.remark) AS reason,
           s.capture_key AS applied, s.rows AS applied_rows, s.seen_at
      FROM slice_captures c
      LEFT JOIN slices s USING (season, race_id, session, resource)
     WHERE c.capture_key = :key
     ORDER BY c.season, c.race_id, c.session, c.resource
"""
_QUARANTINED = "SELECT capture_key FROM captures WHERE state = 'quarantined' ORDER BY capture_key"
