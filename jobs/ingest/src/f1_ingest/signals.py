"""SIGTERM and SIGINT: the page is dropped, leases are released, the exit code is 128 + number."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from f1_core.errors import Stopped

GRACE_S = 4.0
"""Steps that should be finished (a transaction, a PUT) are interrupted after this time."""


class Stop:
    """Whether a signal has stopped the program.

    The handler only records the signal, and raises where that is harmless: in a request or a wait.
    It sets no threading.Event, since a signal that arrives within `Event.wait` would deadlock.
    """

    def __init__(self) -> None:
        self._signal: int | None = None
        self._interruptible = False

    def install(self) -> None:
        """Install the signal handlers; from the main thread only."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGALRM, self._cut_off)

    def check(self) -> None:
        """Raise Stopped if a signal was received."""
        if self._signal is not None:
            raise Stopped(self._signal)

    def wait(self, seconds: float) -> None:
        """Sleep; a signal ends it with Stopped."""
        with self.interruptible():
            time.sleep(max(0.0, seconds))

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a signal interrupt these steps at once."""
        self._interruptible = True
        try:
            self.check()
            yield
        finally:
            self._interruptible = False

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        again = self._signal is not None
        self._signal = number
        if self._interruptible or again:
            raise Stopped(number)
        signal.setitimer(signal.ITIMER_REAL, GRACE_S)

    def _cut_off(self, _number: int, _frame: FrameType | None) -> None:
        self.check()
