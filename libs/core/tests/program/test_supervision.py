"""Errors and ends of long-lived threads are reported."""

import threading
from types import SimpleNamespace
from typing import ClassVar

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from f1_core.program.supervision import FAILURES, Heartbeat, Supervised, problems


def test_failed_work_is_counted_and_restarted() -> None:
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
    assert thread.daemon, "it must not keep a process alive"
    failures = [one for one in logs if one["log_level"] == "error"]
    assert [one["exc_info"] for one in failures] == [True, True]
    stop.set()
    thread.join(10)
    assert thread.problem is None


def test_a_thread_that_ends_before_it_is_stopped_is_a_problem() -> None:
    stop = threading.Event()
    thread = Supervised("ended", lambda: None, stop)
    assert problems([thread]) == []
    assert REGISTRY.get_sample_value("f1_thread_failures_total", {"thread": "ended"}) == 0
    thread.start()
    thread.join(10)
    assert problems([thread]) == ["the thread ended ended"]
    stop.set()
    assert problems([thread]) == []


def test_pauses_double_up_to_the_longest_and_reset_after_a_minute_of_work(
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


def test_a_heartbeat_continues_after_an_outage_and_ends_when_it_is_closed() -> None:
    """An outage is logged; any other error is a failure of the thread."""
    beats: list[int] = []
    beaten = threading.Event()

    def beat() -> None:
        beats.append(1)
        if len(beats) == 1:
            raise ConnectionError("Postgres is unavailable\nsecond line")
        if len(beats) == 2:
            raise RecursionError("too deep")
        beaten.set()

    heartbeat = Heartbeat(beat, 0.01, lambda error: isinstance(error, ConnectionError))
    before = FAILURES.labels("heartbeat")._value.get()
    with capture_logs() as logs:
        heartbeat.start()
        assert beaten.wait(10)
    assert FAILURES.labels("heartbeat")._value.get() == before + 1
    [outage] = [one for one in logs if one["event"] == "could not extend the leases"]
    assert outage["error"] == "Postgres is unavailable"
    heartbeat.close()
    assert not heartbeat.is_alive()
    assert heartbeat.problem is None


def test_a_beat_that_takes_longer_than_the_time_between_two_is_logged() -> None:
    """Leases may expire during a long beat."""
    ended = threading.Event()

    def beat() -> None:
        ended.wait(0.05)

    heartbeat = Heartbeat(beat, 0.01, lambda _: False)
    with capture_logs() as logs:
        heartbeat.start()
        while not logs:
            assert heartbeat.is_alive()
            ended.wait(0.01)
    heartbeat.close()
    assert logs[0]["event"] == "extending the leases took long"
    assert logs[0]["seconds"] >= 0
