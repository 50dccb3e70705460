"""Whatever is cut off or restarted beneath: Seasons end Ready with exactly their rows."""

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
    """The release, with its settings as they come, and a source that is not quick."""
    charts.install(helm, outside)
    outside.control({"faults": {"rates": {"slow": 1}, "slow_s": 0.5}})
    yield helm
    helm.uninstall(charts.RELEASE)


def test_the_operator_from_the_apiserver_silently(
    cluster: Cluster,
    kubectl: Kubectl,
    outside: Outside,
    comparison: Comparison,
) -> None:
    """No packet of the old connections comes through, and neither side is notified. Within three
    minutes a Season at work is Ready, and so is one that came after.
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


def test_the_worker_and_the_api_from_postgres_silently(
    cluster: Cluster, kubectl: Kubectl, outside: Outside, comparison: Comparison
) -> None:
    season = Season(kubectl, 2022, rounds="1-2")
    season.apply()
    _until_asked(season, outside, requests=10)

    with _cut_silently(cluster, kubectl, "worker", "api"):
        season.until_ready(timeout=180)

    comparison.assert_exact(season)


def test_s3_for_a_minute(
    kubectl: Kubectl,
    outside: Outside,
    comparison: Comparison,
) -> None:
    season = Season(kubectl, 2023, rounds="1-3")
    season.apply()
    _until_asked(season, outside, requests=10)

    outside.kubectl("scale", "statefulset/s3", "--replicas=0")
    time.sleep(60)
    outside.kubectl("scale", "statefulset/s3", "--replicas=1")

    season.until_ready()
    assert comparison.fetched_again(season) == set()
    comparison.assert_exact(season)


@pytest.mark.alone
def test_the_kubelet_and_the_apiserver_by_restarts(
    cluster: Cluster,
    kubectl: Kubectl,
    outside: Outside,
    comparison: Comparison,
) -> None:
    season = Season(kubectl, 2024, rounds="1-3")
    season.apply()

    _until_asked(season, outside, requests=4)
    faults.restart_kubelet(cluster)
    _until_asked(season, outside, requests=20)
    faults.restart_apiserver(cluster)

    season.until_ready()
    assert comparison.fetched_again(season) == set()
    comparison.assert_exact(season)


def _cut_silently(cluster: Cluster, kubectl: Kubectl, *components: str) -> ExitStack:
    """Cut all connections that the components' pods have, until the end of the `with`."""
    with ExitStack() as stack:
        for component in components:
            for pod in kubectl.list("pods", f"{COMPONENT}={component}"):
                cut = faults.cut_silently(cluster, pod["status"]["podIP"])
                assert stack.enter_context(cut) > 0, f"{component} has no connection to cut"
        return stack.pop_all()


def _until_asked(season: Season, outside: Outside, *, requests: int) -> None:
    def is_so_far() -> bool:
        return len(outside.requests_for(season.year)) >= requests

    eventually(f"{requests} requests", is_so_far, timeout=300)
