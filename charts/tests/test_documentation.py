"""The chart's documentation and notes are correct."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from f1_devkit.cluster.charts import chart, template
from f1_devkit.kubernetes import programs

TABLE = chart().parent / "values_table.py"


def test_the_table_of_values_is_up_to_date() -> None:
    check = [sys.executable, str(TABLE), "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_readme_uses_no_older_name() -> None:
    text, _, table = (chart() / "README.md").read_text().partition("## Values\n")
    assert "autoscaling.by" not in text
    assert "found by ingress.hosts" not in table


def test_the_readmes_values_install() -> None:
    text = (chart() / "README.md").read_text().partition("with `my-values.yaml`:\n\n")[2]
    lines = [line for line in text.splitlines() if line.startswith("    ")]
    values = yaml.safe_load("\n".join(lines))
    rendered = template(values, release="f1", namespace="f1")
    accounts = {one["metadata"]["name"] for one in rendered.kind("ServiceAccount")}
    assert {"f1-worker", "f1-ingest"} <= accounts


NOTES: dict[str, tuple[Mapping[str, Any], str]] = {
    "keys": ({}, "exec -n racing deploy/f1-f1-aggregator-api -c api -- f1-api keys create NAME"),
    "no keys": ({"api": {"keys": "none"}}, "All requests are accepted; API keys are ignored"),
    "a first Season": ({}, "spec: {year: 2024}"),
    "no operator": ({"operator": {"enabled": False}}, "The operator is off"),
    "from inside": ({}, "port-forward -n racing svc/f1-f1-aggregator-api 8000:80"),
    "from outside": (
        {
            "ingress": {"enabled": True, "hosts": ["f1.example.com"]},
            "networkPolicies": {"api": {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}},
        },
        'curl -H "X-API-Key: $KEY" https://f1.example.com/seasons',
    ),
    "through a Gateway": (
        {
            "api": {
                "httpRoute": {
                    "enabled": True,
                    "parentRefs": [{"name": "public"}],
                    "hostnames": ["f1.example.com", "f1.example.org"],
                }
            },
            "networkPolicies": {"api": {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}},
        },
        'curl -H "X-API-Key: $KEY" https://f1.example.org/seasons',
    ),
    "through a Gateway for any name": (
        {
            "api": {"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}},
            "networkPolicies": {"api": {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}},
        },
        "kubectl get httproute -n racing f1-f1-aggregator-api",
    ),
    "proxies among the settings of all programs": (
        {"settings": {"F1_API_TRUSTED_PROXIES": "2"}},
        "  * settings.F1_API_TRUSTED_PROXIES is api.trustedProxies",
    ),
    "no client is allowed": (
        {},
        "No other pod can connect to the API yet: set networkPolicies.api.from",
    ),
    "an S3 server of one's own": (
        {"s3": {"bucket": "f1-raw", "endpoint": "http://minio:9000"}},
        "S3 is http://minio:9000: networkPolicies.s3.to and .port must allow its address",
    ),
    "alerts without contacts": (
        {"monitoring": {"enabled": True}},
        "They contain no contacts: set monitoring.contacts.",
    ),
    "images on the nodes": ({}, "the images must already be on the nodes"),
}


@pytest.mark.parametrize(("values", "line"), NOTES.values(), ids=NOTES)
def test_the_notes_have_the_next_steps(values: Mapping[str, Any], line: str) -> None:
    smallest = {"database": {"existingSecret": "postgres"}, "s3": {"bucket": "f1-raw"}}
    helm = str(programs.find("helm", "make .cache/kube/bin/helm"))
    command = [helm, "install", "f1", str(chart()), "--namespace", "racing"]
    done = subprocess.run(
        [*command, "--dry-run=client", "--values", "-"],
        input=yaml.safe_dump({**smallest, **values}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    notes = done.stdout.partition("NOTES:")[2]
    assert line in notes
    outside = [values.get("ingress", {}), values.get("api", {}).get("httpRoute", {})]
    closed = not any(way.get("enabled") for way in outside)
    assert ("port-forward" in notes) is closed
    assert ("to make the API reachable from outside" in notes) is closed
