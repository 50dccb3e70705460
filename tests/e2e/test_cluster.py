"""The cluster itself keeps what it says: profiles, network policies, ways in from outside."""

import json
import urllib.request
from typing import Any

import pytest

from f1_local.kubernetes.cluster import Cluster
from f1_local.kubernetes.kubectl import Kubectl, KubectlFailed, eventually

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
SERVER = "python -m http.server 8080 --directory /opt/program --bind 0.0.0.0"


def pod(name: str, labels: dict[str, str], script: str, **container: Any) -> dict[str, Any]:
    """A pod of the API's image that runs a shell script."""
    main = {
        "name": "main",
        "image": "f1-api:dev",
        "imagePullPolicy": "Never",
        "command": ["sh", "-c", script],
        "securityContext": RESTRICTED,
        **container,
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "containers": [main],
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 1,
        },
    }


@pytest.fixture(scope="module")
def server(kubectl: Kubectl) -> str:
    """A web server with a Service on the NodePort; returns the Service's name."""
    kubectl.apply(
        pod("server", {"app": "server"}, SERVER),
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "server"},
            "spec": {
                "type": "NodePort",
                "selector": {"app": "server"},
                "ports": [{"port": 80, "targetPort": 8080, "nodePort": 30080}],
            },
        },
    )
    kubectl("wait", "--for=condition=Ready", "pod/server")
    return "server"


def reaches(kubectl: Kubectl, client: str, url: str) -> bool:
    """Whether a pod gets an answer from a URL within two seconds."""
    program = f"import urllib.request as u; u.urlopen({url!r}, timeout=2)"
    try:
        kubectl.execute(f"pod/{client}", "python", "-c", program)
    except KubectlFailed as error:
        if "timed out" not in error.error:
            raise
        return False
    return True


def test_a_pod_that_asks_for_more_than_the_restricted_profile_is_refused(kubectl: Kubectl) -> None:
    with pytest.raises(KubectlFailed, match="violates PodSecurity"):
        kubectl.apply(pod("root", {}, "id", securityContext={"runAsUser": 0}))


def test_a_service_answers_at_the_node_port(cluster: Cluster, server: str) -> None:
    def answer() -> int:
        with urllib.request.urlopen(f"http://{cluster.node_port}", timeout=2) as response:
            return int(response.status)

    assert answer() == 200


def test_network_policies_are_enforced(kubectl: Kubectl, server: str) -> None:
    kubectl.apply(
        pod("friend", {"may": "ask"}, "sleep 600"), pod("stranger", {"may": "not"}, "sleep 600")
    )
    kubectl("wait", "--for=condition=Ready", "pod/friend", "pod/stranger")
    url = f"http://{server}"
    assert reaches(kubectl, "friend", url)
    assert reaches(kubectl, "stranger", url)

    kubectl.apply(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "server"},
            "spec": {
                "podSelector": {"matchLabels": {"app": "server"}},
                "policyTypes": ["Ingress"],
                "ingress": [
                    {
                        "from": [{"podSelector": {"matchLabels": {"may": "ask"}}}],
                        "ports": [{"port": 8080}],
                    }
                ],
            },
        }
    )
    eventually("strangers are kept out", lambda: not reaches(kubectl, "stranger", url))
    assert reaches(kubectl, "friend", url)
    kubectl.delete("networkpolicy", "server")


def test_egress_is_enforced_and_names_still_resolve(kubectl: Kubectl, server: str) -> None:
    kubectl.apply(
        pod("confined", {"app": "confined"}, "sleep 600"),
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "confined"},
            "spec": {
                "podSelector": {"matchLabels": {"app": "confined"}},
                "policyTypes": ["Egress"],
                "egress": [
                    {
                        "to": [
                            {
                                "namespaceSelector": {},
                                "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                            }
                        ],
                        "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
                    }
                ],
            },
        },
    )
    kubectl("wait", "--for=condition=Ready", "pod/confined")
    eventually("nothing goes out", lambda: not reaches(kubectl, "confined", f"http://{server}"))
    program = f"import socket; print(socket.gethostbyname({server!r}))"
    address = kubectl.get("service", server)["spec"]["clusterIP"]
    assert kubectl.execute("pod/confined", "python", "-c", program).strip() == address
    kubectl.delete("networkpolicy", "confined")


def test_an_indexed_job_runs_each_index_and_fails_only_the_broken_one(kubectl: Kubectl) -> None:
    template = pod("_", {"app": "rounds"}, 'test "$JOB_COMPLETION_INDEX" != 1')
    kubectl.apply(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "rounds"},
            "spec": {
                "completionMode": "Indexed",
                "completions": 3,
                "parallelism": 3,
                "backoffLimitPerIndex": 0,
                "template": {"metadata": {"labels": {"app": "rounds"}}, "spec": template["spec"]},
            },
        }
    )

    def finished() -> dict[str, Any] | None:
        status: dict[str, Any] = kubectl.get("job", "rounds")["status"]
        return status if status.get("conditions") else None

    status = eventually("the Job ends", finished)
    assert (status["completedIndexes"], status["failedIndexes"]) == ("0,2", "1")


def test_the_node_keeps_its_pods_when_its_kubelet_is_restarted(
    cluster: Cluster, kubectl: Kubectl, server: str
) -> None:
    cluster.on_node("systemctl", "restart", "kubelet")
    eventually(
        "the node is ready",
        lambda: "True" in json.dumps(_ready(cluster)),
        timeout=90,
    )
    assert kubectl.get("pod", "server")["status"]["containerStatuses"][0]["restartCount"] == 0


def _ready(cluster: Cluster) -> list[str]:
    conditions = cluster.kubectl().list("nodes")[0]["status"]["conditions"]
    return [condition["status"] for condition in conditions if condition["type"] == "Ready"]
