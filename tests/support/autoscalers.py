"""metrics-server and KEDA on the test cluster, with the manifests from their Go modules."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from f1_devkit.cluster.kind import Cluster
from f1_devkit.kubernetes import programs
from f1_devkit.kubernetes.kubectl import Kubectl

_IMAGE = "f1-autoscaling:dev"
Manifest = dict[str, Any]
Commands = Mapping[str, tuple[str, ...]]
"""The program of each Deployment, and additional arguments."""


@contextlib.contextmanager
def metrics_server(cluster: Cluster) -> Iterator[Kubectl]:
    """metrics-server, until the end of the block.

    Raises:
        MissingProgram: it is not built.
        KubectlFailed: it is not ready in time.
    """
    # The certificate of a kind cluster's kubelet is self-signed.
    commands = {"metrics-server": ("metrics-server", "--kubelet-insecure-tls")}
    with _installed(cluster, "metrics-server", "kube-system", commands) as kubectl:
        yield kubectl


@contextlib.contextmanager
def keda(cluster: Cluster) -> Iterator[Kubectl]:
    """KEDA's operator and its metrics API, until the end of the block.

    Raises:
        MissingProgram: it is not built.
        KubectlFailed: it is not ready in time.
    """
    commands = {"keda-operator": ("keda",), "keda-metrics-apiserver": ("keda-adapter",)}
    with _installed(cluster, "keda/minimal", "keda", commands) as kubectl:
        yield kubectl


@contextlib.contextmanager
def _installed(
    cluster: Cluster, folder: str, namespace: str, commands: Commands
) -> Iterator[Kubectl]:
    for program, *_ in commands.values():
        programs.find(program, "make autoscaling")
    cluster.make("autoscaling-image")
    cluster.load(_IMAGE)
    kubectl = cluster.kubectl(namespace)
    manifests = cluster.root / ".cache" / "autoscaling" / "manifests" / folder
    objects = [one for one in yaml.safe_load_all(kubectl("kustomize", str(manifests))) if one]
    for one in objects:
        if one["kind"] == "Deployment":
            _use_our_image(one, *commands[one["metadata"]["name"]])
    try:
        for place, items in _by_namespace(objects).items():
            server_side = ("apply", "--server-side", "--force-conflicts", "--filename", "-")
            cluster.kubectl(place)(*server_side, stdin=items, timeout=120)
        for name in commands:
            status = ("rollout", "status", f"deployment/{name}", "--timeout=300s")
            kubectl(*status, timeout=310)
        for one in objects:
            if one["kind"] == "APIService":
                available = ("wait", "--for=condition=Available", "--timeout=120s", "apiservice")
                kubectl(*available, one["metadata"]["name"], timeout=130)
        yield kubectl
    finally:
        # An APIService without its program keeps namespaces from being deleted.
        for place, items in reversed(_by_namespace(objects).items()):
            delete = ("delete", "--ignore-not-found", "--filename", "-", "--timeout=180s")
            cluster.kubectl(place)(*delete, stdin=items, timeout=190)


def _by_namespace(objects: Sequence[Manifest]) -> dict[str, str]:
    """Lists for kubectl, one for each namespace; objects without a namespace first."""
    found: dict[str, list[Manifest]] = {"default": []}
    for one in objects:
        found.setdefault(one["metadata"].get("namespace", "default"), []).append(one)
    return {
        place: json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        for place, items in found.items()
    }


def _use_our_image(deployment: Manifest, program: str, *arguments: str) -> None:
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    container["image"] = _IMAGE
    container["imagePullPolicy"] = "Never"
    container["command"] = [f"/bin/{program}"]
    container["args"] += arguments
