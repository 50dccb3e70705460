"""What the liveness probe answers: whether Seasons are still seen, not whether a loop turns."""

import time
from collections.abc import Callable

from f1_core.supervision import Supervised
from f1_core.supervision import problems as ended
from f1_operator.cache import Cache
from f1_operator.controller import Controller
from f1_operator.resync import Resync


class Health:
    """Finds what only a restart can mend.

    Args:
        stuck_after_s: a Season, or Kubernetes, unseen for longer is a problem.
    """

    def __init__(
        self,
        cache: Cache,
        controller: Controller,
        resync: Resync,
        stuck_after_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache = cache
        self._controller = controller
        self._resync = resync
        self._stuck_after_s = stuck_after_s
        self._clock = clock
        self._began: float | None = None
        self._threads: list[Supervised] = []

    def watch(self, thread: Supervised) -> None:
        """Count it as a problem when this thread ends."""
        self._threads.append(thread)

    def begin(self) -> None:
        """The work begins: before that, a replica that waits for the Lease has no problem."""
        self._began = self._clock()

    def problems(self) -> list[str]:
        """One line each; none: it is well."""
        if self._began is None:
            return []
        now = self._clock()
        problems = ended(self._threads) + [
            f"the watch did not tell of {one.kind} {one.name}, which changed two lists ago"
            for one in self._resync.blind
        ]
        listed = now - (self._resync.at if self._resync.at is not None else self._began)
        if listed > self._stuck_after_s:
            problems.append(f"Seasons were last listed {listed:.0f} s ago")
        seen = {one.key: self._controller.seen_at(one) for one in self._cache.seasons()}
        for key, at in seen.items():
            if now - at > self._stuck_after_s:
                problems.append(f"Season {key} was last looked at {now - at:.0f} s ago")
        return problems[:20]

    def oldest_seen(self) -> float:
        """For a gauge: when the Season was last looked at that waits longest; 0 without any."""
        seen = [self._controller.seen_at(one) for one in self._cache.seasons()]
        return time.time() - (self._clock() - min(seen)) if seen else 0.0

    def starting(self) -> list[str]:
        """Whether it is still on its way: for the readiness probe."""
        if self._began is not None and self._resync.at is None:
            return ["Seasons were not listed yet"]
        return []
