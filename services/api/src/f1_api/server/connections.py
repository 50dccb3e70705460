"""How much a connection may send, how long it may take, and how many connections there are.

A connection waits for its client while it has no whole request to answer, or an answer that the
client has not read. Waiting connections are kept in the order in which they began to wait: those
past their deadline are ended once a second, and the one that has waited longest makes room for a
new connection where there are too many. A connection whose request is being answered stays.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from f1_api.http.limits import HttpLimits

_BEAT_S = 1.0


class Connection(Protocol):
    """What :class:`Connections` keeps: one connection of a client."""

    @property
    def unread(self) -> int:
        """Bytes of answers that the client has not read."""

    def expire(self) -> float | None:
        """End it, or say when it is to be asked again."""

    def abort(self) -> None:
        """End it at once."""


class Connections:
    """All connections of one server. In the event loop's thread only.

    Args:
        refused: gets the status of each request that was refused before the application saw it.
    """

    def __init__(self, limits: HttpLimits, refused: Callable[[int], None]) -> None:
        self.limits = limits
        self.refused = refused
        self._count = 0
        self._waiting: dict[Connection, float] = {}  # deadlines, in order of the wait's beginning
        self._unread: dict[Connection, int] = {}
        self._unread_bytes = 0
        self._sweeping = False

    @property
    def count(self) -> int:
        """How many there are."""
        return self._count

    def add(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Count a new connection; False if there is no room for it."""
        if self._count >= self.limits.connections:
            oldest = next(iter(self._waiting), None)
            if oldest is None:
                return False
            self._waiting.pop(oldest)
            oldest.abort()
        self._count += 1
        if not self._sweeping:
            self._sweeping = True
            loop.call_later(_BEAT_S, self._sweep, loop)
        return True

    def remove(self, connection: Connection) -> None:
        """A connection that :meth:`add` counted has ended."""
        self._count -= 1
        self._waiting.pop(connection, None)
        self.read(connection)

    def wait(self, connection: Connection, deadline: float) -> None:
        """A connection waits for its client from now on, by the loop's time."""
        self._waiting.pop(connection, None)
        self._waiting[connection] = deadline

    def work(self, connection: Connection) -> None:
        """A connection does not wait for its client any more."""
        self._waiting.pop(connection, None)

    def write(self, connection: Connection) -> None:
        """An answer waits to be read; with too many of them those end that wait longest."""
        self.read(connection)
        self._unread[connection] = connection.unread
        self._unread_bytes += connection.unread
        while self._unread_bytes > self.limits.unread and len(self._unread) > 1:
            oldest = next(iter(self._unread))
            self.read(oldest)
            oldest.abort()

    def read(self, connection: Connection) -> None:
        """No answer of this connection waits to be read any more."""
        self._unread_bytes -= self._unread.pop(connection, 0)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in [one for one, deadline in self._waiting.items() if deadline <= now]:
            self._waiting.pop(connection, None)
            deadline = connection.expire()
            if deadline is not None:
                self._waiting[connection] = deadline
        self._sweeping = self._count > 0
        if self._sweeping:
            loop.call_later(_BEAT_S, self._sweep, loop)
