"""The chart's autoscalers add pods under load and remove them after it: the API's by the CPU that
metrics-server measures, the worker's by KEDA and the depth of the ledger. Run `make autoscaling`.
"""

import json
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import autoscalers
import pytest
import sqlalchemy as sa

from f1_devkit.cluster import charts
from f1_devkit.cluster.client import Client
from f1_devkit.cluster.comparison import Comparison
from f1_devkit.cluster.kind import Cluster
from f1_devkit.cluster.outside import Outside
from f1_devkit.cluster.seasons import Season
from f1_devkit.kubernetes.helm import Helm
from f1_devkit.kubernetes.kubectl import Kubectl, eventually

pytestmark = pytest.mark.autoscaling
MAX_PODS = 3
TARGET_PERCENT = 70
CAPTURES_PER_REPLICA = 5
ROUNDS = 5


@pytest.fixture(scope="module")
def metrics_server(cluster: Cluster) -> Iterator[Kubectl]:
    with autoscalers.metrics_server(cluster) as kubectl:
        yield kubectl


@pytest.fixture(scope="module")
def keda(cluster: Cluster) -> Iterator[Kubectl]:
    with autoscalers.keda(cluster) as kubectl:
        yield kubectl


@pytest.mark.usefixtures("metrics_server")
def test_the_api_has_more_pods_under_load(helm: Helm, outside: Outside, kubectl: Kubectl) -> None:
    """Default settings, except that pods are removed after 15 s of low usage, not 10 minutes."""
    autoscaling = {"enabled": True, "minReplicas": 1, "maxReplicas": MAX_PODS}
    requests = {"requests": {"cpu": "50m"}}
    values = {"api": {"autoscaling": autoscaling, "keys": "none", "resources": requests}}
    charts.install(helm, outside, values)
    scale_down = {"stabilizationWindowSeconds": 15, "policies": _one_pod_each(seconds=15)}
    patch = json.dumps({"spec": {"behavior": {"scaleDown": scale_down}}})
    kubectl("patch", "hpa", "f1-api", "--type=merge", f"--patch={patch}")
    pods = partial(_ready, kubectl, "f1-api")
    eventually(
        "usage far below the target", lambda: 0 < _cpu(kubectl) < TARGET_PERCENT, timeout=300
    )
    eventually("one pod without load", lambda: pods() == 1, timeout=240)

    client = Client(outside.kubectl, kubectl.namespace)
    client.start()
    client.request_steadily("/seasons", pause_s=0)
    began = time.monotonic()
    percent = eventually("usage above the target", partial(_above, kubectl), timeout=240)
    eventually("all pods under load", lambda: pods() == MAX_PODS, timeout=300)
    up_s = time.monotonic() - began
    assert any("cpu resource utilization" in one for one in _rescales(kubectl, "f1-api"))

    outside.kubectl.delete("pod", "client")
    began = time.monotonic()
    eventually("one pod after the load", lambda: pods() == 1, timeout=300)
    down_s = time.monotonic() - began
    print(f"\nAPI: {percent}% of the request; {up_s:.0f} s up, {down_s:.0f} s down")  # noqa: T201
    helm.uninstall(charts.RELEASE)


@pytest.mark.usefixtures("keda")
def test_workers_follow_the_depth_of_the_ledger(
    helm: Helm, outside: Outside, kubectl: Kubectl, comparison: Comparison
) -> None:
    """With the default settings. A lock on the laps makes the queue deep: fetched captures wait
    until it is released, then three workers process them, and the rows are exact.
    """
    autoscaling = {
        "enabled": True,
        "by": "",
        "type": "keda",
        "minReplicas": 1,
        "maxReplicas": MAX_PODS,
        "capturesPerReplica": CAPTURES_PER_REPLICA,
    }
    patience = {"F1_WORKER_LOCK_TIMEOUT_S": 900, "F1_DATABASE_STATEMENT_TIMEOUT_S": 900}
    charts.install(helm, outside, {"worker": {"autoscaling": autoscaling, "settings": patience}})
    pods = partial(_ready, kubectl, "f1-worker")
    ready = ("wait", "--for=condition=Ready", "scaledobject/f1-worker", "--timeout=120s")
    kubectl(*ready, timeout=130)
    eventually("one worker without work", lambda: pods() == 1, timeout=120)

    season = Season(kubectl, 2024, rounds=f"1-{ROUNDS}")
    with outside.engine() as engine, engine.connect() as holder, engine.connect() as connection:
        holder.execute(sa.text("LOCK TABLE lap_times IN EXCLUSIVE MODE"))
        season.apply()
        fetched = connection.execution_options(isolation_level="AUTOCOMMIT")
        deep = partial(_waiting, fetched)
        depth = eventually("a deep queue", partial(_deep, deep), timeout=300)
        began = time.monotonic()
        eventually("workers for the captures", lambda: pods() == MAX_PODS, timeout=300)
        up_s = time.monotonic() - began
        assert deep() > (MAX_PODS - 1) * CAPTURES_PER_REPLICA
        holder.rollback()
        began = time.monotonic()
        eventually("an empty queue", lambda: deep() == 0, timeout=300)
        emptied_s = time.monotonic() - began
    season.until_ready()
    comparison.assert_exact(season)
    eventually("one worker after the work", lambda: pods() == 1, timeout=900)
    down_s = time.monotonic() - began
    times = f"{up_s:.0f} s up, queue empty after {emptied_s:.0f} s, {down_s:.0f} s down"
    print(f"\nworker: {depth} captures; {times}")  # noqa: T201
    assert any("external metric" in one for one in _rescales(kubectl, "keda-hpa-f1-worker"))
    helm.uninstall(charts.RELEASE)


_DEPTH = sa.text("SELECT count(*) FROM captures WHERE state IN ('pending', 'processing')")


def _waiting(connection: sa.Connection) -> int:
    return int(connection.execute(_DEPTH).scalar_one())


def _deep(waiting: partial[int]) -> int | None:
    """The number of waiting captures after the limit of the autoscaler is reached."""
    depth = waiting()
    return depth if depth > (MAX_PODS - 1) * CAPTURES_PER_REPLICA else None


def _one_pod_each(seconds: int) -> list[dict[str, Any]]:
    return [{"type": "Pods", "value": 1, "periodSeconds": seconds}]


def _ready(kubectl: Kubectl, deployment: str) -> int:
    """The number of ready pods; 0 while others are not ready."""
    status = kubectl.get("deployment", deployment)["status"]
    ready = int(status.get("readyReplicas", 0))
    return ready if ready == status.get("replicas") else 0


def _cpu(kubectl: Kubectl) -> int:
    """The API's CPU usage in percent of its request, from the autoscaler; 0: unknown."""
    metrics = kubectl.get("hpa", "f1-api")["status"].get("currentMetrics") or ()
    found = [one["resource"]["current"] for one in metrics if "resource" in one]
    return int(found[0].get("averageUtilization", 0)) if found else 0


def _above(kubectl: Kubectl) -> int | None:
    percent = _cpu(kubectl)
    return percent if percent > TARGET_PERCENT else None


def _rescales(kubectl: Kubectl, autoscaler: str) -> list[str]:
    """The reasons of an autoscaler for each new number of pods."""
    return [
        one["message"]
        for one in kubectl.list("events")
        if one["reason"] == "SuccessfulRescale" and one["involvedObject"]["name"] == autoscaler
    ]
