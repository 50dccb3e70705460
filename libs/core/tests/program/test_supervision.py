"""No long-lived thread dies unseen."""

import threading
from types import SimpleNamespace
from typing import ClassVar

import pytest
from structlog.testing import capture_logs

from f1_core.program.supervision import FAILURES, Supervised, problems


def test_work_that_fails_is_counted_and_begins_again() -> None:
    stop, done = threading.Event(), threading.Event()
    attempts: list[int] = []

    def work() -> None:
        attempts.append(1)
        if len(attempts) < 3:
            raise RecursionError("too deep")
        done.set()
        stop.wait()

    thread = Supervised("failing", work, stop, longest_pause_s=0.01)
    with capture_logs() as logs:
        thread.start()
        assert done.wait(10)
    assert FAILURES.labels("failing")._value.get() == 2
    assert thread.problem is None
    failures = [one for one in logs if one["log_level"] == "error"]
    assert [one["exc_info"] for one in failures] == [True, True]
    stop.set()
    thread.join(10)
    assert thread.problem is None


def test_a_thread_that_ends_before_it_is_asked_to_is_a_problem() -> None:
    stop = threading.Event()
    thread = Supervised("ended", lambda: None, stop)
    assert problems([thread]) == []
    thread.start()
    thread.join(10)
    assert problems([thread]) == ["the thread ended ended"]
    stop.set()
    assert problems([thread]) == []


def test_pauses_double_up_to_the_longest_and_begin_anew_after_a_good_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each time the work runs for as many seconds before it fails."""
    runs = iter([0.0, 0.0, 0.0, 0.0, 61.0, 59.0])
    now = 0.0

    class Pauses(threading.Event):
        seconds: ClassVar[list[float | None]] = []

        def wait(self, timeout: float | None = None) -> bool:
            self.seconds.append(timeout)
            return False

    def work() -> None:
        nonlocal now
        if (took := next(runs, None)) is not None:
            now += took
            raise OSError

    monkeypatch.setattr("f1_core.program.supervision.time", SimpleNamespace(monotonic=lambda: now))
    stop = Pauses()
    Supervised("pausing", work, stop, longest_pause_s=2.5).run()
    assert stop.seconds == [0.5, 1.0, 2.0, 2.5, 0.5, 1.0]
