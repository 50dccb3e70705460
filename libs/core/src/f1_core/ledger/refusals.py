"""How a quarantined capture ends: a newer capture of the same request was read, or a person
dismissed it.

A pure function of all captures of one request and of the decisions about them, so that a replay in
any order comes to the same states. Captures are of one request if source, resource, season and
round are the same. An archive ends an older one only if it is not much smaller: one season must not
end the refusal of an archive of seventy.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, text

from f1_core.ledger import states
from f1_core.ledger.resolution import MUCH_SMALLER
from f1_core.postgres.queries import query

LOCK = text(
    f"""
    SELECT pg_advisory_xact_lock({0x0F3}, hashtext(concat_ws('/', source, resource, season, round)))
      FROM captures
     WHERE capture_key = :key
    """  # noqa: S608 - a number
)
"""The statement that holds the request of the capture `:key` until the transaction ends. Taken
after the locks of the season and of races, and before those of captures."""

WAITING = query(__name__, "waiting")
"""Captures of the same request as `:key` whose state may change with it."""


def lock(connection: Connection, key: str, others: Iterable[str] = ()) -> None:
    """Hold the request of a capture, then that capture and all that may change with it."""
    connection.execute(LOCK, {"key": key})
    waiting = connection.execute(WAITING, {"key": key}).scalars()
    states.lock_captures(connection, {key, *others, *waiting})


def settle(connection: Connection, key: str) -> None:
    """Set the state of every refused capture of the same request as `key`. Hold its locks.

    Refused parts of archives, of races that no schedule has, end in the same way.
    """
    values: dict[str, Any] = {"key": key, "smaller": MUCH_SMALLER}
    ended: Sequence[str] = connection.execute(_END_SLICES, values).scalars().all()
    connection.execute(_SETTLE, values)
    states.refresh(connection, sorted(set(ended)))


# Refused captures of one request, and why each has ended; null: it has not.
# A capture that a worker has just now is settled when that worker is done.
_ENDED = """
    WITH own AS (
        SELECT source, resource, season, round FROM captures WHERE capture_key = :key
    ), request AS (
        SELECT c.capture_key, c.capture_order, c.state, c.reason, c.refused, c.resource,
               (SELECT coalesce(sum((page ->> 'bytes')::bigint), 0)
                  FROM jsonb_array_elements(CASE WHEN c.resource = 'archive' THEN c.pages END)
                    AS page) AS bytes,
               (SELECT d.kind = 'dismiss'
                  FROM decisions AS d
                 WHERE d.capture_key = c.capture_key
                 ORDER BY d.capture_order DESC
                 LIMIT 1) AS dismissed
          FROM captures AS c
          JOIN own
            ON c.source = own.source AND c.resource = own.resource
           AND (c.season = own.season OR c.season IS NULL AND own.season IS NULL)
           AND (c.round = own.round OR c.round IS NULL AND own.round IS NULL)
    ), ended AS (
        SELECT capture_key, refused, state,
               CASE
                   WHEN dismissed THEN 'dismissed'
                   WHEN EXISTS (
                       SELECT FROM request AS newer
                        WHERE newer.capture_order > old.capture_order AND newer.refused IS NULL
                          AND newer.state IN ('processed', 'unchanged', 'superseded', 'held')
                          AND newer.bytes >= old.bytes * CAST(:smaller AS float8)
                   ) THEN 'a newer capture was read'
               END AS why
          FROM request AS old
    )
"""
_END_SLICES = text(
    f"""
    {_ENDED}
    UPDATE slice_captures AS s
       SET state = 'superseded'
      FROM ended
     WHERE s.capture_key = ended.capture_key AND ended.why IS NOT NULL AND s.state = 'quarantined'
    RETURNING CASE WHEN ended.refused IS NULL THEN s.capture_key END
    """  # noqa: S608 - of parts that are all written here
)
_SETTLE = text(
    f"""
    {_ENDED}
    UPDATE captures AS c
       SET state = CASE WHEN ended.why IS NULL THEN 'quarantined' ELSE 'superseded' END,
           reason = concat_ws('; refused because: ', ended.why, ended.refused)
      FROM ended
     WHERE c.capture_key = ended.capture_key AND ended.refused IS NOT NULL
       AND ended.state IN ('quarantined', 'superseded')
    """  # noqa: S608 - of parts that are all written here
)
