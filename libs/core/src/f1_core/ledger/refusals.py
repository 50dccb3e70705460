"""How a quarantine ends: a newer capture of the same request was read, or a person dismissed it.

A pure function of all captures of one request and of the decisions about them, so that a replay in
any order has the same states. Captures are of one request if source, resource, season and
round are the same. An archive ends an older one only if it is not much smaller: one season must not
end the refusal of an archive of seventy.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from f1_core.ledger import states
from f1_core.ledger.resolution import MUCH_SMALLER
from f1_core.postgres.queries import query

LOCK = query(__name__, "lock_request")
"""The statement that locks the request of the capture `:key` until the transaction ends. Taken
after the locks of the season and of races, and before those of captures."""

WAITING = query(__name__, "waiting")
"""Captures of the same request as `:key` whose state may change with it."""


def lock(connection: Connection, key: str, others: Iterable[str] = ()) -> None:
    """Lock the request of a capture, then that capture and all that may change with it."""
    connection.execute(LOCK, {"key": key})
    waiting = connection.execute(WAITING, {"key": key}).scalars()
    states.lock_captures(connection, {key, *others, *waiting})


def settle(connection: Connection, key: str) -> None:
    """Set the state of every refused capture of the same request as `key`, which is locked.

    Refused parts of archives, for races that are in no schedule, end in the same way.
    """
    values: dict[str, Any] = {"key": key, "smaller": MUCH_SMALLER}
    ended: Sequence[str] = connection.execute(_END_SLICES, values).scalars().all()
    connection.execute(_SETTLE, values)
    states.refresh(connection, sorted(set(ended)))


_END_SLICES = query(__name__, "end_slices")
_SETTLE = query(__name__, "settle")
