"""The full list: what it corrects, what it passes on, and that a failure does not end it."""

import threading
from typing import Any

import pytest
from seasons.world import World, season_body
from structlog.testing import capture_logs

from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.cache import Blind, Cache
from f1_operator.kube.client import KubernetesFailed
from f1_operator.reconcile.plan_slots import PlanSlots
from f1_operator.reconcile.resync import Resync
from f1_operator.season.resource import Season


class Cluster:
    """Kubernetes, the reconciler and the queue, as far as the full list needs them."""

    def __init__(self) -> None:
        self.lists: dict[str | None, tuple[list[Any], int]] = {}
        self.jobs: list[Any] = []
        self.version = 5
        self.failures: list[Exception] = []
        self.terminating: set[str] = set()
        self.deleted: list[str] = []
        self.plan_slots = PlanSlots(5)
        self.kept: list[str] = []
        self.queued: list[str] = []

    def list_seasons(self, namespace: str | None) -> tuple[list[Any], int]:
        if self.failures:
            raise self.failures.pop(0)
        return self.lists[namespace]

    def list_jobs(self, namespace: str | None) -> tuple[list[Any], int]:
        return [one for one in self.jobs if namespace in (None, _namespace(one))], self.version

    def is_terminating(self, namespace: str) -> bool:
        return namespace in self.terminating

    def delete_job(self, action: Any) -> None:
        self.deleted.append(action.job.name)

    def keep_only(self, seasons: list[Season]) -> None:
        self.kept = [one.key for one in seasons]

    def add(self, key: str) -> None:
        self.queued.append(key)


def _namespace(body: Any) -> str:
    return str(body["metadata"]["namespace"])


def season(name: str, namespace: str = "f1") -> Any:
    body = season_body(name)
    body["metadata"]["namespace"] = namespace
    return body


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def cache() -> Cache:
    return Cache()


def resync(cluster: Cluster, cache: Cache, *namespaces: str, every_s: float = 120) -> Resync:
    every: Any = cluster
    return Resync(every, cache, every, every, namespaces=namespaces, every_s=every_s)


def test_each_season_is_cached_and_queued(cluster: Cluster, cache: Cache) -> None:
    cluster.lists[None] = ([season("one"), {"metadata": {"name": "no Season"}}, season("two")], 7)
    made = resync(cluster, cache)
    times = [made.at]
    made.once()
    times.append(made.at)
    assert [at is None for at in times] == [True, False]
    assert cluster.queued == cluster.kept == ["f1/one", "f1/two"]
    assert sorted(one.metadata.name for one in cache.seasons()) == ["one", "two"]


def test_of_several_namespaces_the_oldest_list_counts(cluster: Cluster, cache: Cache) -> None:
    """A Season that a watch delivered after that list stays, though the list lacks it."""
    newer = season("newer", "a")
    newer["metadata"]["resourceVersion"] = "8"
    cache.observe(Season.read(newer), deleted=False)
    cluster.lists = {"a": ([], 7), "b": ([season("one", "b")], 9)}
    resync(cluster, cache, "a", "b").once()
    assert sorted(one.key for one in cache.seasons()) == ["a/newer", "b/one"]
    assert cluster.queued == ["b/one"]


def test_a_change_in_two_lists_without_a_watch_event_is_blindness(
    cluster: Cluster, cache: Cache
) -> None:
    cluster.lists[None] = ([season("one")], 7)
    made = resync(cluster, cache)
    with capture_logs() as logs:
        made.once()
        assert made.blind == []
        assert logs == []
        made.once()
        assert made.blind == [Blind("Season", "f1/one")]
        cache.observe(Season.read(season("one")), deleted=False)
        made.once()
        assert made.blind == []
    assert [(one["event"], one["missed"]) for one in logs] == [
        ("a watch is blind", ["Season f1/one"])
    ]


def test_running_jobs_get_plan_slots_only_after_a_restart(cluster: Cluster, cache: Cache) -> None:
    world = World()
    world.reconcile()
    cluster.lists[None] = ([], 7)
    cluster.jobs = [world.job("plan")]
    made = resync(cluster, cache)
    made.once()
    assert len(cluster.plan_slots) == 1
    assert [one.task for one in cache.jobs()] == ["plan"]
    cluster.plan_slots.release(world.season.metadata.uid)
    made.once()
    assert len(cluster.plan_slots) == 0


def test_jobs_of_a_terminating_namespace_are_stopped(cluster: Cluster, cache: Cache) -> None:
    world = World()
    world.reconcile()
    cluster.lists[None] = ([], 7)
    cluster.jobs = [world.job("plan")]
    cluster.terminating = {"f1"}
    resync(cluster, cache).once()
    assert cluster.deleted == [ObservedJob.read(world.job("plan")).name]


@pytest.mark.parametrize("error", [KubernetesFailed("GET", 0, "timed out"), RuntimeError("a bug")])
def test_a_failed_list_is_retried(cluster: Cluster, cache: Cache, error: Exception) -> None:
    cluster.lists[None] = ([season("one")], 7)
    cluster.failures = [error]
    waits: list[float] = []

    class Stop(threading.Event):
        """Set when the thread waits for the third time."""

        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0)
            if len(waits) == 3:
                self.set()
            return self.is_set()

    resync(cluster, cache, every_s=120).run(Stop())
    assert cluster.queued == ["f1/one", "f1/one"]
    assert 0 < waits[0] <= 15
    assert waits[1:] == [120, 120]
