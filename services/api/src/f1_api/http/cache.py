"""Ready answers, kept in the process for as long as it is certain that they are current.

An answer is certain while the watcher (:mod:`f1_api.postgres.watch`) receives every change: it
confirms the cache for a few seconds at a time, and drops everything at a change. Each drop starts a
new generation. A request notes the generation before it reads the database, and its answer is kept
only if that generation still is the current one: an answer read before a change is never kept
after it. At midnight (UTC) all go, since what is due depends on the day.
"""

import sys
import threading
import time
from collections import OrderedDict
from typing import NamedTuple

from f1_api.http.negotiation import Form

Header = tuple[bytes, bytes]

_OVERHEAD = 700
"""Bytes of an entry's own objects (tuples, lists, the place in the dictionary), roughly."""
_OVERHEAD_OF_HEADER = 64


class Key(NamedTuple):
    """What an answer depends on, besides the data."""

    path: str
    query: bytes
    accepted: Form | None
    gzip: bool
    origin: bytes = b""


class Entry(NamedTuple):
    """An answer, ready to be sent, but for Cache-Control, which changes as the day goes by.

    `dated`: its address names no race or season for good (f1_api.http.cache_control).
    `fixed`: it stays as it is for as long as the process runs.
    """

    body: bytes
    headers: list[Header]
    etag: bytes
    headers_304: list[Header]
    endpoint: str
    dated: bool
    fixed: bool = False


class Fixed(NamedTuple):
    """What an answer depends on that no data changes."""

    path: str
    gzip: bool


class Ticket(NamedTuple):
    """What a request needs to put its answer in the cache."""

    key: Key
    generation: int


class AnswerCache:
    """Bounded by bytes; the answer not asked for the longest goes first.

    Attributes:
        fixed: answers that no data changes, such as the documentation; there are a few.
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
        """Bytes that the entries take."""
        return self._bytes

    @property
    def certain(self) -> bool:
        """Whether changes are heard of just now."""
        return time.monotonic() < self._certain_until

    @property
    def generation(self) -> int:
        """Rises with each change that is heard of."""
        return self._generation

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key, day: int) -> Entry | None:
        """The answer, if there is one that is certain to be current."""
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
        """To be taken before the database is read."""
        with self._lock:
            if day != self._day:
                self._day = day
                self._drop()
            return Ticket(key, self._generation)

    def put(self, ticket: Ticket, entry: Entry) -> bool:
        """Keep an answer, unless something changed since its ticket was taken."""
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
        """Something changed: forget everything.

        Everything, and not a season: any capture may bring a driver's name, which stands in the
        answers of other seasons too.
        """
        with self._lock:
            self._drop()

    def vouch(self, seconds: float) -> None:
        """Every change up to now was heard of; so it will be for this long, or be late."""
        self._certain_until = time.monotonic() + seconds

    def doubt(self) -> None:
        """Changes may be missed from now on."""
        self._certain_until = 0.0
        self.drop()

    def _drop(self) -> None:
        self._generation += 1
        self._entries.clear()
        self._bytes = 0

    def _remove(self, key: Key) -> None:
        self._bytes -= self._entries.pop(key)[1]


def _size(key: Key, entry: Entry) -> int:
    """Bytes that an entry takes. Headers of the 304 are among those of the whole answer."""
    parts = (entry.body, entry.etag, key.path, key.query, key.origin)
    headers = sum(len(name) + len(value) + _OVERHEAD_OF_HEADER for name, value in entry.headers)
    return sum(map(sys.getsizeof, parts)) + headers + _OVERHEAD
