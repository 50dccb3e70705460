"""Values with the names of other charts; the older names work for one more version."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from f1_devkit.cluster.charts import Manifests, chart, merged
from f1_devkit.kubernetes import programs

Render = Callable[..., Manifests]
PREVIOUS = Path(__file__).parents[1] / "previous" / "values.yaml"
ALLOWED = {"networkPolicies": {"api": {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}}}
KEY = {"api": {"operatorKey": {"existingSecret": "f1-operator-key"}}}
INGRESS = {"enabled": True, "className": "nginx", "hosts": ["f1.example.com"]}
PAIRS: dict[str, tuple[Mapping[str, Any], Mapping[str, Any], str]] = {
    "ingress": (
        {**ALLOWED, "ingress": INGRESS},
        {**ALLOWED, "api": {"ingress": INGRESS}},
        "ingress is api.ingress",
    ),
    "cache": (
        {"api": {"cache": {"maxAgeSeconds": 60}}},
        {"api": {"httpCache": {"maxAgeSeconds": 60}}},
        "api.cache is api.httpCache",
    ),
    "pull secrets": (
        {"image": {"pullSecrets": ["ecr"]}},
        {"imagePullSecrets": [{"name": "ecr"}]},
        "image.pullSecrets is imagePullSecrets, a list of {name: ...}",
    ),
    "keda": (
        {"worker": {"autoscaling": {"by": "keda"}}},
        {"worker": {"autoscaling": {"type": "keda"}}},
        "worker.autoscaling.by is worker.autoscaling.enabled and .type",
    ),
    "no autoscaler": (
        {"worker": {"autoscaling": {"by": "none"}}},
        {"worker": {"autoscaling": {"enabled": False}}},
        "worker.autoscaling.by is",
    ),
    "proxies": (
        {"api": {"settings": {"F1_API_TRUSTED_PROXIES": "10.0.0.0/8,fd00::/8"}}},
        {"api": {"trustedProxies": ["10.0.0.0/8", "fd00::/8"]}},
        "api.settings.F1_API_TRUSTED_PROXIES is api.trustedProxies",
    ),
    "pull secrets by name": (
        {"imagePullSecrets": ["ecr"], "image": {"pullSecrets": ["ecr"]}},
        {"imagePullSecrets": [{"name": "ecr"}]},
        "image.pullSecrets is imagePullSecrets",
    ),
}


def _notes(values: Mapping[str, Any]) -> str:
    smallest = {"database": {"existingSecret": "postgres"}, "s3": {"bucket": "f1-raw"}}
    helm = str(programs.find("helm", "make .cache/kube/bin/helm"))
    done = subprocess.run(
        [helm, "install", "f1", str(chart()), "--dry-run=client", "--values", "-"],
        input=yaml.safe_dump(merged(smallest, values)),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.partition("NOTES:")[2]


@pytest.mark.parametrize("case", PAIRS)
def test_the_older_name_does_the_same_and_is_reported(render: Render, case: str) -> None:
    old, new, sentence = PAIRS[case]
    assert list(render(merged(KEY, old))) == list(render(merged(KEY, new)))
    assert f"* {sentence}" in _notes(old)
    assert "for the last time" not in _notes(new)


def test_values_kept_from_the_previous_version_render(render: Render) -> None:
    """`helm upgrade --reuse-values` has all older values, and no new ones."""
    before = yaml.safe_load(PREVIOUS.read_text())
    now = yaml.safe_load((chart() / "values.yaml").read_text())
    reused = merged(dict(_without(now, before)), before)
    # Not in the smallest values of these tests.
    del reused["database"]["existingSecret"], reused["s3"]["bucket"]
    upgraded = render(merged(reused, KEY))
    fresh = render(KEY)
    names = [(one["kind"], one["metadata"]["name"]) for one in upgraded]
    assert names == [(one["kind"], one["metadata"]["name"]) for one in fresh]
    assert dict(upgraded.pods()).keys() == dict(fresh.pods()).keys()
    for (_, ours), (_, theirs) in zip(upgraded.pods(), fresh.pods(), strict=True):
        assert ours["spec"].keys() == theirs["spec"].keys()


def _without(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Null, which removes a default, for each new value."""
    for name, value in now.items():
        if name not in before:
            yield name, None
        elif isinstance(value, Mapping) and isinstance(before[name], Mapping):
            yield name, dict(_without(value, before[name]))


def test_the_pod_security_context_can_be_replaced(render: Render) -> None:
    """OpenShift assigns a range of ids to each namespace, and refuses others."""
    context = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    rendered = render({"podSecurityContext": context})
    for _, pod in rendered.pods():
        assert pod["spec"]["securityContext"] == context
    data = rendered.one("ConfigMap", "-operator")["data"]
    assert yaml.safe_load(data["F1_JOB_POD_SECURITY_CONTEXT"]) == context


