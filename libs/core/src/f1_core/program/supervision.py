"""Long-lived threads that do not die unseen.

An unexpected error of such a thread is logged with its traceback, counted, and the thread's work
begins again after a pause. What ends a thread all the same turns the liveness probe red.
"""

import contextvars
import threading
import time
from collections.abc import Callable, Iterable

import structlog
from prometheus_client import Counter

log = structlog.get_logger()

FAILURES = Counter(
    "f1_thread_failures_total",
    "Unexpected errors in long-lived threads, each of which was restarted.",
    ["thread"],
)
_FIRST_PAUSE_S = 0.5
_WELL_AFTER_S = 60.0


class Supervised(threading.Thread):
    """A daemon thread that does `work` until it returns, again after each error.

    Args:
        work: returns when `stop` is set.
        longest_pause_s: pauses double up to this while `work` keeps failing.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], None],
        stop: threading.Event,
        *,
        longest_pause_s: float = 60.0,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._stop_event = stop
        self._longest_pause_s = longest_pause_s
        # With the context, so that log lines say which program they are of.
        self._begun_in = contextvars.copy_context()
        FAILURES.labels(name)  # so that the counter is there, with 0

    def run(self) -> None:
        """Do the work."""
        self._begun_in.run(self._keep_working)

    @property
    def problem(self) -> str | None:
        """Why the process has to be restarted; None: the thread runs, or was asked to stop."""
        if self.ident is None or self.is_alive() or self._stop_event.is_set():
            return None
        return f"the thread {self.name} ended"

    def _keep_working(self) -> None:
        pause = _FIRST_PAUSE_S
        while not self._stop_event.is_set():
            began = time.monotonic()
            try:
                self._work()
            except Exception:
                if time.monotonic() - began > _WELL_AFTER_S:
                    pause = _FIRST_PAUSE_S
                FAILURES.labels(self.name).inc()
                log.exception("thread failed, restarting it", again_in_s=pause)
            else:
                return
            self._stop_event.wait(pause)
            pause = min(2 * pause, self._longest_pause_s)


def problems(threads: Iterable[Supervised]) -> list[str]:
    """What only a restart mends: a sentence for each thread that ended."""
    return [problem for thread in threads if (problem := thread.problem)]
