"""Updates lose no request, and replace only the pods that have to be replaced."""

from collections.abc import Callable
from typing import Any

import pytest

from f1_devkit.cluster.charts import Manifests

Render = Callable[..., Manifests]


def test_a_new_api_pod_is_ready_before_an_old_one_ends(render: Render) -> None:
    deployment = render({"api": {"preStopSeconds": 7, "graceSeconds": 30}}).one(
        "Deployment", "-api"
    )
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["lifecycle"]["preStop"] == {"sleep": {"seconds": 7}}
    assert pod["terminationGracePeriodSeconds"] > 7 + 30, "SIGKILL comes after both"


def test_an_outage_of_the_database_restarts_no_pod(render: Render) -> None:
    """Readiness checks the database, liveness does not."""
    [api] = render({}).pod("api")["spec"]["containers"]
    assert api["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert api["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert api["startupProbe"]["httpGet"]["path"] == "/livez"


@pytest.mark.parametrize(
    ("program", "probe", "path", "seconds", "timeout_s"),
    [
        ("api", "startupProbe", "/livez", 60, 1),
        ("api", "readinessProbe", "/readyz", 10, 3),
        ("api", "livenessProbe", "/livez", 60, 3),
        ("worker", "startupProbe", "/healthz", 120, 1),
        ("worker", "readinessProbe", "/readyz", 15, 5),
        ("worker", "livenessProbe", "/healthz", 60, 5),
        ("operator", "startupProbe", "/healthz", 120, 1),
        ("operator", "readinessProbe", "/readyz", 15, 5),
        ("operator", "livenessProbe", "/healthz", 60, 5),
    ],
)
def test_every_program_is_probed(
    *, render: Render, program: str, probe: str, path: str, seconds: int, timeout_s: int
) -> None:
    """The seconds for which a probe may fail before it has an effect, with Kubernetes' defaults."""
    [container] = render({}).pod(program)["spec"]["containers"]
    found = container[probe]
    assert found["httpGet"]["path"] == path
    assert found["httpGet"]["port"] in {port["name"] for port in container["ports"]}
    assert found["periodSeconds"] * found.get("failureThreshold", 3) == seconds
    assert found.get("timeoutSeconds", 1) == timeout_s


def test_the_grace_period_of_the_worker_is_the_pods(render: Render) -> None:
    rendered = render({"worker": {"graceSeconds": 45}})
    assert rendered.one("ConfigMap", "-worker")["data"]["F1_WORKER_GRACE_S"] == "45"
    assert rendered.pod("worker")["spec"]["terminationGracePeriodSeconds"] > 45


def test_one_operator_at_a_time(render: Render) -> None:
    spec = render({}).one("Deployment", "-operator")["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_the_autoscaler_sets_the_replicas(render: Render) -> None:
    """helm sets no number of replicas that an autoscaler would change."""
    by_hpa = render({})
    for name in ("api", "worker"):
        assert "replicas" not in by_hpa.one("Deployment", f"-{name}")["spec"]
        scaled = by_hpa.one("HorizontalPodAutoscaler", f"-{name}")["spec"]["scaleTargetRef"]
        deployment = by_hpa.one("Deployment", f"-{name}")["metadata"]["name"]
        assert (scaled["kind"], scaled["name"]) == ("Deployment", deployment)
    assert by_hpa.one("HorizontalPodAutoscaler", "-api")["spec"]["minReplicas"] >= 2
    by_hand = render(
        {
            "api": {"autoscaling": {"enabled": False}, "replicas": 4},
            "worker": {"autoscaling": {"by": "none"}, "replicas": 0},
        }
    )
    replicas = [
        by_hand.one("Deployment", f"-{name}")["spec"]["replicas"] for name in ("api", "worker")
    ]
    assert replicas == [4, 0]
    assert by_hand.kind("HorizontalPodAutoscaler") == []


def test_keda_scales_the_worker_by_waiting_captures(render: Render) -> None:
    rendered = render({"worker": {"autoscaling": {"by": "keda", "capturesPerReplica": 20}}})
    [trigger] = rendered.one("ScaledObject")["spec"]["triggers"]
    assert trigger["metadata"]["targetQueryValue"] == "20"
    assert "FROM captures" in trigger["metadata"]["query"]
    [secret] = rendered.one("TriggerAuthentication")["spec"]["secretTargetRef"]
    assert secret == {"parameter": "connection", "name": "postgres", "key": "F1_DATABASE_URL"}
    assert [one["metadata"]["name"] for one in rendered.kind("HorizontalPodAutoscaler")] == [
        "f1-f1-aggregator-api"
    ]


CHANGES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a setting of all": ({"settings": {"F1_LOG_LEVEL": "DEBUG"}}, {"api", "worker", "operator"}),
    "a setting of one": ({"api": {"settings": {"F1_API_CACHE_MB": 1}}}, {"api"}),
    "another bucket": ({"s3": {"bucket": "other"}}, {"api", "worker"}),
    "another database": (
        {"database": {"existingSecret": "other"}},
        {"api", "worker", "operator"},
    ),
    "another tag": ({"image": {"tag": "v2"}}, {"api", "worker", "operator"}),
    "more memory for the worker": (
        {"worker": {"resources": {"limits": {"memory": "2Gi"}}}},
        {"worker"},
    ),
    "a monitor": ({"monitoring": {"enabled": True}}, set()),
    "a schedule": ({"ingest": {"cronJobs": {"poll": {"suspend": True}}}}, set()),
}


@pytest.mark.parametrize(("change", "replaced"), CHANGES.values(), ids=CHANGES)
def test_a_change_replaces_the_pods_that_need_it(
    render: Render, change: dict[str, Any], replaced: set[str]
) -> None:
    before, after = _templates(render({})), _templates(render(change))
    assert {name for name in before if before[name] != after[name]} == replaced


def test_a_drain_evicts_one_api_pod_at_a_time(render: Render) -> None:
    [budget] = render({}).kind("PodDisruptionBudget")
    assert budget["spec"]["maxUnavailable"] == 1
    assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    assert (
        render({"api": {"podDisruptionBudget": {"maxUnavailable": "25%"}}}).one(
            "PodDisruptionBudget"
        )["spec"]["maxUnavailable"]
        == "25%"
    )


def test_pods_are_spread_over_zones_and_nodes(render: Render) -> None:
    spread = render({}).pod("api")["spec"]["topologySpreadConstraints"]
    keys = [one["topologyKey"] for one in spread]
    assert keys == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]


