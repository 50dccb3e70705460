"""Cache of responses in the process, used while it is certain that they are current.

The cache is certain while the watcher (:mod:`f1_api.postgres.watch`) receives every change: it
confirms the cache for a few seconds at a time, and drops all entries at a change. Each drop starts
a new generation. A request notes the generation before it reads the database, and its answer is
kept only in the same generation, so an answer read before a change is not kept after it. At
midnight (UTC) all entries are dropped, since completeness depends on the date.
"""

import sys
import threading
import time
from collections import OrderedDict
from typing import NamedTuple

from f1_api.http.negotiation import Form

Header = tuple[bytes, bytes]

_OVERHEAD = 700
"""Bytes of an entry's tuples, lists and place in the dictionary, roughly."""
_OVERHEAD_OF_HEADER = 64


class Key(NamedTuple):
    """The request, as far as the answer depends on it."""

    path: str
    query: bytes
    accepted: Form | None
    gzip: bool
    origin: bytes = b""


class Entry(NamedTuple):
    """A response without Cache-Control, which changes during the day.

    `dated`: its address has `current`, `last` or `next` (f1_api.http.cache_control).
    `fixed`: it does not change while the process runs.
    """

    body: bytes
    headers: list[Header]
    etag: bytes
    headers_304: list[Header]
    endpoint: str
    dated: bool
    fixed: bool = False


class Fixed(NamedTuple):
    """The key of a response that no data changes."""

    path: str
    gzip: bool


class Ticket(NamedTuple):
    """Lets a request put its answer in the cache."""

    key: Key
    generation: int


class AnswerCache:
    """A cache with a limit of bytes; the least recently used answer is removed first.

    Attributes:
        fixed: responses that no data changes, such as the documentation.
    """

    def __init__(self, max_bytes: int) -> None:
        self.fixed: dict[Fixed, Entry] = {}
        self._max_bytes = max_bytes
        self._entries: OrderedDict[Key, tuple[Entry, int]] = OrderedDict()
        self._bytes = 0
        self._generation = 0
        self._day = 0
        self._certain_until = 0.0
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes of all entries."""
        return self._bytes

    @property
    def certain(self) -> bool:
        """Whether notifications of changes arrive."""
        return time.monotonic() < self._certain_until

    @property
    def generation(self) -> int:
        """Increases with each change."""
        return self._generation

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key, day: int) -> Entry | None:
        """The entry, if the cache is certain and has it."""
        if not self.certain:
            return None
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                return None
            if day != self._day:
                self._drop()
                return None
            self._entries.move_to_end(key)
            return found[0]

    def ticket(self, key: Key, day: int) -> Ticket:
        """A ticket, to be taken before the database is read."""
        with self._lock:
            if day != self._day:
                self._day = day
                self._drop()
            return Ticket(key, self._generation)

    def put(self, ticket: Ticket, entry: Entry) -> bool:
        """Keep an entry, unless data changed since its ticket; returns whether it is kept."""
        size = _size(ticket.key, entry)
        with self._lock:
            if not self.certain or ticket.generation != self._generation or size > self._max_bytes:
                return False
            if ticket.key in self._entries:
                self._remove(ticket.key)
            self._entries[ticket.key] = entry, size
            self._bytes += size
            while self._bytes > self._max_bytes:
                self._remove(next(iter(self._entries)))
            return True

    def drop(self) -> None:
        """Drop all entries after a change.

        A change of one season may affect others: a capture may change a driver's name.
        """
        with self._lock:
            self._drop()

    def mark_certain(self, seconds: float) -> None:
        """All changes so far are processed; the cache is certain for this time."""
        self._certain_until = time.monotonic() + seconds

    def mark_uncertain(self) -> None:
        """Changes may be missed: the cache is not certain any more."""
        self._certain_until = 0.0
        self.drop()

    def _drop(self) -> None:
        self._generation += 1
        self._entries.clear()
        self._bytes = 0

    def _remove(self, key: Key) -> None:
        self._bytes -= self._entries.pop(key)[1]


def _size(key: Key, entry: Entry) -> int:
    """Bytes of an entry. Headers of the 304 are among those of the whole response."""
    parts = (entry.body, entry.etag, key.path, key.query, key.origin)
    headers = sum(len(name) + len(value) + _OVERHEAD_OF_HEADER for name, value in entry.headers)
    return sum(map(sys.getsizeof, parts)) + headers + _OVERHEAD
