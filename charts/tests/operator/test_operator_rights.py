"""The chart's permissions are sufficient: the real operator with its account on a real apiserver.
That they are minimal is tested in test_security.py.
"""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from f1_devkit.cluster.charts import Manifests
from f1_devkit.kubernetes.apiserver import ApiServer
from f1_devkit.kubernetes.kubectl import Kubectl, eventually
from f1_devkit.servers.child import Child
from f1_devkit.servers.http_thread import Handler, HttpThread
from f1_devkit.servers.ports import LOOPBACK, free_port

Render = Callable[..., Manifests]
PROGRAM = str(Path(sys.executable).with_name("f1-operator"))
FINALIZER = "f1.telemetry.dev/purge"


@pytest.fixture
def rendered(render: Render, kubectl: Kubectl) -> Manifests:
    """The part of the chart that an apiserver without controllers can use."""
    rendered = render({}, namespace=kubectl.namespace)
    crd = rendered.one("CustomResourceDefinition")
    kubectl.apply(crd)
    kubectl("wait", "--for=condition=Established", f"crd/{crd['metadata']['name']}")
    kubectl.apply(*rendered.kind("ServiceAccount"), *rendered.kind("Role"))
    kubectl.apply(*rendered.kind("RoleBinding"), rendered.one("Deployment", "-operator"))
    return rendered


def _environment(
    server: ApiServer, kubectl: Kubectl, rendered: Manifests, account: str, folder: Path
) -> dict[str, str]:
    """The environment of the pod: its account's token, and the settings of the chart."""
    config = yaml.safe_load(server.kubeconfig.read_text())
    token = kubectl("create", "token", rendered.one("ServiceAccount", account)["metadata"]["name"])
    config["users"] = [{"name": "admin", "user": {"token": token.strip()}}]
    kubeconfig = folder / f"kubeconfig{account}"
    kubeconfig.write_text(json.dumps(config))
    settings: dict[str, str] = rendered.one("ConfigMap", "-operator")["data"]
    return {"PATH": os.environ["PATH"], "KUBECONFIG": str(kubeconfig), **settings}


class EmptyApi(Handler):
    """An API without seasons."""

    def do_GET(self) -> None:  # noqa: N802 - its parent's name
        self.answer(404, {}, b"{}")


def test_the_operator_has_all_permissions_that_it_needs(
    kube_apiserver: ApiServer, kubectl: Kubectl, rendered: Manifests, tmp_path: Path
) -> None:
    port = free_port()
    environment = _environment(kube_apiserver, kubectl, rendered, "-operator", tmp_path)
    with HttpThread(EmptyApi) as api:
        environment |= {"F1_API_URL": api.address, "F1_OPERATOR_METRICS_PORT": str(port)}
        command = [PROGRAM, "run"]
        operator = Child("f1-operator", command, directory=tmp_path, environment=environment)
        operator.start()
        try:
            _use_a_season(kubectl)
            assert _refusals(port) == []
        finally:
            operator.stop()


def _use_a_season(kubectl: Kubectl) -> None:
    """All requests of the operator to Kubernetes, except those after the end of a Job."""
    kubectl.apply(_season(deletionPolicy="Purge"))
    eventually("a plan Job", lambda: kubectl.list("jobs"))
    eventually("a status", lambda: _get(kubectl).get("status", {}).get("phase"))
    assert _get(kubectl)["metadata"]["finalizers"] == [FINALIZER]
    [lease] = kubectl.list("leases")
    assert lease["metadata"]["name"] == "f1-f1-aggregator-operator"
    kubectl("patch", "season", "season-2024", "--type=merge", "-p", '{"spec":{"suspend":true}}')
    eventually("the Job is suspended", lambda: kubectl.list("jobs")[0]["spec"]["suspend"])
    kubectl("delete", "season", "season-2024", "--wait=false")
    plan = eventually("its Job is deleted", lambda: _deleted(kubectl, "plan"))
    # As the garbage collector would do.
    kubectl("patch", "job", plan, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    eventually("a purge Job", lambda: _jobs(kubectl, "purge"))
    kubectl("annotate", "season", "season-2024", "f1.telemetry.dev/release-finalizer=true")
    eventually("it is gone", lambda: not kubectl.list("seasons"))
    eventually("its purge Job is deleted", lambda: _deleted(kubectl, "purge"))
    assert kubectl.list("events")


def test_the_uninstall_hook_has_all_permissions_that_it_needs(
    kube_apiserver: ApiServer, kubectl: Kubectl, rendered: Manifests, tmp_path: Path
) -> None:
    season = yaml.safe_load(_season(deletionPolicy="Purge"))
    season["metadata"]["finalizers"] = [FINALIZER]
    kubectl.apply(season)
    kubectl.apply(_job_at_work())
    [container] = rendered.pod("uninstall")["spec"]["containers"]
    done = subprocess.run(
        [PROGRAM, *container["args"]],
        env=_environment(kube_apiserver, kubectl, rendered, "-uninstall", tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    message = "stopped 1 Jobs; released 1 Seasons, whose rows are kept"
    assert (done.returncode, done.stdout.strip()) == (0, message), done
    assert _deleted(kubectl, "plan")
    assert "finalizers" not in _get(kubectl)["metadata"]
    assert kubectl.get("deployment", "f1-f1-aggregator-operator")["spec"]["replicas"] == 0


def _job_at_work() -> dict[str, Any]:
    """A Job as the operator creates it."""
    of = {"season": "season-2024", "season-uid": "1", "task": "plan"}
    labels = {"app.kubernetes.io/managed-by": "f1-operator"}
    labels |= {f"f1.telemetry.dev/{name}": value for name, value in of.items()}
    container = {"name": "main", "image": "f1-ingest:dev"}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "season-2024-plan", "labels": labels},
        "spec": {"template": template},
    }


def _season(**spec: Any) -> str:
    metadata = {"name": "season-2024"}
    season = {"apiVersion": "f1.telemetry.dev/v1alpha1", "kind": "Season", "metadata": metadata}
    return yaml.safe_dump(season | {"spec": {"year": 2024, **spec}})


def _get(kubectl: Kubectl) -> dict[str, Any]:
    return kubectl.get("season", "season-2024")


def _jobs(kubectl: Kubectl, task: str) -> list[dict[str, Any]]:
    return kubectl.list("jobs", f"f1.telemetry.dev/task={task}")


def _deleted(kubectl: Kubectl, task: str) -> str | None:
    """The name of a Job with a deletion timestamp."""
    for job in _jobs(kubectl, task):
        if "deletionTimestamp" in job["metadata"]:
            return str(job["metadata"]["name"])
    return None


def _refusals(port: int) -> list[str]:
    """Requests that were refused because of a missing permission, from the operator's metrics."""
    with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    calls = [line for line in lines if line.startswith("f1_operator_kubernetes_requests_total")]
    assert calls
    return [line for line in calls if '"403"' in line or '"401"' in line]
