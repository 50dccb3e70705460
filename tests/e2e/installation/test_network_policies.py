"""Default-deny is enforced: pods try all paths, and reach only those in a table."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import yaml

from f1_devkit.cluster import charts
from f1_devkit.cluster.outside import Outside
from f1_devkit.kubernetes.helm import Helm
from f1_devkit.kubernetes.kubectl import Kubectl, eventually

Places = list[tuple[str, str, int]]

PROGRAMS = ("api", "worker", "ingest", "operator", "migration", "test", "uninstall")
# Clients, and the servers that they can reach.
REACHES: dict[str, set[str]] = {
    "api": {"postgres"},
    "worker": {"postgres", "s3"},
    "ingest": {"postgres", "s3", "source"},
    "operator": {"api", "kubernetes"},
    "migration": {"postgres"},
    "test": {"api"},
    "uninstall": {"kubernetes"},
    # A foreign pod in the namespace reaches only itself.
    "neighbour": {"neighbour"},
    # Pods in another namespace without a policy: the release is closed to them, except those that
    # the values allow.
    "client": {"api", "postgres", "s3", "source", "kubernetes"},
    "prometheus": {"api's metrics", "worker", "operator", "postgres", "s3", "source", "kubernetes"},
    "stranger": {"postgres", "s3", "source", "kubernetes"},
}
OUTSIDE = {
    "client": {"f1.telemetry.dev/client": "true"},
    "prometheus": {"app": "prometheus"},
    "stranger": {"app": "stranger"},
}
TRY = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor

def reached(place):
    name, host, port = place
    try:
        socket.create_connection((host, port), timeout=3).close()
    except OSError:
        return None
    return name

places = json.loads(sys.argv[1])
with ThreadPoolExecutor(len(places)) as pool:
    print(json.dumps([name for name in pool.map(reached, places) if name]))
"""


@pytest.fixture(scope="module")
def places(helm: Helm, outside: Outside, kubectl: Kubectl) -> Iterator[Places]:
    """The release, a pod for each client, and the addresses of all servers."""
    charts.install(helm, outside)
    kubectl.apply(_migration_policy(outside, kubectl.namespace))
    for name in REACHES:
        _home(name, outside, kubectl).apply(_pod(name))
    for name in REACHES:
        ready = ("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=90s")
        _home(name, outside, kubectl)(*ready, timeout=100)
    kubernetes = kubectl.within("default").get("service", "kubernetes")["spec"]["clusterIP"]
    yield [
        ("api", _program(kubectl, "api"), 8000),
        ("api's metrics", _program(kubectl, "api"), 9103),
        ("worker", _program(kubectl, "worker"), 9101),
        ("operator", _program(kubectl, "operator"), 9102),
        ("neighbour", kubectl.get("pod", "neighbour")["status"]["podIP"], 8000),
        ("postgres", _app(outside, "postgres"), 5432),
        ("s3", _app(outside, "s3"), 7070),
        ("source", _app(outside, "jolpica"), 8080),
        ("kubernetes", kubernetes, 443),
    ]
    helm.uninstall(charts.RELEASE)


def test_only_the_listed_paths_are_open(places: Places, outside: Outside, kubectl: Kubectl) -> None:
    def reached(name: str) -> set[str]:
        command = ("python3", "-c", TRY, json.dumps(places))
        found = _home(name, outside, kubectl).execute(f"pod/{name}", *command)
        return set(json.loads(found))

    def table() -> dict[str, set[str]]:
        with ThreadPoolExecutor(4) as pool:
            return dict(zip(REACHES, pool.map(reached, REACHES), strict=True))

    found: dict[str, set[str]] = {}

    def matches() -> bool:
        found.update(table())
        return found == REACHES

    try:
        # Policies apply to a new pod after some seconds.
        eventually("the policies are enforced", matches, timeout=45, pause=3)
    except TimeoutError:
        assert found == REACHES


def test_programs_that_need_dns_can_resolve_names(places: Places, kubectl: Kubectl) -> None:
    assert places
    script = "import socket; socket.gethostbyname('kubernetes.default.svc.cluster.local')"

    def resolves(name: str) -> bool:
        return kubectl.execute(f"pod/{name}", "python3", "-c", script) == ""

    for name in PROGRAMS:
        if name != "uninstall":  # its environment has Kubernetes' address
            eventually(f"{name} resolves it", partial(resolves, name))


def _migration_policy(outside: Outside, namespace: str) -> Mapping[str, Any]:
    """The policy of the migration's hook, which helm deletes, for a pod with the same labels."""
    kind = yaml.safe_load((charts.chart() / "values-kind.yaml").read_text())
    values = charts.merged(kind, charts.values_of(outside))
    rendered = charts.template(values, release=charts.RELEASE, namespace=namespace)
    policy = rendered.one("NetworkPolicy", "-migration")
    return {**policy, "metadata": {"name": policy["metadata"]["name"]}}


def _home(name: str, outside: Outside, kubectl: Kubectl) -> Kubectl:
    return outside.kubectl if name in OUTSIDE else kubectl


def _pod(name: str) -> dict[str, Any]:
    """A pod with the labels that the policies of a program select, but not its Services."""
    program = {
        "app.kubernetes.io/part-of": "f1-telemetry-aggregator",
        "app.kubernetes.io/instance": charts.RELEASE,
        "app.kubernetes.io/component": name,
    }
    labels = program if name in PROGRAMS else OUTSIDE.get(name, {"app": name})
    container = {
        "name": "main",
        "image": "f1-api:dev",
        "imagePullPolicy": "Never",
        "command": ["python3", "-m", "http.server", "8000", "--directory", "/tmp"],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "containers": [container],
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
        },
    }


def _program(kubectl: Kubectl, component: str) -> str:
    selector = f"app.kubernetes.io/name=f1-aggregator,app.kubernetes.io/component={component}"
    return str(kubectl.list("pods", selector)[0]["status"]["podIP"])


def _app(outside: Outside, app: str) -> str:
    return str(outside.kubectl.list("pods", f"app={app}")[0]["status"]["podIP"])
