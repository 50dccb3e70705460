"""Long-lived threads that are restarted after errors.

An unexpected error of such a thread is logged with its traceback and counted, and the thread's
work starts again after a pause. If a thread ends nevertheless, the liveness probe fails.
"""

import contextvars
import threading
import time
from collections.abc import Callable, Iterable

import structlog
from prometheus_client import Counter

from f1_core.retry import backoff

log = structlog.get_logger()

FAILURES = Counter(
    "f1_thread_failures_total",
    "Unexpected errors in long-lived threads, each of which was restarted.",
    ["thread"],
)
_FIRST_PAUSE_S = 0.5
_RESET_AFTER_S = 60.0


class Supervised(threading.Thread):
    """A daemon thread that runs `work` until it returns, and again after each error.

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
        # With the context, since log lines contain the program's name from it.
        self._context = contextvars.copy_context()
        FAILURES.labels(name)  # so that the counter exists, with 0

    def run(self) -> None:
        """Do the work."""
        self._context.run(self._keep_working)

    @property
    def problem(self) -> str | None:
        """Why the process has to be restarted; None: the thread runs, or was stopped."""
        if self.ident is None or self.is_alive() or self._stop_event.is_set():
            return None
        return f"the thread {self.name} ended"

    def _keep_working(self) -> None:
        pauses = backoff(_FIRST_PAUSE_S, self._longest_pause_s)
        while not self._stop_event.is_set():
            began = time.monotonic()
            try:
                self._work()
            except Exception:
                if time.monotonic() - began > _RESET_AFTER_S:
                    pauses = backoff(_FIRST_PAUSE_S, self._longest_pause_s)
                pause = next(pauses)
                FAILURES.labels(self.name).inc()
                log.exception("thread failed, restarting it", again_in_s=pause)
            else:
                return
            self._stop_event.wait(pause)


class Heartbeat(Supervised):
    """Calls `beat` every `every_s` seconds, from `start` to `close`.

    Args:
        is_temporary: whether an error of `beat` is an outage, which is only logged.
    """

    def __init__(
        self, beat: Callable[[], None], every_s: float, is_temporary: Callable[[Exception], bool]
    ) -> None:
        self._end = threading.Event()
        super().__init__("heartbeat", self._keep_beating, self._end, longest_pause_s=every_s)
        self._beat = beat
        self._every_s = every_s
        self._is_temporary = is_temporary

    def close(self) -> None:
        """Stop, and wait for a beat in progress, but not for a server that does not respond."""
        self._end.set()
        self.join(timeout=5.0)

    def _keep_beating(self) -> None:
        while not self._end.wait(self._every_s):
            began = time.monotonic()
            try:
                self._beat()
            except Exception as error:
                if not self._is_temporary(error):
                    raise
                log.warning("could not extend the leases", error=str(error).splitlines()[0])
            if (late := time.monotonic() - began) > self._every_s:
                log.warning("extending the leases took long", seconds=round(late, 1))


def problems(threads: Iterable[Supervised]) -> list[str]:
    """Problems that need a restart: a message for each thread that ended."""
    return [problem for thread in threads if (problem := thread.problem)]
