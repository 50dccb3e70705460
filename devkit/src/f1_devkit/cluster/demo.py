"""`make cluster-demo`: the whole system on the test cluster, to explore.

The command can be repeated: it updates what already runs. `make cluster-down` removes
everything.
"""

import contextlib
import signal
import sys
import time

from f1_devkit.cluster import charts
from f1_devkit.cluster.kind import Cluster
from f1_devkit.cluster.monitoring import Monitoring
from f1_devkit.cluster.outside import Outside
from f1_devkit.cluster.seasons import Season
from f1_devkit.kubernetes.kubectl import Kubectl, eventually

NAMESPACE = "f1-demo"
_VALUES = {
    "api": {"keys": "none", "replicas": 1},
    "monitoring": {
        "enabled": True,
        "interval": "15s",
        "rules": {"enabled": True},
        "dashboards": {"enabled": True},
    },
}


def main() -> None:
    """Start it, show the Season's progress, and keep the addresses open until Ctrl-C."""
    cluster = Cluster()
    _step("the kind cluster: a quarter of an hour the first time")
    cluster.up()
    _step("the images")
    cluster.make("images", "monitoring-image")
    cluster.load(*cluster.images(), "f1-monitoring:dev")

    _step("Postgres, S3 and the source")
    outside = Outside(_namespace(cluster, f"{NAMESPACE}-outside", "baseline"))
    outside.start()
    _step("Prometheus and Alertmanager")
    monitoring = Monitoring(_namespace(cluster, f"{NAMESPACE}-monitoring", "baseline"))
    monitoring.start(interval="15s")
    _step("the chart")
    kubectl = _namespace(cluster, NAMESPACE, "restricted")
    charts.install(cluster.helm(NAMESPACE), outside, _VALUES)
    _step("kubectl apply of a Season")
    season = Season(kubectl, 2024, rounds="1-6")
    season.apply()
    _follow(season)
    _step("Prometheus scrapes all programs")
    with monitoring.connected():
        scraped = f'up{{namespace="{NAMESPACE}"}} == 1'
        eventually("all are scraped", lambda: len(monitoring.query(scraped)) >= 3, timeout=180)
    _keep_open(kubectl, monitoring.kubectl)


def _namespace(cluster: Cluster, name: str, profile: str) -> Kubectl:
    kubectl = cluster.kubectl(name)
    labels = {"pod-security.kubernetes.io/enforce": profile}
    metadata = {"name": name, "labels": labels}
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    return kubectl


def _follow(season: Season) -> None:
    seen = ""

    def is_ready() -> bool:
        nonlocal seen
        status = season.status
        line = f"{status.get('phase', 'Pending')} {status.get('progress', '')}".strip()
        if line != seen:
            seen = line
            _step(f"season-{season.year}: {line}")
        return status.get("phase") == "Ready"

    eventually("the Season is Ready", is_ready, timeout=900)


def _keep_open(kubectl: Kubectl, monitoring: Kubectl) -> None:
    targets = (
        ("pages and API", kubectl, f"service/{charts.RELEASE}-api", 80),
        ("Prometheus API", monitoring, "service/prometheus", 9090),
        ("Alertmanager API", monitoring, "service/alertmanager", 9093),
    )
    with contextlib.ExitStack() as stack:
        _print("")
        for name, where, service, port in targets:
            address = stack.enter_context(where.port_forward(service, port))
            _print(f"  {name:16} http://{address}")
        _print(f"  {'kubectl':16} {' '.join(kubectl.command('get', 'seasons'))}")
        _print("\nCtrl-C closes these addresses; make cluster-down removes the cluster.")
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


def _step(text: str) -> None:
    _print(f"{time.strftime('%H:%M:%S')}  {text}")


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    main()
