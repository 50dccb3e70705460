"""Running Jobs are stopped only in namespaces that are being deleted."""

from dataclasses import replace
from typing import Any

import pytest
from seasons.world import World

from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.actions import DeleteJob
from f1_operator.kube.client import KubernetesFailed
from f1_operator.reconcile.namespace_termination import stop_jobs_of_terminating_namespaces


class Namespaces:
    """Kubernetes, with terminating and unreadable namespaces."""

    def __init__(self, *, ending: set[str], failing: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        self._ending, self._failing = ending, failing
        self.read: list[str] = []
        self.deleted: list[str] = []

    def is_terminating(self, namespace: str) -> bool:
        self.read.append(namespace)
        if namespace in self._failing:
            raise KubernetesFailed("GET", 0, "timed out")
        return namespace in self._ending

    def delete_job(self, action: DeleteJob) -> None:
        self.deleted.append(action.job.name)


@pytest.fixture
def job() -> ObservedJob:
    """A running Job in the namespace f1."""
    world = World()
    world.reconcile()
    return world.observed_job("plan")


def stop(kubernetes: Namespaces, *jobs: ObservedJob) -> int:
    known: Any = kubernetes
    return stop_jobs_of_terminating_namespaces(known, jobs)


def test_only_running_jobs_of_that_namespace_are_stopped(job: ObservedJob) -> None:
    kubernetes = Namespaces(ending={"f1"})
    others = [replace(job, namespace=one, name=one) for one in ("before", "other")]
    second = replace(job, name="second")
    assert stop(kubernetes, job, *others, second) == 2
    assert kubernetes.deleted == [job.name, "second"]
    assert kubernetes.read == ["before", "f1", "other"]


def test_jobs_that_ended_or_are_being_deleted_are_left(job: ObservedJob) -> None:
    kubernetes = Namespaces(ending={"f1"})
    assert stop(kubernetes, replace(job, outcome="Complete"), replace(job, deleting=True)) == 0
    assert kubernetes.read == kubernetes.deleted == []


def test_an_unreadable_namespace_delays_no_other(job: ObservedJob) -> None:
    kubernetes = Namespaces(ending={"f1", "a"}, failing={"a"})
    assert stop(kubernetes, replace(job, namespace="a", name="of a"), job) == 1
    assert kubernetes.deleted == [job.name]
