"""Objects in S3 under the prefixes of captures and decisions that are neither of them.

A sweep skips them and enters them in a table, so that they do not stop it and are still reported:
they are logged, counted by a gauge, and end `f1 replay` and `f1-worker sweep` with an error.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, text

from f1_core.postgres.queries import query

log = structlog.get_logger()

MOST = 10_000
"""Maximum number of entries; further objects are only logged."""


class Unreadable(NamedTuple):
    """An object's key, and why it cannot be read."""

    key: str
    reason: str


def enter(connection: Connection, found: Iterable[Unreadable]) -> None:
    """Enter objects that a sweep skipped, and log the new ones."""
    values = {_text(item.key): _text(item.reason) for item in found}
    if not values:
        return
    keys = {"keys": list(values)}
    known = set(connection.execute(_SEEN, keys).scalars())
    new = [(key, reason) for key, reason in values.items() if key not in known]
    room = MOST - int(connection.execute(_COUNT).scalar_one())
    for number, (key, reason) in enumerate(new):
        log.error("object cannot be read: skipped", key=key, reason=reason)
        if number < room:
            connection.execute(_ENTER, {"key": key, "reason": reason})


def known(connection: Connection, prefix: str) -> set[str]:
    """Keys under `prefix` that an earlier sweep could not read."""
    return set(connection.execute(_KNOWN, {"prefix": prefix}).scalars())


def remove_unseen(connection: Connection, before: datetime) -> None:
    """Remove entries not seen since `before`: the objects were removed, or can be read now."""
    connection.execute(text("DELETE FROM unreadable_objects WHERE seen_at < :at"), {"at": before})


def count(connection: Connection) -> int:
    """The number of entries."""
    return int(connection.execute(_COUNT).scalar_one())


def some(connection: Connection, limit: int = 5) -> list[Unreadable]:
    """The first entries by key."""
    return [Unreadable(*row) for row in connection.execute(_SOME, {"limit": limit})]


def sentence(connection: Connection) -> str | None:
    """A message with their number and the first ones; None: there are none."""
    number = count(connection)
    if not number:
        return None
    shown = "; ".join(f"{item.key}: {item.reason}" for item in some(connection))
    more = f"; and {number - 5:,} more" if number > 5 else ""
    objects = "1 object" if number == 1 else f"{number:,} objects"
    return f"{objects} in S3 could not be read ({shown}{more})"


def _text(value: str) -> str:
    """Text that Postgres accepts: no NUL, no half of a surrogate pair, not longer than a key."""
    return value.encode(errors="backslashreplace").decode().replace("\0", "\\0")[:1100]


_SEEN = query(__name__, "seen_again")
_ENTER = query(__name__, "enter_unreadable")
_KNOWN = text("SELECT object_key FROM unreadable_objects WHERE starts_with(object_key, :prefix)")
_COUNT = text("SELECT count(*) FROM unreadable_objects")
_SOME = text("SELECT object_key, reason FROM unreadable_objects ORDER BY object_key LIMIT :limit")
