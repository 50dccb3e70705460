"""The test cluster enforces profiles and network policies, and is reachable from outside."""

import urllib.request
from typing import Any

import pytest

from f1_devkit.cluster import faults
from f1_devkit.cluster.kind import Cluster
from f1_devkit.kubernetes.kubectl import Kubectl, KubectlFailed, eventually

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
# Keeps a connection to the apiserver, as a watch does, and uses it again after it was cut.
WATCHER = """
import http.client, pathlib, ssl, time
def connect():
    tls = ssl._create_unverified_context()
    return http.client.HTTPSConnection("kubernetes.default.svc", timeout=3, context=tls)
def status(connection):
    connection.request("GET", "/version")
    answer = connection.getresponse()
    answer.read()
    return answer.status
old = connect()
print("connected", status(old), flush=True)
while not pathlib.Path("/tmp/cut").exists():
    time.sleep(0.1)
try:
    print("old:", status(old), flush=True)
except TimeoutError:
    print("old: timed out", flush=True)
print("new:", status(connect()), flush=True)
"""
SERVER = "python -m http.server 8080 --directory /opt/program --bind 0.0.0.0"


def pod(name: str, labels: dict[str, str], script: str, **container: Any) -> dict[str, Any]:
    """A pod of the API's image that runs a shell script."""
    # The root file system is read-only, except /tmp.
    scratch = {"name": "tmp", "emptyDir": {}}
    main = {
        "name": "main",
        "image": "f1-api:dev",
        "imagePullPolicy": "Never",
        "command": ["sh", "-c", script],
        "securityContext": RESTRICTED,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
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
            "volumes": [scratch],
        },
    }


@pytest.fixture(scope="module")
def server(kubectl: Kubectl) -> str:
    """A web server with a Service on the NodePort; returns the Service's name."""
    kubectl.apply(
        pod("server", {"app": "server"}, SERVER, readinessProbe={"tcpSocket": {"port": 8080}}),
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
        # Some networks drop the packets that a policy forbids, others refuse them.
        if not ("timed out" in error.error or "refused" in error.error):
            raise
        return False
    return True


def test_a_pod_beyond_the_restricted_profile_is_refused(kubectl: Kubectl) -> None:
    with pytest.raises(KubectlFailed, match="violates PodSecurity"):
        kubectl.apply(pod("root", {}, "id", securityContext={"runAsUser": 0}))


def test_a_service_answers_at_the_node_port(cluster: Cluster, server: str) -> None:
    def answers() -> bool:
        try:
            urllib.request.urlopen(f"http://{cluster.node_port}", timeout=2).close()
        except OSError:  # kube-proxy has not written its rules yet
            return False
        return True

    eventually("the NodePort answers", answers, timeout=20)


def test_network_policies_are_enforced(kubectl: Kubectl, server: str) -> None:
    kubectl.apply(
        pod("friend", {"may": "ask"}, "sleep 600"), pod("stranger", {"may": "not"}, "sleep 600")
    )
    kubectl("wait", "--for=condition=Ready", "pod/friend", "pod/stranger")
    url = f"http://{server}"
    eventually("the friend gets in", lambda: reaches(kubectl, "friend", url))
    eventually("the stranger gets in", lambda: reaches(kubectl, "stranger", url))

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
    eventually("the friend still gets in", lambda: reaches(kubectl, "friend", url))
    kubectl.delete("networkpolicy", "server")


def test_egress_policies_are_enforced_and_names_still_resolve(
    kubectl: Kubectl, server: str
) -> None:
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
    command = ("pod/confined", "python", "-c", program)
    assert eventually("names resolve", lambda: kubectl.execute(*command).strip()) == address
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
        ended = {one["type"] for one in status.get("conditions", ())} & {"Complete", "Failed"}
        return status if ended else None

    status = eventually("the Job ends", finished)
    assert (status["completedIndexes"], status["failedIndexes"]) == ("0,2", "1")


@pytest.mark.alone
def test_pods_survive_restarts_of_the_kubelet_and_the_apiserver(
    cluster: Cluster, kubectl: Kubectl, server: str
) -> None:
    before = kubectl.get("pod", server)["status"]

    faults.restart_kubelet(cluster)
    faults.restart_apiserver(cluster)

    after = kubectl.get("pod", server)["status"]
    assert after["containerStatuses"][0]["restartCount"] == 0
    assert after["podIP"] == before["podIP"]


def test_a_silently_cut_connection_hangs_while_new_ones_work(
    cluster: Cluster, kubectl: Kubectl
) -> None:
    kubectl.apply(pod("watcher", {"app": "watcher"}, f"exec python -c '{WATCHER}'"))
    eventually("it is connected", lambda: "connected" in kubectl.logs("pod/watcher"))

    with faults.cut_silently(cluster, kubectl.get("pod", "watcher")["status"]["podIP"]) as cut:
        kubectl.execute("pod/watcher", "touch", "/tmp/cut")
        status = eventually("it noticed", lambda: _after(kubectl.logs("pod/watcher"), "new:"))

    assert cut == 1
    assert status == "200"
    assert "old: timed out" in kubectl.logs("pod/watcher")


def _after(text: str, word: str) -> str:
    return text.partition(word)[2].strip()