def test_a_container_may_have_another_security_context(render: Render) -> None:
    context = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    rendered = render({"securityContext": context})
    for _, pod in rendered.pods():
        assert [one["securityContext"] for one in pod["spec"]["containers"]] == [context]
    data = rendered.one("ConfigMap", "-operator")["data"]
    assert yaml.safe_load(data["F1_JOB_SECURITY_CONTEXT"]) == context


def test_constraints_of_the_user_replace_the_charts(render: Render) -> None:
    rack = [{"maxSkew": 2, "topologyKey": "rack", "whenUnsatisfiable": "ScheduleAnyway"}]
    rendered = render({"api": {"topologySpreadConstraints": rack}})
    assert rendered.pod("api")["spec"]["topologySpreadConstraints"] == rack
    assert len(rendered.pod("worker")["spec"]["topologySpreadConstraints"]) == 2
    assert "topologySpreadConstraints" not in rendered.pod("test")["spec"]


@pytest.mark.parametrize("text", [False, True], ids=["object", "text"])
def test_extra_objects_are_templates(render: Render, *, text: bool) -> None:
    one = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": '{{ include "f1.fullname" . }}-more'},
    }
    rendered = render({"extraObjects": [yaml.safe_dump(one) if text else one]})
    assert rendered.one("ConfigMap", "-more")["metadata"]["name"] == "f1-f1-aggregator-more"


def test_without_rbac_the_chart_creates_no_roles_in_the_namespace(render: Render) -> None:
    rendered = render({"rbac": {"create": False}})
    assert rendered.kind("Role") == rendered.kind("RoleBinding") == []
    assert not [name for name, _ in rendered.pods() if name.endswith("-uninstall")]
    assert rendered.pod("operator")


def test_a_route_leads_to_the_service(render: Render) -> None:
    route = {"enabled": True, "parentRefs": [{"name": "public", "namespace": "gateways"}]}
    rendered = render({**ALLOWED, "api": {"httpRoute": route, "service": {"port": 8080}}})
    [made] = rendered.kind("HTTPRoute")
    assert made["spec"]["parentRefs"] == route["parentRefs"]
    [backend] = made["spec"]["rules"][0]["backendRefs"]
    assert backend == {"name": rendered.one("Service")["metadata"]["name"], "port": 8080}
    assert rendered.kind("Ingress") == []


def test_a_cron_job_needs_a_schedule_and_arguments_only(render: Render) -> None:
    jobs = {"weekly": {"schedule": "@weekly", "args": ["poll"]}, "daily": {"suspend": True}}
    rendered = render({"ingest": {"cronJobs": jobs}})
    weekly = rendered.one("CronJob", "-weekly")["spec"]
    assert (weekly["startingDeadlineSeconds"], weekly["suspend"]) == (600, False)
    daily = rendered.one("CronJob", "-daily")["spec"]
    assert (daily["schedule"], daily["suspend"]) == ("17 3 * * *", True)


REFUSED: dict[str, tuple[Mapping[str, Any], str]] = {
    "a route without a Gateway": (
        {**ALLOWED, "api": {"httpRoute": {"enabled": True}}},
        "api.httpRoute.enabled needs a Gateway: set api.httpRoute.parentRefs",
    ),
    "a route that network policies close": (
        {"api": {"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}}},
        "api.httpRoute.enabled, but network policies let nothing reach the API",
    ),
    "proxies twice": (
        {
            "api": {
                "trustedProxies": ["*"],
                "settings": {"F1_API_TRUSTED_PROXIES": "10.0.0.0/8"},
            }
        },
        "api.settings.F1_API_TRUSTED_PROXIES and api.trustedProxies are mutually exclusive",
    ),
    "proxies twice, for all programs": (
        {"api": {"trustedProxies": ["*"]}, "settings": {"F1_API_TRUSTED_PROXIES": "2"}},
        "* settings.F1_API_TRUSTED_PROXIES and api.trustedProxies are mutually exclusive",
    ),
    "proxies twice, as a variable": (
        {
            "api": {
                "trustedProxies": ["*"],
                "extraEnv": [{"name": "F1_API_TRUSTED_PROXIES", "value": "10.0.0.0/8"}],
            }
        },
        "api.extraEnv of F1_API_TRUSTED_PROXIES and api.trustedProxies are mutually exclusive",
    ),
    "a CronJob without arguments": (
        {"ingest": {"cronJobs": {"weekly": {"schedule": "@weekly"}}}},
        "missing property 'args'",
    ),
    "a misspelt security context": (
        {"podSecurityContext": {"runAsNonroot": True}},
        "additional properties 'runAsNonroot' not allowed",
    ),
    "an object without a kind": (
        {"extraObjects": [{"apiVersion": "v1"}]},
        "missing property 'kind'",
    ),
}


@pytest.mark.parametrize(("values", "words"), REFUSED.values(), ids=REFUSED)
def test_invalid_combinations_are_refused(
    refusal: Callable[[Mapping[str, Any]], str], values: Mapping[str, Any], words: str
) -> None:
    assert words in refusal(values)
