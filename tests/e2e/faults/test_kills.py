"""Pods are killed at any time: the Season becomes Ready with exactly its rows, and a kill causes at
most one capture to be fetched again.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from f1_devkit.cluster import charts, faults
from f1_devkit.cluster.comparison import Comparison
from f1_devkit.cluster.kind import Cluster
from f1_devkit.cluster.outside import Outside
from f1_devkit.cluster.seasons import Season
from f1_devkit.kubernetes.helm import Helm
from f1_devkit.kubernetes.kubectl import Kubectl, eventually

# Times until another pod takes over the work of a killed one: minutes by default, seconds here.
SOON = {
    "operator": {"settings": {"F1_OPERATOR_LEASE_S": 10}},
    "ingest": {"settings": {"F1_INGEST_LEASE_S": 10}},
    "worker": {"settings": {"F1_WORKER_LEASE_S": 10}},
}
OPERATOR = "app.kubernetes.io/component=operator"
WORKER = "app.kubernetes.io/component=worker"
pytestmark = pytest.mark.usefixtures("release")


@pytest.fixture(scope="module")
def release(helm: Helm, outside: Outside) -> Iterator[Helm]:
    """The release, and a source that takes a second for each page, which gives time for a kill."""
    charts.install(helm, outside, SOON)
    outside.control({"faults": {"rates": {"slow": 1}, "slow_s": 1}})
    yield helm
    helm.uninstall(charts.RELEASE)


def test_an_operator_killed_in_any_phase_creates_no_job_twice(
    cluster: Cluster,
    kubectl: Kubectl,
    outside: Outside,
    comparison: Comparison,
) -> None:
    """Each time another pod replaces it, as after the loss of a node."""
    season = Season(kubectl, 2020, rounds="1-2", deletionPolicy="Purge")

    def kill() -> None:
        (pod,) = kubectl.list("pods", OPERATOR)
        faults.kill(cluster, pod)
        kubectl("delete", "pod", pod["metadata"]["name"], "--force", "--grace-period=0")

    season.apply()
    season.until("Planning")
    kill()
    eventually("the calendar exists", lambda: season.status.get("rounds"), timeout=180)
    season.until("Backfilling")
    kill()
    kubectl("scale", "deployment/f1-worker", "--replicas=0")
    eventually(
        "all is fetched, and waits for the worker",
        lambda: season.condition("Ingested").get("reason") == "AllFetched",
        timeout=300,
    )
    kill()
    kubectl("scale", "deployment/f1-worker", "--replicas=1")
    season.until_ready()
    kill()
    kubectl("rollout", "status", "deployment/f1-operator", "--timeout=120s", timeout=130)
    eventually("another one leads", lambda: _leads(kubectl), timeout=120)
    assert season.phase == "Ready"
    assert [len(season.jobs(task)) for task in ("plan", "backfill", "refresh")] == [1, 1, 0]
    assert comparison.fetched_again(season) == set()
    comparison.assert_exact(season)

    season.delete(wait=False)
    kill()
    eventually("it is deleted", lambda: season.gone, timeout=300)
    eventually("its Jobs are deleted", lambda: season.jobs() == [], timeout=120)
    with outside.engine() as engine, engine.connect() as connection:
        left = connection.scalar(
            sa.text("SELECT count(*) FROM lap_times WHERE race_id LIKE '2020-%'")
        )
    assert left == 0


def test_killed_fetch_pods_lose_no_rows(
    cluster: Cluster,
    kubectl: Kubectl,
    outside: Outside,
    comparison: Comparison,
) -> None:
    season = Season(kubectl, 2021, rounds="1-3")
    season.apply()

    victim = _fetching_pod(season, outside, requests=4)
    faults.kill(cluster, victim)

    victim = _fetching_pod(season, outside, requests=20)
    kubectl("delete", "pod", victim["metadata"]["name"], "--force", "--grace-period=0")

    season.until_ready()
    assert len(comparison.fetched_again(season)) <= 2
    comparison.assert_exact(season)


def test_a_worker_killed_during_a_race_loses_no_rows(
    cluster: Cluster,
    kubectl: Kubectl,
    outside: Outside,
    comparison: Comparison,
) -> None:
    season = Season(kubectl, 2022, rounds="1-2")
    waits = sa.text("SELECT 1 FROM pg_locks WHERE relation = 'lap_times'::regclass AND NOT granted")
    with outside.engine() as engine, engine.connect() as holder, engine.connect() as connection:
        holder.execute(sa.text("LOCK TABLE lap_times IN EXCLUSIVE MODE"))
        season.apply()
        observer = connection.execution_options(isolation_level="AUTOCOMMIT")
        eventually("it processes laps", lambda: observer.scalar(waits), timeout=300)
        faults.kill(cluster, *kubectl.list("pods", WORKER))

    season.until_ready()
    assert comparison.fetched_again(season) == set()
    comparison.assert_exact(season)


def test_a_crash_and_a_new_pod_of_postgres_lose_no_rows(
    cluster: Cluster,
    kubectl: Kubectl,
    outside: Outside,
    comparison: Comparison,
) -> None:
    """First Postgres crashes, then its pod is deleted."""
    season = Season(kubectl, 2023, rounds="1-3")
    season.apply()

    _fetching_pod(season, outside, requests=4)
    faults.kill(cluster, outside.kubectl.get("pod", "postgres-0"))
    outside.kubectl("rollout", "status", "statefulset/postgres", "--timeout=120s", timeout=130)

    _fetching_pod(season, outside, requests=20)
    outside.kubectl.delete("pod", "postgres-0")

    season.until_ready()
    assert len(comparison.fetched_again(season)) <= 2
    comparison.assert_exact(season)


def _fetching_pod(season: Season, outside: Outside, *, requests: int) -> dict[str, Any]:
    """A running pod of the backfill, after `requests` requests to the source about the season."""

    def running() -> list[dict[str, Any]]:
        enough = len(outside.requests_for(season.year)) >= requests
        return season.pods("backfill", "Running") if enough else []

    return eventually(f"{requests} requests", running, timeout=300)[0]


def _leads(kubectl: Kubectl) -> bool:
    holder = kubectl.get("lease", "f1-operator")["spec"].get("holderIdentity")
    return holder in [pod["metadata"]["name"] for pod in kubectl.list("pods", OPERATOR)]
