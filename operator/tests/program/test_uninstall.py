"""Before the operator is uninstalled, the finalizers of Seasons are removed."""

import os
import subprocess
import sys
from pathlib import Path

from seasons.cluster import SeasonCluster

from f1_operator import names


def release(cluster: SeasonCluster, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "f1-operator", "release", *arguments],
        env={
            **os.environ,
            "KUBECONFIG": str(cluster.kubeconfig),
            "F1_OPERATOR_NAMESPACE": cluster.namespace,
            "F1_OPERATOR_NAMESPACES": cluster.namespace,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def deployment(cluster: SeasonCluster) -> str:
    path = f"/apis/apps/v1/namespaces/{cluster.namespace}/deployments"
    labels = {"app": "operator"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "operator", "image": "x"}]},
    }
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "f1-operator"},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
    }
    cluster.kubernetes.request("POST", path, body)
    return f"{path}/f1-operator"


def test_seasons_are_released_after_the_operator_stops(cluster: SeasonCluster) -> None:
    path = deployment(cluster)
    cluster.apply(deletionPolicy="Purge")
    cluster.until_phase("Ready")
    cluster.operator.stop()

    ran = release(cluster, "--deployment", "f1-operator")
    assert ran.returncode == 0, ran.stderr
    assert "stopped 0 Jobs; released 1 Seasons, whose rows are kept" in ran.stdout
    assert "finalizers" not in cluster.season()["metadata"]
    assert cluster.kubernetes.request("GET", path)["spec"]["replicas"] == 0


def test_finalizers_of_others_stay(cluster: SeasonCluster) -> None:
    cluster.player.hold = {"plan"}
    cluster.apply(deletionPolicy="Purge")
    cluster.until(lambda: cluster.season()["metadata"].get("finalizers"))
    cluster.operator.stop()
    both = {"finalizers": ["others.example/keep", names.FINALIZER]}
    path = f"/apis/{names.API_VERSION}/namespaces/{cluster.namespace}/seasons/season-2024"
    cluster.kubernetes.merge(path, {"metadata": both})

    ran = release(cluster, "--deployment", "there-is-none")
    assert ran.returncode == 0, ran.stderr
    assert cluster.season()["metadata"]["finalizers"] == ["others.example/keep"]
    cluster.until(lambda: not cluster.jobs())


def test_running_pods_are_reported(cluster: SeasonCluster) -> None:
    deployment(cluster)
    pod = {
        "metadata": {"name": "operator-1", "labels": {"app": "operator"}},
        "spec": {"containers": [{"name": "operator", "image": "x"}]},
    }
    cluster.kubernetes.request("POST", f"/api/v1/namespaces/{cluster.namespace}/pods", pod)
    ran = release(cluster, "--deployment", "f1-operator", "--patience-s", "1")
    assert ran.returncode == 1
    assert "pods operator-1 are still running" in ran.stderr
