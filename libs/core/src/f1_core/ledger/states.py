"""A capture's state, derived from the states of its slices.

Most captures have one slice, whose state is the capture's. An archive has thousands:

* `processed` if a slice is built from it, else `held` if one waits for another capture or a person,
  else `unchanged`, else `superseded`, else `quarantined`: none has a place in the schedule;
* its reason has the number of slices that wait for a person, and the first one, in every state;
* if any waits, the reason ends with other problems of the archive;
* without any slice left, it was purged;
* a capture with a changed raw object is quarantined, and its slices keep their states.

The worker sets the state of a pending or processing capture when it is done.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from f1_core.postgres.queries import query


def lock_captures(connection: Connection, keys: Iterable[str]) -> None:
    """Lock captures until the transaction ends, in the same order in all programs."""
    connection.execute(_LOCK, {"keys": list(keys)})


def refresh(connection: Connection, keys: Sequence[str]) -> None:
    """Derive the state and reason of captures anew from their slices."""
    if keys:
        lock_captures(connection, keys)
        connection.execute(_REFRESH, {"keys": list(keys)})


def reopen(connection: Connection, keys: Iterable[str]) -> int:
    """Queue captures for the worker; a worker that has claimed them loses its claim.

    Returns:
        Their number.
    """
    keys = list(keys)
    if not keys:
        return 0
    lock_captures(connection, keys)
    connection.execute(text("NOTIFY f1_captures"))
    return connection.execute(_REOPEN, {"keys": keys}).rowcount


# NO KEY: foreign keys that point to a capture can still be checked.
_LOCK = query(__name__, "lock_captures")
_REOPEN = query(__name__, "reopen")
_REFRESH = query(__name__, "refresh_states")
