"""The programs under load, and a Prometheus that scrapes them and evaluates the chart's rules.

The API, the worker, ingest's runs, the operator on a kube-apiserver, Postgres and S3 are real; the
source is a stand-in, as are the pods of the operator's Jobs and the API that it reads.
"""

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from forked.installation import ForkedInstallation
from seasons.cluster import SeasonCluster
from served import Served, start

from f1_devkit.cluster import charts
from f1_devkit.kubernetes.kubectl import Kubectl, eventually
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.ports import free_port
from f1_ingest.synthetic import cached_season
from monitored.prometheus import Pod, Prometheus

_CRD = Path(__file__).parents[3] / "operator" / "crd" / "season.yaml"
NAMESPACE, RELEASE, FULLNAME = "racing", "f1", "f1-f1-aggregator"
VARIABLES = {
    "namespace": NAMESPACE,
    "release": FULLNAME,
    "helm_release": RELEASE,
    "__rate_interval": "15s",
}
VALUES: Mapping[str, Any] = {
    "database": {"existingSecret": "postgres"},
    "s3": {"bucket": "f1-raw"},
    "monitoring": {"enabled": True},
}
_PATHS = (
    "/", "/races?season=2024", "/drivers", "/seasons/2024", "/status", "/seasons/2024/status",
    "/ergast/f1/2024/results.json", "/ergast/f1/2024/drivers.json", "/races/2024-bahrain",
    "/ledger", "/nothing-here",
)  # fmt: skip


@dataclass
class Monitored:
    """All running programs.

    Attributes:
        groups: the rules of the chart, as Prometheus evaluates them.
        cluster: with the operator and a Season.
    """

    installation: ForkedInstallation
    api: Served
    source: JolpicaServer
    prometheus: Prometheus
    groups: list[dict[str, Any]]
    cluster: SeasonCluster
    since: float

    def variables(self) -> dict[str, str]:
        """The values of a dashboard's variables; the range is the time since the start."""
        return {**VARIABLES, "__range": f"{max(60, round(time.time() - self.since))}s"}

    def ingest(self, *arguments: str, minutes_ago: int = 0, **settings: str) -> bool:
        """Run ingest as a CronJob's pod does; returns whether it succeeded."""
        minute = int(time.time()) // 60 - minutes_ago
        self.installation.environment["F1_INGEST_JOB_NAME"] = f"{FULLNAME}-poll-{minute}"
        kept = dict(self.installation.environment)
        self.installation.environment.update(settings)
        try:
            self.installation.run("f1-ingest", *arguments)
        except AssertionError:
            return False
        finally:
            self.installation.environment.clear()
            self.installation.environment.update(kept)
        return True


def install_seasons(kubectl: Kubectl) -> None:
    """Install the Season resource and kubectl's namespace at an apiserver."""
    kubectl("create", "namespace", kubectl.namespace)
    kubectl.apply(_CRD)
    established = ("wait", "--for=condition=Established", "crd/seasons.f1.telemetry.dev")
    eventually("Seasons are known", lambda: kubectl(*established))  # it has no conditions at first


def rules(chart: charts.Manifests) -> list[dict[str, Any]]:
    """The groups of the chart's PrometheusRule."""
    groups: list[dict[str, Any]] = chart.one("PrometheusRule")["spec"]["groups"]
    return groups


def render(values: Mapping[str, Any] | None = None) -> charts.Manifests:
    """The chart with monitoring, as release `RELEASE` in `NAMESPACE`."""
    merged = charts.merged(VALUES, values or {})
    return charts.template(merged, release=RELEASE, namespace=NAMESPACE)


