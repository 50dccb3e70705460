"""The CloudWatch exporter exports the metrics that the alerts on RDS use, with their labels."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from aws_cloud import Cloud

from f1_devkit.cluster import charts

BOTH = pytest.mark.parametrize("name", ["dev", "prod"])
Render = Callable[[str], Path]

CHART_VALUES = frozenset(
    {
        *("fullnameOverride", "serviceAccount", "podSecurityContext", "securityContext"),
        *("resources", "testConnection", "extraArgs", "serviceMonitor", "config"),
    }
)
"""The values of prometheus-yet-another-cloudwatch-exporter 0.47.0 that are set."""


def prometheus(name: str) -> str:
    """A CloudWatch name in the exporter's format (v0.67.0, pkg/promutil).

    A capital letter after a small letter or a digit gets an underscore before it.
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.replace("/", "_")).lower()


def job(rendered: Render, name: str) -> dict[str, Any]:
    values = yaml.safe_load((rendered(name) / "cloudwatch-exporter.yaml").read_text())
    assert set(values) == CHART_VALUES
    [static] = yaml.safe_load(values["config"])["static"]
    return dict(static)


def exported(static: dict[str, Any]) -> set[str]:
    """Names of the series of a job."""
    namespace = static["namespace"].lower().replace("/", "_")
    return {
        f"{namespace}_{prometheus(metric['name'])}_{prometheus(statistic)}"
        for metric in static["metrics"]
        for statistic in metric["statistics"]
    }


def rules(rendered: Render, name: str) -> dict[str, list[str]]:
    """Expressions of the alerts on RDS, with the chart's values of this environment."""
    values = yaml.safe_load((rendered(name) / "f1-aggregator.yaml").read_text())
    values["monitoring"]["enabled"] = True
    found: dict[str, list[str]] = {}
    for one in charts.template(values, release="f1", namespace="f1"):
        if one["kind"] != "PrometheusRule":
            continue
        for group in one["spec"]["groups"]:
            for rule in group["rules"]:
                if rule.get("alert", "").startswith("F1Rds"):
                    found.setdefault(rule["alert"], []).append(rule["expr"])
    return found


@BOTH
def test_every_metric_of_the_alerts_is_exported_and_no_other(rendered: Render, name: str) -> None:
    found = rules(rendered, name)
    assert found.keys() == {
        *("F1RdsConnectionsHigh", "F1RdsCpuHigh", "F1RdsStorageLow", "F1RdsUnavailable")
    }
    used = {
        metric
        for exprs in found.values()
        for one in exprs
        for metric in re.findall(r"aws_\w+", one)
    }
    assert used == exported(job(rendered, name))


@BOTH
def test_figures_have_the_time_of_the_scrape(rendered: Render, name: str) -> None:
    """CloudWatch's timestamps are older than the five minutes that Prometheus looks back."""
    metrics = job(rendered, name)["metrics"]
    assert [one["addCloudwatchTimestamp"] for one in metrics] == [False] * len(metrics)


@BOTH
def test_the_alerts_select_this_environments_database(
    deployed: Cloud, rendered: Render, name: str
) -> None:
    static = job(rendered, name)
    [dimension] = static["dimensions"]
    [database] = deployed.client("rds").describe_db_instances(
        DBInstanceIdentifier=dimension["value"]
    )["DBInstances"]
    assert database["DBInstanceIdentifier"] == f"f1-{name}"
    assert static["regions"] == ["eu-west-1"]
    label = f'dimension_{dimension["name"]}="{dimension["value"]}"'
    for expressions in rules(rendered, name).values():
        assert all(label in one for one in expressions)


@pytest.mark.parametrize(
    ("cloudwatch", "name"),
    [
        ("CPUUtilization", "cpuutilization"),
        ("DatabaseConnections", "database_connections"),
        ("FreeStorageSpace", "free_storage_space"),
        ("Average", "average"),
    ],
)
def test_names_have_the_exporters_format(cloudwatch: str, name: str) -> None:
    assert prometheus(cloudwatch) == name
