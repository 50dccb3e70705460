"""A game day: faults of a real installation. Each is reported once to the right receiver, with a
runbook whose commands work, and no row is lost. `make gameday DIVISOR=20` shortens all durations.
"""

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from gameday import report
from gameday.faults import FAULTS, YEAR, Fault, World
from gameday.run import Outcome, notifications, run
from gameday.shortened import shortened

from f1_devkit.cluster import charts
from f1_devkit.cluster.client import Client
from f1_devkit.cluster.comparison import Comparison
from f1_devkit.cluster.kind import Cluster
from f1_devkit.cluster.monitoring import Monitoring, seconds
from f1_devkit.cluster.outside import Outside
from f1_devkit.cluster.seasons import Season
from f1_devkit.kubernetes.helm import Helm
from f1_devkit.kubernetes.kubectl import Kubectl, eventually

DIVISOR = float(os.environ.get("F1_GAMEDAY_DIVISOR", "20"))
"""Divisor of all durations of the rules and of Alertmanager; 1: as installed."""
SCRAPE_S = 30.0 if DIVISOR == 1 else 5.0
REPORT = os.environ.get("F1_GAMEDAY_REPORT")
HEALTHY_S = 3600 / DIVISOR if REPORT else 30.0
PATIENCE_S = 180.0
TOXIPROXY = Path(__file__).parents[1] / "monitoring" / "toxiproxy.yaml"
DISK = "/var/f1-gameday"
"""The mount point of the disk of S3 on the node, which is small enough to be filled."""

pytestmark = pytest.mark.gameday


def shorten(duration: str) -> str:
    """Shorten a duration of Alertmanager's configuration, to at least one evaluation."""
    return f"{max(SCRAPE_S, seconds(duration) / DIVISOR):g}s"


@dataclass
class GameDay:
    """An installation with its monitoring, and the outcomes of faults so far."""

    world: World
    monitoring: Monitoring
    season: Season
    outcomes: list[Outcome] = field(default_factory=list)


@pytest.fixture(scope="module")
def monitoring_image(cluster: Cluster) -> None:
    """The image of Prometheus and toxiproxy, on the node."""
    cluster.make("monitoring-image")
    cluster.load("f1-monitoring:dev")


@pytest.fixture(scope="module")
def monitoring(
    monitoring_image: None, beside: Callable[[str, str], Kubectl]
) -> Iterator[Monitoring]:
    """The monitoring stack for this file."""
    monitoring = Monitoring(beside("monitoring", "baseline"))
    monitoring.start(interval=f"{SCRAPE_S:g}s", shorten=shorten)
    with monitoring.connected():
        yield monitoring


@pytest.fixture(scope="module")
def outside(
    cluster: Cluster, monitoring_image: None, beside: Callable[[str, str], Kubectl]
) -> Iterator[Outside]:
    """As in other files, but with a small disk for S3, and toxiproxy in front of Postgres."""
    kubectl = beside("outside", "baseline")
    disk = f"{DISK}/{kubectl.namespace}"
    volume = {"name": f"{kubectl.namespace}-s3"}
    size = {"storage": "64Mi"}
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}
    claim = {"name": "data-s3-0", "namespace": kubectl.namespace}
    cluster.on_node("mkdir", "--parents", disk)
    with ExitStack() as stack:
        cluster.on_node("mount", "-t", "tmpfs", "-o", "size=64m", "f1-gameday", disk)
        stack.callback(cluster.on_node, "umount", disk)
        kubectl.apply(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolume",
                "metadata": volume,
                "spec": {**spec, "capacity": size, "hostPath": {"path": disk}, "claimRef": claim},
            },
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": claim,
                "spec": {**spec, "resources": {"requests": size}, "volumeName": volume["name"]},
            },
            TOXIPROXY,
        )
        stack.callback(kubectl.delete, "persistentvolume", volume["name"])
        stack.callback(kubectl.delete, "persistentvolumeclaim", claim["name"])
        outside = Outside(kubectl)
        stack.callback(kubectl.delete, "statefulset", "s3")
        outside.start()
        kubectl("rollout", "status", "deployment/toxiproxy", "--timeout=120s", timeout=130)
        yield outside


