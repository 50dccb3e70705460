"""The cluster refuses invalid Seasons and values at once, with a message how to correct them."""

import json
from typing import Any

import pytest
from seasons.refused import REFUSED

from f1_devkit.cluster import charts
from f1_devkit.cluster.kind import Cluster
from f1_devkit.kubernetes.helm import Helm, HelmFailed
from f1_devkit.kubernetes.kubectl import Kubectl, KubectlFailed

NAME = "seasons.f1.telemetry.dev"
VALUES: dict[str, tuple[dict[str, Any], str]] = {
    "none at all": ({}, "database has no connection: set one of database.existingSecret"),
    "no bucket": (
        {"database": {"existingSecret": "postgres"}},
        "s3.bucket is not set: write the name of the bucket",
    ),
    "a misspelt key": ({"replcas": 2}, "additional properties 'replcas' not allowed"),
    "no such choice": (
        {"api": {"keys": "maybe"}},
        "at '/api/keys': value must be one of 'required', 'optional', 'none'",
    ),
}


@pytest.fixture(scope="module")
def seasons(cluster: Cluster, kubectl: Kubectl) -> Kubectl:
    """kubectl for a cluster with the chart's Season resource."""
    values = {"database": {"existingSecret": "postgres"}, "s3": {"bucket": "f1-raw"}}
    resource = charts.template(values).one("CustomResourceDefinition")
    # With helm's labels, since helm would refuse a foreign object when another test installs the
    # chart.
    manager = ("--server-side", "--force-conflicts", "--field-manager=helm")
    kubectl("apply", *manager, "--filename", "-", stdin=json.dumps(resource))
    kubectl("wait", "--for=condition=Established", f"crd/{NAME}")
    return kubectl


@pytest.mark.parametrize(("spec", "words"), REFUSED.values(), ids=REFUSED)
def test_an_invalid_season_is_refused(seasons: Kubectl, spec: dict[str, Any], words: str) -> None:
    with pytest.raises(KubectlFailed) as refused:
        seasons.apply(season("refused", spec))
    assert words in refused.value.error


def test_a_name_too_long_for_its_jobs_is_refused(seasons: Kubectl) -> None:
    with pytest.raises(KubectlFailed, match="use a shorter one, such as season-2024"):
        seasons.apply(season("s" * 41, {"year": 2024}))


def test_a_changed_year_is_refused(seasons: Kubectl) -> None:
    seasons.apply(season("fixed", {"year": 2024, "suspend": True}))
    with pytest.raises(KubectlFailed, match="apply another Season for the other year"):
        seasons.apply(season("fixed", {"year": 2023, "suspend": True}))


@pytest.mark.parametrize(("values", "words"), VALUES.values(), ids=VALUES)
def test_invalid_values_are_refused(helm: Helm, values: dict[str, Any], words: str) -> None:
    with pytest.raises(HelmFailed) as refused:
        helm(
            *("install", charts.RELEASE, str(charts.chart()), "--values", "-"),
            stdin=json.dumps(values),
        )
    assert words in refused.value.error
    assert charts.RELEASE not in helm("list", "--short").split()


def season(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "f1.telemetry.dev/v1alpha1",
        "kind": "Season",
        "metadata": {"name": name},
        "spec": spec,
    }
