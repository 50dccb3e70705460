"""Faults in a cluster: kills, restarts of its components, connections cut silently."""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from f1_devkit.cluster.kind import Cluster
from f1_devkit.kubernetes.kubectl import eventually


def kill(cluster: Cluster, *pods: dict[str, Any]) -> None:
    """Kill the containers of pods with SIGKILL, as the kernel does without enough memory.

    Raises:
        ClusterFailed: one has no running container.
    """
    for pod in pods:
        uid = f"io.kubernetes.pod.uid={pod['metadata']['uid']}"
        found = cluster.on_node("crictl", "ps", "--quiet", "--label", uid).split()
        pid = ("--output", "go-template", "--template", "{{.info.pid}}")
        cluster.on_node(
            "kill", "-KILL", *cluster.on_node("crictl", "inspect", *pid, *found).split()
        )


def restart_kubelet(cluster: Cluster, timeout: float = 120) -> None:
    """Restart the node's kubelet, and wait until it works again.

    Raises:
        TimeoutError: it does not within `timeout` seconds.
    """
    kubectl = cluster.kubectl()
    seen = _heartbeat(cluster)
    cluster.on_node("systemctl", "restart", "kubelet")
    # A node stays ready for some 40 s after its kubelet stopped: only a new heartbeat shows it.
    eventually("the kubelet reports", lambda: _heartbeat(cluster) != seen, timeout=timeout)
    kubectl("wait", "--for=condition=Ready", "node", "--all", f"--timeout={timeout:g}s")


def restart_apiserver(cluster: Cluster, timeout: float = 120) -> None:
    """Kill the apiserver, as a crash would, and wait until its successor responds.

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
    """Drop all packets of a pod's open TCP connections, without closing them.

    Neither end is notified, as when a NAT gateway drops a connection. New connections work.

    Yields:
        The number of connections.
    """
    table = cluster.on_node("conntrack", "-L", "-p", "tcp", "--orig-src", pod_ip)
    ports = re.findall(r"ESTABLISHED src=\S+ dst=\S+ sport=(\d+)", table)
    rules = []
    for port in ports:
        # Before and after NAT changes the packets.
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