def values(outside: Outside) -> dict[str, Any]:
    """Values of the release: each minute a poll that always sends a request, and no cache."""
    database = outside.database_url.replace(outside.host("postgres"), outside.host("toxiproxy"))
    to_toxiproxy = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "toxiproxy"}}}
    return {
        "monitoring": {"enabled": True, "interval": f"{SCRAPE_S:g}s", "rules": {"enabled": True}},
        "api": {"keys": "optional", "settings": {"F1_API_CACHE_MB": 0}},
        "worker": {"settings": {"F1_WORKER_SWEEP_EVERY_S": SCRAPE_S}},
        "ingest": {
            "settings": {
                "F1_POLL_SCHEDULE_EVERY_H": 0.001,
                "F1_HTTP_POLL_PATIENCE_S": 5,
                "F1_INGEST_STORE_PATIENCE_S": 5,
            },
            "cronJobs": {
                "poll": {
                    "suspend": False,
                    "schedule": "*/1 * * * *",
                    "args": ["poll", "--source", "synthetic"],
                }
            },
        },
        "database": {"url": database},
        "networkPolicies": {"database": {"to": [to_toxiproxy]}},
    }


@pytest.fixture(scope="module")
def day(
    kubectl: Kubectl, helm: Helm, outside: Outside, monitoring: Monitoring
) -> Iterator[GameDay]:
    """The release with a season and steady requests, healthy for a while."""
    charts.install(helm, outside, values(outside))
    rules = kubectl.get("prometheusrule", charts.RELEASE)
    kubectl.apply(shortened(rules, divisor=DIVISOR, scrape_s=SCRAPE_S))
    client = Client(outside.kubectl, kubectl.namespace)
    client.start()
    client.request_steadily(f"/races?season={YEAR}")
    season = Season(kubectl, YEAR, rounds="1-2")
    season.apply()
    season.until_ready()
    eventually(
        "Prometheus scrapes all programs",
        lambda: len(monitoring.query(f'up{{namespace="{kubectl.namespace}"}} == 1')) >= 4,
        timeout=120,
    )
    yield GameDay(World(kubectl, outside), monitoring, season)
    helm.uninstall(charts.RELEASE)


def test_a_healthy_installation_fires_nothing(day: GameDay) -> None:
    until = time.monotonic() + HEALTHY_S
    while time.monotonic() < until:
        assert [one["labels"] for one in day.monitoring.alerts() if _is_known(one)] == []
        time.sleep(SCRAPE_S)
    assert notifications(day.monitoring) == []
    eventually(
        "the dead man's switch is received",
        lambda: [one for one in day.monitoring.notifications() if one.receiver == "heartbeat"],
        timeout=120,
    )


def _is_known(alert: dict[str, Any]) -> bool:
    firing: bool = alert["state"] == "firing" and alert["labels"]["alertname"].startswith("F1")
    return firing


@pytest.mark.parametrize(
    "fault",
    [pytest.param(one, marks=[] if one.short else [pytest.mark.long]) for one in FAULTS],
    ids=lambda fault: re.sub(r"\W+", "-", fault.name),
)
def test_a_fault_causes_one_notification_and_resolves(
    fault: Fault, day: GameDay, comparison: Comparison
) -> None:
    outcome = run(fault, day.world, day.monitoring, divisor=DIVISOR, patience_s=PATIENCE_S)
    day.outcomes.append(outcome)
    sent = Counter((one.receiver, one.alert, one.status) for one in outcome.notifications)
    expected = {(*who, status): 1 for who in fault.expected for status in ("firing", "resolved")}
    assert sent == expected
    assert [one.problems for one in outcome.notifications if one.problems] == []
    assert outcome.beyond_for <= PATIENCE_S
    assert outcome.ran, "the page has commands"
    assert [(one.exit_code, one.output) for one in outcome.ran if one.exit_code] == []
    comparison.assert_exact(day.season)


def test_no_row_was_lost(day: GameDay, comparison: Comparison) -> None:
    comparison.assert_exact(day.season)
    if REPORT:
        name = f"{datetime.now(UTC):%Y-%m-%d}.md"
        text = report.render(
            day.outcomes, divisor=DIVISOR, interval=f"{SCRAPE_S:g} s", healthy_s=HEALTHY_S
        )
        (Path(REPORT) / name).write_text(text)
