"""Request limits over sliding windows, as the real service counts them."""

import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Limits:
    """The maximum number of requests in any second, and in any hour; None: no limit.

    `hour_s` is the length of the hour, so that tests can shorten it. A refused request does not
    count.
    """

    per_second: int | None = 4
    per_hour: int | None = 500
    second_s: float = 1.0
    hour_s: float = 3600.0
    _taken: deque[float] = field(default_factory=deque, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self) -> bool:
        """Count a request if the limits allow it."""
        with self._lock:
            now = time.monotonic()
            while self._taken and self._taken[0] <= now - max(self.hour_s, self.second_s):
                self._taken.popleft()
            windows = ((self.per_second, self.second_s), (self.per_hour, self.hour_s))
            for most, length in windows:
                if most is not None and _since(self._taken, now - length) >= most:
                    return False
            self._taken.append(now)
            return True


def unlimited() -> Limits:
    """No limits at all."""
    return Limits(per_second=None, per_hour=None)


def most_in_a_window(times: Iterable[float], length: float) -> int:
    """The largest number of times in any half-open window of `length` seconds.

    >>> most_in_a_window([0.0, 0.5, 1.0, 1.2], 1.0)
    3
    """
    window: deque[float] = deque()
    most = 0
    for at in sorted(times):
        window.append(at)
        while window[0] <= at - length:
            window.popleft()
        most = max(most, len(window))
    return most


def _since(times: deque[float], start: float) -> int:
    count = 0
    for at in reversed(times):
        if at <= start:
            break
        count += 1
    return count
