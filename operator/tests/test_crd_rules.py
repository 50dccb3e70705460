"""What the Season resource refuses, rule by rule, and the words it refuses with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from f1_local.kubernetes.apiserver import ApiServer
from f1_local.kubernetes.kubectl import Kubectl, KubectlFailed
from f1_operator.kubernetes_api import Kubernetes, KubernetesFailed, connect

CRD = Path(__file__).parents[1] / "crd" / "season.yaml"
EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.yaml"))


Try = Callable[[Any], Any]


@pytest.fixture(scope="module")
def seasons(kube_apiserver: ApiServer) -> Kubectl:
    """kubectl where Seasons are known."""
    kubectl = kube_apiserver.kubectl()
    kubectl.apply(CRD)
    kubectl("wait", "--for=condition=Established", "crd/seasons.f1.telemetry.dev")
    return kubectl


@pytest.fixture(scope="module")
def dry_run(seasons: Kubectl) -> Try:
    """Creates a Season as kubectl would, without keeping it; raises what kubectl would print."""
    api = Kubernetes(connect(1, seasons.kubeconfig), 10)
    path = "/apis/f1.telemetry.dev/v1alpha1/namespaces/default/seasons"
    query = {"dryRun": "All", "fieldValidation": "Strict"}
    return lambda body: api.request("POST", path, body, query=query)


def season(name: str = "season-2024", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "f1.telemetry.dev/v1alpha1",
        "kind": "Season",
        "metadata": {"name": name},
        "spec": spec,
    }


REFUSED = {
    "no year": ({}, "spec.year: Required value"),
    "year before there was Formula 1": (
        {"year": 1949},
        "year is no season of Formula 1: write one from 1950 to 2100, such as 2024",
    ),
    "year far ahead": ({"year": 2101}, "write one from 1950 to 2100"),
    "unknown source": (
        {"year": 2024, "source": "ergast"},
        'supported values: "jolpica", "openf1", "synthetic"',
    ),
    "openf1 before it began": (
        {"year": 2022, "source": "openf1"},
        "openf1 has the seasons from 2023 on: write source: jolpica for an earlier one",
    ),
    "openf1 of what it lacks": (
        {"year": 2024, "source": "openf1", "resources": ["laps", "results"]},
        "openf1 has laps and pitstops only: write resources: [laps, pitstops]",
    ),
    "rounds in words": (
        {"year": 2024, "rounds": "first five"},
        'write all, or numbers and ranges from 1 to 99, such as 5, 1-5 or "1-5,7"',
    ),
    "round zero": ({"year": 2024, "rounds": 0}, "write all, or numbers and ranges from 1 to 99"),
    "round a hundred": ({"year": 2024, "rounds": "1-100"}, "numbers and ranges from 1 to 99"),
    "rounds backwards": (
        {"year": 2024, "rounds": "5-1"},
        "a range that ends before it begins: write the lower number first, such as 1-5",
    ),
    "rounds backwards among others": (
        {"year": 2024, "rounds": "1-3, 7, 12-10"},
        "a range that ends before it begins",
    ),
    "rounds as a list": ({"year": 2024, "rounds": [1, 2]}, "must be of type integer,string"),
    "unknown resource": (
        {"year": 2024, "resources": ["tyres"]},
        'supported values: "laps", "pitstops", "results"',
    ),
    "a resource twice": ({"year": 2024, "resources": ["laps", "laps"]}, "Duplicate value"),
    "no resource": ({"year": 2024, "resources": []}, "should have at least 1 items"),
    "no parallelism": (
        {"year": 2024, "parallelism": 0},
        "parallelism must be from 1 to 20; to pause, write suspend: true",
    ),
    "too much parallelism": ({"year": 2024, "parallelism": 21}, "must be from 1 to 20"),
    "too many tries": (
        {"year": 2024, "backoffLimitPerRound": 11},
        "backoffLimitPerRound must be from 0 to 10",
    ),
    "refresh too often": (
        {"year": 2024, "refresh": {"interval": "5m"}},
        "write a number and m, h or d, at least 10m, such as 12h or 1d; or never",
    ),
    "refresh in words": (
        {"year": 2024, "refresh": {"interval": "daily"}},
        "refresh.interval cannot be read",
    ),
    "corrections in minutes": (
        {"year": 2024, "refresh": {"corrections": "90m"}},
        "write a number and h or d, such as 72h or 14d; or never",
    ),
    "deadline too short": (
        {"year": 2024, "activeDeadlineSeconds": 5},
        "activeDeadlineSeconds must be from 60 to 2592000 (30 days)",
    ),
    "time to live too long": (
        {"year": 2024, "ttlSecondsAfterFinished": 2592001},
        "ttlSecondsAfterFinished must be from 0 to 2592000 (30 days)",
    ),
    "unknown deletion policy": (
        {"year": 2024, "deletionPolicy": "Delete"},
        'supported values: "Retain", "Purge"',
    ),
    "misspelt field": ({"year": 2024, "round": 5}, 'unknown field "spec.round"'),
}


@pytest.mark.parametrize(("spec", "words"), REFUSED.values(), ids=REFUSED)
def test_is_refused_with_words_that_help(dry_run: Try, spec: Any, words: str) -> None:
    with pytest.raises(KubernetesFailed) as refused:
        dry_run(season(**spec))
    assert words in refused.value.detail


def test_a_name_too_long_for_its_jobs_is_refused(dry_run: Try) -> None:
    with pytest.raises(KubernetesFailed, match="write a shorter one, such as season-2024"):
        dry_run(season("s" * 41, year=2024))


def test_the_year_cannot_be_changed(seasons: Kubectl) -> None:
    seasons.apply(season("fixed", year=2024))
    with pytest.raises(KubectlFailed, match="apply another Season for the other year"):
        seasons.apply(season("fixed", year=2023))


ACCEPTED: dict[str, dict[str, Any]] = {
    "year alone": {"year": 2024},
    "one round": {"year": 2024, "rounds": 5},
    "a range": {"year": 2024, "rounds": "1-5"},
    "ranges": {"year": 2024, "rounds": "1-5, 7,9-12"},
    "openf1 of all it has": {"year": 2024, "source": "openf1"},
    "never refreshed": {"year": 1995, "refresh": {"interval": "never"}},
    "refreshed often": {"year": 2024, "refresh": {"interval": "10m", "corrections": "never"}},
}


@pytest.mark.parametrize("spec", ACCEPTED.values(), ids=ACCEPTED)
def test_is_accepted(dry_run: Try, spec: Any) -> None:
    assert dry_run(season(**spec))["spec"]["source"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_accepted(dry_run: Try, example: Path) -> None:
    assert dry_run(yaml.safe_load(example.read_text()))["metadata"]["uid"]


def test_defaults_are_filled_in(dry_run: Try) -> None:
    assert dry_run(season(year=2021))["spec"] == {
        "year": 2021,
        "source": "jolpica",
        "rounds": "all",
        "parallelism": 2,
        "suspend": False,
        "backoffLimitPerRound": 2,
        "refresh": {"interval": "1d", "corrections": "14d"},
        "activeDeadlineSeconds": 86400,
        "ttlSecondsAfterFinished": 86400,
        "deletionPolicy": "Retain",
    }


def test_scale_changes_parallelism(seasons: Kubectl) -> None:
    seasons.apply(season("scaled", year=2021))
    seasons("scale", "season/scaled", "--replicas=7")
    assert seasons.get("f1s", "scaled")["spec"]["parallelism"] == 7


def test_explain_teaches_every_field() -> None:
    crd = yaml.safe_load(CRD.read_text())
    (version,) = crd["spec"]["versions"]

    def undescribed(schema: dict[str, Any], path: str) -> list[str]:
        missing = [] if schema.get("description") or path.endswith("[]") else [path]
        for name, field in schema.get("properties", {}).items():
            missing += undescribed(field, f"{path}.{name}")
        if "items" in schema:
            missing += undescribed(schema["items"], f"{path}[]")
        return missing

    root = version["schema"]["openAPIV3Schema"]
    root["properties"]["metadata"]["description"] = "Kubernetes' own"
    assert undescribed(root, "season") == []
