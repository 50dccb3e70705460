"""A replica that cannot renew its Lease stops leading before another one may take it over."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from seasons.cluster import connected
from structlog.testing import capture_logs

from f1_devkit.kubernetes.kubectl import Kubectl
from f1_operator import metrics
from f1_operator.kube.client import Kubernetes, KubernetesFailed
from f1_operator.kube.lease import Lease

LEASE_S = 30.0


class World:
    """An apiserver that can become unreachable, and time that passes only while a replica waits."""

    def __init__(self, kubernetes: Kubernetes) -> None:
        self._kubernetes = kubernetes
        self.now = 0.0
        self.unreachable_from = float("inf")

    def request(self, verb: Any, path: str, body: Any = None) -> Any:
        if self.now >= self.unreachable_from:
            raise KubernetesFailed("the apiserver", 0, "connection refused")
        return self._kubernetes.request(verb, path, body)

    def stop_at(self, seconds: float) -> threading.Event:
        """An event that is set at a time."""
        world = self

        class Stop(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                world.now += timeout or 0.0
                return self.is_set()

            def is_set(self) -> bool:
                return world.now >= seconds

        return Stop()


@pytest.fixture
def world(kubectl: Kubectl) -> World:
    return World(Kubernetes(connected(1, kubectl.kubeconfig), 5.0))


@pytest.fixture
def replica(world: World, kubectl: Kubectl) -> Callable[[str], Lease]:
    """Makes a replica of the operator: `replica("a")`."""

    def make(identity: str) -> Lease:
        return Lease(
            world,  # type: ignore[arg-type]
            namespace=kubectl.namespace,
            name="f1-operator",
            identity=identity,
            lease_s=LEASE_S,
            clock=lambda: world.now,
        )

    return make


def test_a_replica_leads_while_it_renews(world: World, replica: Callable[[str], Lease]) -> None:
    leader, other = replica("a"), replica("b")
    assert leader.acquire(world.stop_at(1000))
    lost: list[float] = []
    leader.keep(world.stop_at(10 * LEASE_S), lambda: lost.append(world.now))
    assert lost == []
    assert world.now >= 10 * LEASE_S
    assert not other.acquire(world.stop_at(world.now + LEASE_S / 2))


@pytest.mark.parametrize("after", [0.0, 5.0, 100.0])
def test_it_stops_leading_before_its_lease_expires(
    world: World, replica: Callable[[str], Lease], after: float
) -> None:
    leader = replica("a")
    assert leader.acquire(world.stop_at(1000))
    acquired = world.now
    world.unreachable_from = acquired + after
    lost: list[float] = []
    leader.keep(world.stop_at(1000), lambda: lost.append(world.now))
    [at] = lost
    last_renewed = acquired + after // (LEASE_S / 3) * (LEASE_S / 3)
    assert at - last_renewed < LEASE_S
    assert metrics.leading._value.get() == 0


def test_another_replica_leads_after_the_lease_expires(
    world: World, replica: Callable[[str], Lease]
) -> None:
    killed, other = replica("a"), replica("b")
    assert killed.acquire(world.stop_at(1000))
    started = world.now
    assert other.acquire(world.stop_at(1000))
    assert world.now - started >= LEASE_S
    lost: list[float] = []
    killed.keep(world.stop_at(world.now + 1000), lambda: lost.append(world.now))
    assert len(lost) == 1


def test_a_replica_that_waits_names_each_holder_once(
    world: World, replica: Callable[[str], Lease]
) -> None:
    first, second, waiting = replica("a"), replica("b"), replica("c")
    with capture_logs() as logs:
        assert first.acquire(world.stop_at(1000))
        assert not waiting.acquire(world.stop_at(world.now + LEASE_S - 1))
        first.release()
        assert second.acquire(world.stop_at(1000))
        assert not waiting.acquire(world.stop_at(world.now + LEASE_S - 1))
    found = [one["holder"] for one in logs if one["event"] == "waiting for the Lease"]
    assert found == ["a", "b"]


def test_a_released_lease_is_taken_at_once(world: World, replica: Callable[[str], Lease]) -> None:
    leader, other = replica("a"), replica("b")
    assert leader.acquire(world.stop_at(1000))
    leader.release()
    assert other.acquire(world.stop_at(1000))
    assert world.now == 0.0


def test_a_replica_without_the_lease_does_not_release_it(
    world: World, replica: Callable[[str], Lease], kubectl: Kubectl
) -> None:
    """A suspended process continues, and is stopped."""
    suspended, leader, third = replica("a"), replica("b"), replica("c")
    assert suspended.acquire(world.stop_at(1000))
    assert leader.acquire(world.stop_at(1000))
    suspended.release()
    assert not third.acquire(world.stop_at(world.now + LEASE_S / 2))
    path = f"/apis/coordination.k8s.io/v1/namespaces/{kubectl.namespace}/leases/f1-operator"
    spec = world.request("GET", path)["spec"]
    assert (spec["holderIdentity"], spec["leaseTransitions"]) == ("b", 1)
