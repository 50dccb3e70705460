"""The work queue: each name once, in one thread at a time, again after a failure."""

import threading

from f1_operator.kube.workqueue import WorkQueue


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def queue() -> tuple[WorkQueue, Clock]:
    clock = Clock()
    return WorkQueue(backoff_s=1, backoff_max_s=8, clock=clock), clock


def test_a_name_added_twice_is_returned_once() -> None:
    work, _ = queue()
    work.add("a")
    work.add("a")
    work.add("b")
    assert [work.get(), work.get()] == ["a", "b"]
    assert len(work) == 0


def test_the_earlier_of_two_times_counts() -> None:
    work, clock = queue()
    work.add("a", after_s=60)
    work.add("a", after_s=5)
    work.add("a", after_s=30)
    clock.now += 5
    assert work.get() == "a"
    work.done("a")
    clock.now += 100
    assert len(work) == 0


def test_a_name_added_while_processed_is_processed_again() -> None:
    work, _ = queue()
    work.add("a")
    assert work.get() == "a"
    work.add("a")
    work.add("b")
    assert work.get() == "b", "a is in progress, and no other thread may have it"
    work.done("a")
    assert work.get() == "a"


def test_failures_back_off_until_a_success() -> None:
    work, _ = queue()
    assert [work.fail("a") for _ in range(5)] == [1, 2, 4, 8, 8]
    work.succeed("a")
    assert work.fail("a") == 1


def test_a_thread_waits_for_a_later_due_time() -> None:
    work = WorkQueue()
    work.add("later", after_s=0.1)
    got: list[str | None] = []
    thread = threading.Thread(target=lambda: got.append(work.get()))
    thread.start()
    thread.join(timeout=60)
    assert got == ["later"]


def test_a_busy_name_that_is_due_does_not_hide_a_later_one() -> None:
    work = WorkQueue()
    work.add("busy")
    assert work.get() == "busy"
    work.add("busy")
    work.add("later", after_s=0.1)
    got: list[str | None] = []
    thread = threading.Thread(target=lambda: got.append(work.get()))
    thread.start()
    thread.join(timeout=60)
    assert got == ["later"]


def test_closing_ends_all_waits() -> None:
    work = WorkQueue()
    got: list[str | None] = []
    threads = [threading.Thread(target=lambda: got.append(work.get())) for _ in range(3)]
    for thread in threads:
        thread.start()
    work.close()
    for thread in threads:
        thread.join(timeout=60)
    assert got == [None, None, None]


def test_many_threads_never_have_the_same_name() -> None:
    work = WorkQueue()
    busy: set[str] = set()
    clashes: list[str] = []
    done = threading.Semaphore(0)

    def worker() -> None:
        while (name := work.get()) is not None:
            if name in busy:
                clashes.append(name)
            busy.add(name)
            busy.discard(name)
            work.done(name)
            done.release()

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        for name in "abc":
            work.add(name)
    for _ in range(3):
        assert done.acquire(timeout=60)
    work.close()
    for thread in threads:
        thread.join(timeout=60)
    assert clashes == []
