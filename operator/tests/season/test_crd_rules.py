"""The rules of the Season resource, and their messages."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from seasons.cluster import connected
from seasons.refused import REFUSED, REFUSED_BY_POLICY

from f1_devkit.kubernetes.apiserver import ApiServer
from f1_devkit.kubernetes.kubectl import Kubectl, KubectlFailed
from f1_operator.kube.client import Kubernetes, KubernetesFailed

CRD = Path(__file__).parents[2] / "crd" / "season.yaml"
RULES = CRD.with_name("season-rules.yaml")
EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))


Try = Callable[[Any], Any]


@pytest.fixture(scope="module")
def seasons(kube_apiserver: ApiServer) -> Kubectl:
    """kubectl with the Season CRD."""
    kubectl = kube_apiserver.kubectl()
    kubectl.apply(CRD)
    kubectl("wait", "--for=condition=Established", "crd/seasons.f1.telemetry.dev")
    return kubectl


@pytest.fixture(scope="module")
def dry_run(seasons: Kubectl) -> Try:
    """Creates a Season as kubectl would, without keeping it; raises what kubectl would print."""
    api = Kubernetes(connected(1, seasons.kubeconfig), 10)
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


@pytest.mark.parametrize(("spec", "words"), REFUSED.values(), ids=REFUSED)
def test_is_refused_with_a_helpful_message(dry_run: Try, spec: Any, words: str) -> None:
    with pytest.raises(KubernetesFailed) as refused:
        dry_run(season(**spec))
    assert words in refused.value.detail


# Broken by the two tests below.
OF_MORE_THAN_A_SPEC = ("metadata.name has more than 40", "year cannot be changed")


def test_every_rule_of_the_resource_is_broken_by_one_of_them() -> None:
    def messages(schema: Any) -> Iterator[str]:
        if isinstance(schema, dict):
            yield from (rule["message"] for rule in schema.get("x-kubernetes-validations", ()))
            for below in schema.values():
                yield from messages(below)

    (version,) = yaml.safe_load(CRD.read_text())["spec"]["versions"]
    rules = list(messages(version["schema"]["openAPIV3Schema"]))
    untried = [
        rule
        for rule in rules
        if not rule.startswith(OF_MORE_THAN_A_SPEC)
        and not any(words in rule for _, words in REFUSED.values())
    ]
    assert untried == []
    assert len(rules) > 10


def test_a_name_too_long_for_its_jobs_is_refused(dry_run: Try) -> None:
    with pytest.raises(KubernetesFailed, match="use a shorter one, such as season-2024"):
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
    "all rounds": {"year": 2024, "rounds": "all"},
    "a list": {"year": 2024, "rounds": ["1-5", 18]},
    "a list of numbers": {"year": 2024, "rounds": [1, 2, 24]},
    "a list of texts": {"year": 2024, "rounds": ["1-5, 7", "9"]},
    "openf1 of all it has": {"year": 2024, "source": "openf1"},
    "never refreshed": {"year": 1995, "refresh": {"interval": "never"}},
    "refreshed often": {"year": 2024, "refresh": {"interval": "10m", "corrections": "never"}},
}


@pytest.fixture(scope="module")
def with_policy(seasons: Kubectl, dry_run: Try) -> Try:
    """The same with the resource's admission policy in force."""
    seasons.apply(RULES)
    deadline = time.monotonic() + 60
    while True:
        try:
            dry_run(season(year=2024, rounds="2-1"))
        except KubernetesFailed:
            return dry_run
        assert time.monotonic() < deadline, "the policy is not in force"
        time.sleep(0.1)


@pytest.mark.parametrize(("rounds", "words"), REFUSED_BY_POLICY.values(), ids=REFUSED_BY_POLICY)
def test_the_policy_refuses_rounds_that_the_schema_cannot_check(
    with_policy: Try, rounds: Any, words: str
) -> None:
    with pytest.raises(KubernetesFailed) as refused:
        with_policy(season(year=2024, rounds=rounds))
    assert words in refused.value.detail


def test_the_admission_policy_accepts_other_jobs(with_policy: Try) -> None:
    for spec in ACCEPTED.values():
        assert with_policy(season(**spec))["spec"]["source"]


def test_the_pattern_of_rounds_refuses_its_keywords(dry_run: Try) -> None:
    for rounds in ("write all", "such as 5", "write all, or numbers and ranges from 1 to 99"):
        with pytest.raises(KubernetesFailed, match="should match"):
            dry_run(season(year=2024, rounds=rounds))


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


def test_kubectl_explain_describes_every_field() -> None:
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
