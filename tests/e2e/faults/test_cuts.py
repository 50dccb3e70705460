"""Connections are cut and services restarted: Seasons become Ready with exactly their rows."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from f1_devkit.cluster import charts, faults
from f1_devkit.cluster.comparison import Comparison
from f1_devkit.cluster.kind import Cluster
from f1_devkit.cluster.outside import Outside
from f1_devkit.cluster.seasons import Season
from f1_devkit.kubernetes.helm import Helm
from f1_devkit.kubernetes.kubectl import Kubectl, eventually

COMPONENT = "app.kubernetes.io/component"
pytestmark = pytest.mark.usefixtures("release")


@pytest.fixture(scope="module")
def release(helm: Helm, outside: Outside) -> Iterator[Helm]:
    """The release with its default settings, and a slow source."""
    charts.install(helm, outside)
    outside.control({"faults": {"rates": {"slow": 1}, "slow_s": 0.5}})
    yield helm
    helm.uninstall(charts.RELEASE)


def test_a_silent_cut_between_operator_and_apiserver_loses_nothing(
    cluster: Cluster,
    kubectl: Kubectl,
    outside: Outside,
    comparison: Comparison,
) -> None:
    """All packets of existing connections are dropped, and neither side is notified. Within three
    minutes a Season in progress is Ready, and so is one that was applied later.
    """
    before, after = Season(kubectl, 2020, rounds="1-2"), Season(kubectl, 2021, rounds="1-2")
    before.apply()
    before.until("Backfilling")

    with _cut_silently(cluster, kubectl, "operator"):
        deadline = time.monotonic() + 180
        after.apply()
        for season in (before, after):
            season.until_ready(timeout=deadline - time.monotonic())

    for season in (before, after):
        assert comparison.fetched_again(season) == set()
        comparison.assert_exact(season)


def test_a_silent_cut_to_postgres_loses_nothing(
    cluster: Cluster, kubectl: Kubectl, outside: Outside, comparison: Comparison
) -> None:
    season = Season(kubectl, 2022, rounds="1-2")
    season.apply()
    _until_requests(season, outside, requests=10)

    with _cut_silently(cluster, kubectl, "worker", "api"):
        season.until_ready(timeout=180)

    comparison.assert_exact(season)


def test_an_outage_of_s3_for_a_minute_loses_nothing(
    kubectl: Kubectl,
    outside: Outside,
    comparison: Comparison,
) -> None:
    season = Season(kubectl, 2023, rounds="1-3")
    season.apply()
    _until_requests(season, outside, requests=10)

    outside.kubectl("scale", "statefulset/s3", "--replicas=0")
    time.sleep(60)
    outside.kubectl("scale", "statefulset/s3", "--replicas=1")

    season.until_ready()
    assert comparison.fetched_again(season) == set()
    comparison.assert_exact(season)


@pytest.mark.alone
def test_restarts_of_the_kubelet_and_the_apiserver_lose_nothing(
    cluster: Cluster,
    kubectl: Kubectl,
    outside: Outside,
    comparison: Comparison,
) -> None:
    season = Season(kubectl, 2024, rounds="1-3")
    season.apply()

    _until_requests(season, outside, requests=4)
    faults.restart_kubelet(cluster)
    _until_requests(season, outside, requests=20)
    faults.restart_apiserver(cluster)

    season.until_ready()
    assert comparison.fetched_again(season) == set()
    comparison.assert_exact(season)


def _cut_silently(cluster: Cluster, kubectl: Kubectl, *components: str) -> ExitStack:
    """Cut all existing connections of the components' pods until the end of the `with`."""
    with ExitStack() as stack:
        for component in components:
            for pod in kubectl.list("pods", f"{COMPONENT}={component}"):
                cut = faults.cut_silently(cluster, pod["status"]["podIP"])
                assert stack.enter_context(cut) > 0, f"{component} has no connection to cut"
        return stack.pop_all()


def _until_requests(season: Season, outside: Outside, *, requests: int) -> None:
    def has_enough() -> bool:
        return len(outside.requests_for(season.year)) >= requests

    eventually(f"{requests} requests", has_enough, timeout=300)
