"""The liveness probe: Seasons are still reconciled, which a running loop alone does not prove."""

import time
from collections.abc import Callable

from f1_core.program.supervision import Supervised
from f1_core.program.supervision import problems as ended
from f1_operator.kube.cache import Cache
from f1_operator.reconcile.reconciler import Reconciler
from f1_operator.reconcile.resync import Resync


class Health:
    """Finds problems that only a restart can repair.

    Args:
        stuck_after_s: a Season not reconciled, or Kubernetes not listed, for longer is a problem.
    """

    def __init__(
        self,
        cache: Cache,
        reconciler: Reconciler,
        resync: Resync,
        stuck_after_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache = cache
        self._reconciler = reconciler
        self._resync = resync
        self._stuck_after_s = stuck_after_s
        self._clock = clock
        self._began: float | None = None
        self._threads: list[Supervised] = []

    def watch(self, thread: Supervised) -> None:
        """Report a problem when this thread ends."""
        self._threads.append(thread)

    def begin(self) -> None:
        """The replica leads now. Waiting for the Lease before that is not a problem."""
        self._began = self._clock()

    def problems(self) -> list[str]:
        """One line for each problem."""
        if self._began is None:
            return []
        now = self._clock()
        problems = ended(self._threads) + [
            f"the watch missed a change of {one.kind} {one.name}, which two lists had"
            for one in self._resync.blind
        ]
        listed = now - (self._resync.at if self._resync.at is not None else self._began)
        if listed > self._stuck_after_s:
            problems.append(f"Seasons were last listed {listed:.0f} s ago")
        seen = {one.key: self._reconciler.reconciled_at(one) for one in self._cache.seasons()}
        for key, at in seen.items():
            if now - at > self._stuck_after_s:
                problems.append(f"Season {key} was last reconciled {now - at:.0f} s ago")
        return problems[:20]

    def oldest_seen(self) -> float:
        """For a gauge: the oldest time of a last reconcile over all Seasons; 0 without Seasons."""
        seen = [self._reconciler.reconciled_at(one) for one in self._cache.seasons()]
        return time.time() - (self._clock() - min(seen)) if seen else 0.0

    def starting(self) -> list[str]:
        """For the readiness probe: what has not started yet."""
        if self._began is not None and self._resync.at is None:
            return ["Seasons are not listed yet"]
        return []
