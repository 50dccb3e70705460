"""Rules and dashboards use only metrics that the running programs export.

The exported metrics are those that Prometheus scraped from the programs, not a list.
"""

from collections import defaultdict
from collections.abc import Iterator

import pytest
from monitored.dashboards import every_panel
from monitored.load import FULLNAME, NAMESPACE, VARIABLES, Monitored, render, rules
from monitored.promql import named

OTHERS = {
    # kube-state-metrics, with kube-prometheus-stack: docs/metrics of its repository.
    "kube_job_status_failed": {"namespace", "job_name"},
    "kube_job_status_active": {"namespace", "job_name"},
    "kube_pod_container_status_restarts_total": {"namespace", "pod", "container"},
    # prometheus/cloudwatch_exporter, AWS/RDS and AWS/CertificateManager: names and labels are made
    # of the metric's and its dimensions' names.
    "aws_rds_database_connections_average": {"dbinstance_identifier"},
    "aws_rds_cpuutilization_average": {"dbinstance_identifier"},
    "aws_rds_free_storage_space_average": {"dbinstance_identifier"},
    "aws_certificatemanager_days_to_expiry_minimum": {"certificate_arn"},
    # cert-manager: its documentation, "Prometheus Metrics".
    "certmanager_certificate_expiration_timestamp_seconds": {
        "namespace",
        "exported_namespace",
        "name",
    },
    # Prometheus itself: series of pending and firing alerts.
    "ALERTS": {"alertname", "alertstate", "namespace", "release", "severity"},
}

WITH_OTHERS = {
    "monitoring": {
        "rules": {
            "cloudwatch": {"enabled": True, "instance": "f1-prod"},
            "certManager": {"enabled": True},
        }
    }
}
"""The rules on these exporters, which are off by default."""


@pytest.fixture(scope="module")
def exported(system: Monitored) -> dict[str, set[str]]:
    """Labels by metric, of all series that Prometheus has, and of other exporters."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for series in system.prometheus.series():
        found[series["__name__"]] |= series.keys() - {"__name__"}
    for name, labels in OTHERS.items():
        found[name] |= labels
    return found


def test_expressions_use_only_exported_metrics(exported: dict[str, set[str]]) -> None:
    wrong = {
        f"{where}: {problem}"
        for where, expr in _expressions()
        for problem in _problems(expr, exported)
    }
    assert not wrong, "\n".join(sorted(wrong))


def test_every_listed_metric_of_other_exporters_is_used() -> None:
    used = {name for _, expr in _expressions() for found in named(expr) for name in found.metrics}
    assert OTHERS.keys() - used == set()


def test_an_unknown_metric_or_label_is_found(exported: dict[str, set[str]]) -> None:
    assert list(_problems("sum(f1_no_such_metric)", exported)) == ["no metric f1_no_such_metric"]
    assert list(_problems('f1_database_up{nothing="1"}', exported)) == [
        "no label nothing of f1_database_up"
    ]
    assert list(_problems("sum by (nothing) (f1_database_up)", exported)) == [
        "no label nothing of f1_database_up"
    ]


def test_the_label_endpoint_of_the_api_is_the_route(system: Monitored) -> None:
    """A PodMonitor adds a label of the same name, the port. Rules exclude probes by the route."""
    job = f'job="{NAMESPACE}/{FULLNAME}-api"'
    found = system.prometheus.query(f"count by (endpoint) (http_requests_total{{{job}}})")
    routes = {series["metric"]["endpoint"] for series in found}
    assert {"/drivers", "/readyz", "unknown"} <= routes
    assert "metrics" not in routes
    for series in system.prometheus.series():
        assert not [label for label in series if label.startswith("exported_")], series


def _expressions() -> Iterator[tuple[str, str]]:
    for group in rules(render(WITH_OTHERS)):
        for rule in group["rules"]:
            yield rule.get("alert") or rule["record"], rule["expr"]
    for panel in every_panel({**VARIABLES, "__range": "1h"}):
        for target in panel.targets:
            yield panel.name, target.expr


def _problems(expr: str, exported: dict[str, set[str]]) -> Iterator[str]:
    for metrics, labels in named(expr):
        missing = metrics - exported.keys()
        yield from (f"no metric {name}" for name in missing)
        if missing:
            continue
        for label in labels - set().union(*(exported[name] for name in metrics)):
            yield f"no label {label} of {', '.join(sorted(metrics))}"
