"""What goes wrong in a cluster: kills, restarts of its own parts, connections that die silently."""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from f1_devkit.cluster.kind import Cluster
from f1_devkit.kubernetes.kubectl import eventually


def kill(cluster: Cluster, *pods: dict[str, Any]) -> None:
    """Kill the containers of pods with SIGKILL, as the kernel does when memory is short.

    Raises:
        ClusterFailed: one has no container that runs.
    """
    for pod in pods:
        uid = f"io.kubernetes.pod.uid={pod['metadata']['uid']}"
        found = cluster.on_node("crictl", "ps", "--quiet", "--label", uid).split()
        pid = ("--output", "go-template", "--template", "{{.info.pid}}")
        cluster.on_node(
            "kill", "-KILL", *cluster.on_node("crictl", "inspect", *pid, *found).split()
        )


def restart_kubelet(cluster: Cluster, timeout: float = 120) -> None:
    """Restart the node's kubelet, and wait until it is at work again.

    Raises:
        TimeoutError: it is not within `timeout` seconds.
    """
    kubectl = cluster.kubectl()
    seen = _heartbeat(cluster)
    cluster.on_node("systemctl", "restart", "kubelet")
    # A node counts as ready for some 40 s after its kubelet went: only a new heartbeat tells.
    eventually("the kubelet reports", lambda: _heartbeat(cluster) != seen, timeout=timeout)
    kubectl("wait", "--for=condition=Ready", "node", "--all", f"--timeout={timeout:g}s")


def restart_apiserver(cluster: Cluster, timeout: float = 120) -> None:
    """Kill the apiserver, as a crash would, and wait until its successor answers.

    Raises:
        TimeoutError: it does not within `timeout` seconds.
    """
    kubectl = cluster.kubectl()
    old = _apiserver(cluster)
    cluster.on_node("pkill", "-KILL", "-x", "kube-apiserver")
    eventually("another one runs", lambda: _apiserver(cluster) not in ("", old), timeout=timeout)
    eventually("it is ready", lambda: kubectl("get", "--raw", "/readyz"), timeout=timeout)


@contextlib.contextmanager
def cut_silently(cluster: Cluster, pod_ip: str) -> Iterator[int]:
    """Drop all packets of the TCP connections that a pod has open now, and close none.

    Neither end is told: what a NAT gateway does that forgot a connection. New connections work.

    Yields:
        How many connections were cut.
    """
    table = cluster.on_node("conntrack", "-L", "-p", "tcp", "--orig-src", pod_ip)
    ports = re.findall(r"ESTABLISHED src=\S+ dst=\S+ sport=(\d+)", table)
    rules = []
    for port in ports:
        # Where packets come in and go out, whatever NAT does to them between.
        rules.append(["PREROUTING", "-s", pod_ip, "-p", "tcp", "--sport", port, "-j", "DROP"])
        rules.append(["POSTROUTING", "-d", pod_ip, "-p", "tcp", "--dport", port, "-j", "DROP"])
    try:
        for rule in rules:
            cluster.on_node("iptables", "-t", "mangle", "-I", *rule)
        yield len(ports)
    finally:
        for rule in rules:
            cluster.on_node("iptables", "-t", "mangle", "-D", *rule)


def _heartbeat(cluster: Cluster) -> str:
    leases = cluster.kubectl("kube-node-lease").list("leases")
    return str(leases[0]["spec"]["renewTime"])


def _apiserver(cluster: Cluster) -> str:
    """Its process id on the node; empty while there is none."""
    return cluster.on_node("sh", "-c", "pgrep -x kube-apiserver || true").strip()
