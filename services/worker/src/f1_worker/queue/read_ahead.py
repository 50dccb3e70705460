"""Threads that read captures ahead, while the current one is written to Postgres."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


class Readers:
    """A pool of daemon threads.

    Unlike with concurrent.futures, a worker that stops does not wait for a request to S3 that
    hangs.
    """

    def __init__(self, count: int) -> None:
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, name=f"reader-{number}", daemon=True)
            for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[], Result]) -> "Future[Result]":
        """Run `work` in a thread; tasks start in the order of their submission."""
        future: Future[Result] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - raised to the caller of result()
                future.set_exception(error)

        self._tasks.put(run)
        return future

    def close(self) -> None:
        """End the threads after their submitted tasks, without waiting for them."""
        for _ in self._threads:
            self._tasks.put(None)

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()
