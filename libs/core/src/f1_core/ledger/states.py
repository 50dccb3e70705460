"""A capture's state, derived from what became of its slices.

Most captures have one slice, and its state is theirs. An archive has thousands:

* `processed` if any slice is built from it, else `held` if any waits for a second one or a person,
  else `unchanged`, else `superseded`, else `quarantined`: none has a place in the schedule;
* its reason counts the slices that wait for a person, whatever its state, and names the first;
* if any waits, an archive's reason ends in what else is wrong with it;
* without any slice left, it was purged;
* one whose raw object was changed is quarantined, and its slices stay as they were.

A capture that waits for a worker, or has one, gets its state when that worker is done.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from f1_core.postgres.queries import query


def lock_captures(connection: Connection, keys: Iterable[str]) -> None:
    """Lock captures in the one order of all programs, until the transaction ends."""
    connection.execute(_LOCK, {"keys": list(keys)})


def refresh(connection: Connection, keys: Sequence[str]) -> None:
    """Derive the state and reason of captures anew from their slices."""
    if keys:
        lock_captures(connection, keys)
        connection.execute(_REFRESH, {"keys": list(keys)})


def reopen(connection: Connection, keys: Iterable[str]) -> int:
    """Queue captures for the worker; a worker that has claimed them loses its claim.

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
_LOCK = query(__name__, "lock_captures")
_REOPEN = query(__name__, "reopen")
_REFRESH = query(__name__, "refresh_states")