@contextmanager
def monitored(
    place: Mapping[str, str], kubeconfig: Path, kube_namespace: str, program: Path, folder: Path
) -> Iterator[Monitored]:
    """Start all programs, with processed captures and a Season that is Ready.

    Args:
        place: settings of the database and the bucket.
        kubeconfig: of an apiserver with the Season resource and an empty namespace.
        program: Prometheus.
    """
    since = time.time()
    ports = {component: free_port() for component in ("api", "worker")}
    with ExitStack() as stack:
        source = stack.enter_context(JolpicaServer(cached_season(2024)))
        installation = ForkedInstallation(
            {
                **os.environ,
                "F1_BUDGET_PER_SECOND": "1000",
                "F1_HTTP_BACKOFF_S": "0.05",
                "F1_HTTP_TIMEOUT_S": "5",
                "F1_JOLPICA_URL": source.url,
                "F1_API_METRICS_PORT": str(ports["api"]),
                "F1_WORKER_METRICS_PORT": str(ports["worker"]),
                "F1_WORKER_SNAPSHOT_QUIET_S": "2",
                **place,
            }
        )
        stack.callback(_end, installation)
        cluster = stack.enter_context(SeasonCluster(kubeconfig, kube_namespace, folder))
        cluster.operator.start()
        cluster.apply()
        pods = [
            Pod(component, f"{NAMESPACE}/{FULLNAME}-{component}", NAMESPACE, port)
            for component, port in {**ports, "operator": cluster.operator.port}.items()
        ]
        chart = render()
        groups = rules(chart)
        honor_labels = all(
            endpoint.get("honorLabels", False)
            for monitor in chart.kind("PodMonitor")
            for endpoint in monitor["spec"]["podMetricsEndpoints"]
        )
        installation.start("f1-worker", "run")
        api = start(installation)
        stack.callback(api.client.close)
        _until_answers(ports["worker"])
        prometheus = stack.enter_context(
            Prometheus(program, folder / "prometheus", pods, groups, honor_labels=honor_labels)
        )
        found = Monitored(installation, api, source, prometheus, groups, cluster, since)
        stack.enter_context(_load(str(api.client.base_url)))
        for number in (1, 2):
            # The second time, Prometheus sees increasing counters.
            minutes_ago = 4 - number
            assert found.ingest("poll", "--season", "2024", minutes_ago=minutes_ago)
            choice = ("--season", "2024", "--rounds", str(number))
            assert found.ingest("backfill", *choice, minutes_ago=minutes_ago)
            for kind in ("poll", "backfill"):
                runs = f'f1:ingest_runs:count{{outcome="on_time", kind="{kind}"}}'
                seen = f"{runs} == {number} and count_over_time({runs}[1m]) >= 2"
                prometheus.until(partial(prometheus.query, seen), why=seen)
        cluster.until_phase("Ready")
        _until_scraped(prometheus)
        yield found


def _until_answers(port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the worker does not answer")


def _until_scraped(prometheus: Prometheus) -> None:
    """Wait until the data of dashboards has existed for a quarter of a minute."""
    job = f'job="{NAMESPACE}/{FULLNAME}-worker"'
    for condition in (
        "count(up == 1) == 3",
        'sum(max by (state) (f1_ledger_captures{state=~"pending|processing"})) == 0',
        f"min(increase(f1_processing_seconds_count{{{job}, resource='laps'}}[1h])) > 0",
        "min(count_over_time(up[20s])) >= 15",
        "f1:ingest_runs:error_ratio_1h == 0",
        'f1_operator_season_condition{condition="Ready"} == 1',
        "count(f1:api_latency:error_ratio_1h) == 1",
    ):
        prometheus.until(partial(prometheus.query, condition), why=condition)


@contextmanager
def _load(url: str) -> Iterator[None]:
    """Requests to the API, some a second, until the block ends."""
    stop = threading.Event()

    def send_requests() -> None:
        with httpx.Client(base_url=url, timeout=30) as client:
            number = 0
            while not stop.wait(0.1):
                client.get(_PATHS[number % len(_PATHS)])
                number += 1

    thread = threading.Thread(target=send_requests, name="load")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _end(installation: ForkedInstallation) -> None:
    for process in installation.started:
        process.terminate()
    for process in installation.started:
        process.wait(timeout=30)
