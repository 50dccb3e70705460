"""Fixtures of the operator's tests: a real apiserver with Seasons, the operator, a player."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from seasons.cluster import SeasonCluster

from f1_devkit.kubernetes.apiserver import ApiServer
from f1_devkit.kubernetes.kubectl import Kubectl

CRD = Path(__file__).parents[1] / "crd" / "season.yaml"


@pytest.fixture(scope="session")
def season_apiserver(kube_apiserver: ApiServer) -> ApiServer:
    """An apiserver with the Season CRD."""
    kubectl = kube_apiserver.kubectl()
    kubectl.apply(CRD)
    kubectl("wait", "--for=condition=Established", "crd/seasons.f1.telemetry.dev")
    return kube_apiserver


@pytest.fixture
def new_cluster(
    season_apiserver: ApiServer, kubectl: Kubectl, tmp_path: Path
) -> Iterator[Callable[..., SeasonCluster]]:
    """Makes the cluster of one test; its operator is not started yet."""
    with ExitStack() as stack:

        def make(*, rounds: int = 4, **settings: Any) -> SeasonCluster:
            cluster = SeasonCluster(
                kubectl.kubeconfig, kubectl.namespace, tmp_path, rounds=rounds, **settings
            )
            return stack.enter_context(cluster)

        yield make


@pytest.fixture
def cluster(new_cluster: Callable[..., SeasonCluster]) -> SeasonCluster:
    """The cluster of one test, with a running operator."""
    made = new_cluster()
    made.operator.start()
    return made