def test_a_users_constraints_replace_the_charts(render: Render) -> None:
    own = [{"topologyKey": "rack", "maxSkew": 2, "whenUnsatisfiable": "DoNotSchedule"}]
    pod = render({"api": {"topologySpreadConstraints": own}}).pod("api")
    assert pod["spec"]["topologySpreadConstraints"] == own


def test_the_pull_policy_is_a_value(render: Render) -> None:
    for name, pod in render({"image": {"pullPolicy": "Always"}}).pods():
        assert {one["imagePullPolicy"] for one in pod["spec"]["containers"]} == {"Always"}, name


@pytest.mark.parametrize("name", ["poll", "daily"])
def test_cron_jobs_never_overlap_and_always_end(render: Render, name: str) -> None:
    spec = render({}).one("CronJob", f"-{name}")["spec"]
    job = spec["jobTemplate"]["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    assert (spec["suspend"], spec["timeZone"]) == (False, "Etc/UTC")
    assert spec["startingDeadlineSeconds"] > 0
    assert (spec["successfulJobsHistoryLimit"], spec["failedJobsHistoryLimit"]) == (1, 3)
    assert job["activeDeadlineSeconds"] > 0
    assert job["podReplacementPolicy"] == "Failed", "a stopping pod counts"
    assert job["podFailurePolicy"]["rules"][0] == {
        "action": "Ignore",
        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
    }
    assert job["template"]["spec"]["restartPolicy"] == "Never"


@pytest.mark.parametrize("name", ["poll", "daily"])
def test_a_run_has_the_name_of_its_job(render: Render, name: str) -> None:
    job = render({}).one("CronJob", f"-{name}")["spec"]["jobTemplate"]["spec"]
    [container] = job["template"]["spec"]["containers"]
    variables = {one["name"]: one.get("valueFrom") for one in container["env"]}[
        "F1_INGEST_JOB_NAME"
    ]
    assert variables == {
        "fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}
    }


def test_the_poll_is_every_five_minutes_and_not_retried(render: Render) -> None:
    spec = render({}).one("CronJob", "-poll")["spec"]
    assert spec["schedule"] == "*/5 * * * *"
    job = spec["jobTemplate"]["spec"]
    assert job["backoffLimit"] == 0
    assert [rule["action"] for rule in job["podFailurePolicy"]["rules"]] == ["Ignore", "FailJob"]


def test_the_daily_run_waits_for_an_unavailable_source(render: Render) -> None:
    job = render({}).one("CronJob", "-daily")["spec"]["jobTemplate"]["spec"]
    rules = job["podFailurePolicy"]["rules"]
    assert {"action": "Ignore", "onExitCodes": _codes(3)} in rules
    assert {"action": "FailJob", "onExitCodes": _codes(2)} in rules
    assert job["backoffLimit"] == 2, "of other failures"


def test_priority_classes_are_the_charts_or_existing_ones(render: Render) -> None:
    rendered = render({"priorityClasses": {"create": True}, "api": {"priorityClassName": "high"}})
    assert rendered.pod("api")["spec"]["priorityClassName"] == "high"
    assert rendered.pod("worker")["spec"]["priorityClassName"] == "racing-f1-f1-aggregator-worker"
    values = {one["metadata"]["name"]: one["value"] for one in rendered.kind("PriorityClass")}
    assert values["racing-f1-f1-aggregator-worker"] > values["racing-f1-f1-aggregator-ingest"]
    ingest = rendered.one("PriorityClass", "-ingest")
    assert ingest["preemptionPolicy"] == "Never", "a fetch preempts no other pod"
    assert "priorityClassName" not in render({}).pod("api")["spec"]


def _templates(rendered: Manifests) -> dict[str, Any]:
    return {
        one["metadata"]["name"].rpartition("-")[2]: one["spec"]["template"]
        for one in rendered.kind("Deployment")
    }


def _codes(*values: int) -> dict[str, Any]:
    return {"containerName": "ingest", "operator": "In", "values": list(values)}
