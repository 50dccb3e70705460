"""A capture's state, derived from what became of its slices.

Most captures have one slice, and its state is theirs. An archive has thousands:

* `processed` if any slice is built from it, else `held` if any waits for a second one or a person,
  else `unchanged`, else `superseded`, else `quarantined`: none has a place in the schedule;
* its reason counts the slices that wait for a person, whatever its state, and tells of the first;
* if any waits, an archive's reason ends in what else is wrong with it;
* without any slice left, it was purged;
* one whose raw object was changed is quarantined, and its slices stay as they were.

A capture that waits for a worker, or has one, gets its state when that worker is done.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, text


def lock_captures(connection: Connection, keys: Iterable[str]) -> None:
    """Lock captures in the one order in which everybody does, until the transaction ends."""
    connection.execute(_LOCK, {"keys": list(keys)})


def refresh(connection: Connection, keys: Iterable[str]) -> None:
    """Derive the state and reason of captures anew from their slices."""
    keys = list(keys)
    if keys:
        lock_captures(connection, keys)
        connection.execute(_REFRESH, {"keys": keys})


def reopen(connection: Connection, keys: Iterable[str]) -> int:
    """Send captures back to the worker; one that has them just now has to let go.

    Returns:
        How many there were.
    """
    keys = list(keys)
    if not keys:
        return 0
    lock_captures(connection, keys)
    connection.execute(text("NOTIFY f1_captures"))
    return connection.execute(_REOPEN, {"keys": keys}).rowcount


# NO KEY: foreign keys that point to a capture can be checked meanwhile.
_LOCK = text(
    """
    SELECT FROM captures
     WHERE capture_key = ANY(CAST(:keys AS text[]))
     ORDER BY capture_key
       FOR NO KEY UPDATE
    """
)
_REOPEN = text(
    """
    UPDATE captures
       SET state = 'pending', attempts = 0, not_before = NULL,
           lease_owner = NULL, lease_expires_at = NULL
     WHERE capture_key = ANY(CAST(:keys AS text[]))
    """
)
_REFRESH = text(
    """
    WITH of_slices AS (
        SELECT s.capture_key, s.race_id, s.resource, s.state, s.reason,
               array_position(
                   ARRAY['processed', 'held', 'unchanged', 'superseded', 'quarantined'], s.state
               ) AS rank,
               s.state IN ('held', 'quarantined') AS waits
          FROM slice_captures s
         WHERE s.capture_key = ANY(CAST(:keys AS text[]))
    ), counted AS (
        SELECT capture_key, min(rank) AS rank, count(*) AS slices,
               count(*) FILTER (WHERE waits) AS waiting,
               min(reason) AS reason, count(DISTINCT coalesce(reason, '')) AS reasons
          FROM of_slices
         GROUP BY capture_key
    ), first_waiting AS (
        SELECT DISTINCT ON (capture_key) capture_key, race_id, resource, reason
          FROM of_slices
         WHERE waits
         ORDER BY capture_key, race_id, resource
    ), derived AS (
        SELECT c.capture_key,
               coalesce(
                   (ARRAY['processed', 'held', 'unchanged', 'superseded', 'quarantined'])[n.rank],
                   'superseded'
               ) AS state,
               nullif(concat_ws('; ', CASE
                   WHEN n.slices IS NULL THEN 'purged'
                   WHEN n.slices = 1 THEN n.reason
                   WHEN n.waiting > 0 THEN format(
                       '%s of %s slices wait for a person; the first, %s of %s: %s',
                       n.waiting, n.slices, f.resource, f.race_id, f.reason
                   )
                   WHEN n.reasons = 1 THEN n.reason
               END, CASE WHEN n.waiting > 0 THEN c.notes END), '') AS reason
          FROM captures c
          LEFT JOIN counted n USING (capture_key)
          LEFT JOIN first_waiting f USING (capture_key)
         WHERE c.capture_key = ANY(CAST(:keys AS text[]))
    )
    UPDATE captures c
       SET state = d.state, reason = d.reason
      FROM derived d
     WHERE c.capture_key = d.capture_key
       AND c.state NOT IN ('pending', 'processing')
       AND c.changed IS NULL
       AND (c.state, c.reason) IS DISTINCT FROM (d.state, d.reason)
    """
)
