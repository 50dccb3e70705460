"""A queue of names: each at most once, processed by one worker at a time, retried with backoff.

As in client-go's work queue, a name added while it is processed is processed again afterwards.
"""

import heapq
import threading
import time
from collections.abc import Callable, Iterator

from f1_core.retry import backoff


class WorkQueue:
    """Safe to share between threads.

    Args:
        backoff_s, backoff_max_s: the first delay after a failure, which doubles up to the second.
    """

    def __init__(
        self,
        *,
        backoff_s: float = 0.5,
        backoff_max_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backoff_s = backoff_s
        self._backoff_max_s = backoff_max_s
        self._clock = clock
        self._changed = threading.Condition()
        self._due: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._pauses: dict[str, Iterator[float]] = {}
        self._closed = False

    def add(self, name: str, after_s: float = 0.0) -> None:
        """Add a name, due after a delay; the earlier of two times counts."""
        with self._changed:
            self._push(name, self._clock() + after_s)

    def fail(self, name: str) -> float:
        """Add a name again after a backoff, which is returned."""
        with self._changed:
            pauses = self._pauses.setdefault(name, backoff(self._backoff_s, self._backoff_max_s))
            delay = next(pauses)
        self.add(name, delay)
        return delay

    def succeed(self, name: str) -> None:
        """Reset the backoff of a name."""
        with self._changed:
            self._pauses.pop(name, None)

    def get(self) -> str | None:
        """The next name, once it is due; None when the queue is closed. Call `done` after it."""
        with self._changed:
            while not self._closed:
                now = self._clock()
                name = self._pop(now)
                if name is not None:
                    self._busy.add(name)
                    return name
                self._changed.wait(self._heap[0][0] - now if self._heap else None)
            return None

    def done(self, name: str) -> None:
        """A name from `get` is processed."""
        with self._changed:
            self._busy.discard(name)
            if name in self._again:
                self._again.remove(name)
                self._push(name, self._clock())

    def close(self) -> None:
        """Close the queue: `get` returns None from now on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __len__(self) -> int:
        """The number of names that are due and wait."""
        now = self._clock()
        with self._changed:
            return sum(1 for due in self._due.values() if due <= now)

    def _push(self, name: str, due: float) -> None:
        known = self._due.get(name)
        if known is None or known > due:
            self._due[name] = due
            heapq.heappush(self._heap, (due, name))
            self._changed.notify()

    def _pop(self, now: float) -> str | None:
        while self._heap and self._heap[0][0] <= now:
            due, name = heapq.heappop(self._heap)
            if self._due.get(name) != due:
                continue  # added again with another time
            del self._due[name]
            if name not in self._busy:
                return name
            self._again.add(name)
        return None
