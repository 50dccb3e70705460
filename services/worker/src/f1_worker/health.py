"""The probes of a worker.

/healthz checks that the loop iterates and that no other thread ended, so that a hanging worker is
restarted. /readyz also checks that the loop has started, so that a rollout waits for it.
"""

import time
from collections.abc import Callable


class Health:
    """Detects faults that require a restart.

    Args:
        turned_at: returns the monotonic time of the loop's last iteration.
        stall_s: most seconds without an iteration of a live loop.
        problems: other faults that require a restart, a sentence each.
    """

    def __init__(
        self,
        turned_at: Callable[[], float],
        stall_s: float,
        problems: Callable[[], list[str]] = list,
    ) -> None:
        self._turned_at = turned_at
        self._made_at = turned_at()
        self._stall_s = stall_s
        self._problems = problems

    def state(self) -> str:
        """The time since the loop's last iteration, as a sentence."""
        return f"the loop's last iteration was {self._idle():.1f} s ago"

    def alive(self) -> list[str]:
        """For the liveness probe."""
        stalled = [self.state()] if self._idle() >= self._stall_s else []
        return stalled + self._problems()

    def ready(self) -> list[str]:
        """For the readiness probe."""
        if self._turned_at() == self._made_at:
            return ["the loop has not started"]
        return self.alive()

    def _idle(self) -> float:
        return time.monotonic() - self._turned_at()
