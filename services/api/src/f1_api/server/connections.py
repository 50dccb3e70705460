"""Limits of connections: their number, and the time that they wait for clients.

A connection waits for its client while its request is incomplete, or its response is not read.
Waiting connections are kept in the order in which they began to wait. Once a second, those past
their deadline are closed. With too many connections, a new one replaces the one that has waited
longest. A connection whose request is being answered is not closed.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from f1_api.http.limits import HttpLimits

_BEAT_S = 1.0


class Connection(Protocol):
    """A connection of a client, as :class:`Connections` uses it."""

    @property
    def unread(self) -> int:
        """Bytes of responses that the client has not read."""

    def expire(self) -> float | None:
        """Close it, or return a new deadline."""

    def abort(self) -> None:
        """Close it at once."""


class Connections:
    """All connections of one server. Use it in the event loop's thread only.

    Args:
        refused: called with the status of each request that the protocol refuses.
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
        """The number of connections."""
        return self._count

    def add(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Count a new connection; False: there is no room."""
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
        """A counted connection has ended."""
        self._count -= 1
        self._waiting.pop(connection, None)
        self.read(connection)

    def wait(self, connection: Connection, deadline: float) -> None:
        """A connection waits for its client until `deadline`, by the loop's time."""
        self._waiting.pop(connection, None)
        self._waiting[connection] = deadline

    def work(self, connection: Connection) -> None:
        """A connection waits no more."""
        self._waiting.pop(connection, None)

    def write(self, connection: Connection) -> None:
        """A response is not read yet; beyond the limit, the longest-waiting connections close."""
        self.read(connection)
        self._unread[connection] = connection.unread
        self._unread_bytes += connection.unread
        while self._unread_bytes > self.limits.unread and len(self._unread) > 1:
            oldest = next(iter(self._unread))
            self.read(oldest)
            oldest.abort()

    def read(self, connection: Connection) -> None:
        """All responses of this connection are read."""
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
