"""The operator as a process on a real apiserver, as a user sees it."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from seasons.cluster import SeasonCluster
from seasons.world import JOB_SETTINGS

from f1_devkit.kubernetes.kubectl import Kubectl, KubectlFailed, eventually
from f1_operator import names
from f1_operator.jobs.manifests import plan_job
from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.actions import CreateJob, PatchJob
from f1_operator.kube.client import Conflict
from f1_operator.season.resource import Season, Status

NewCluster = Callable[..., SeasonCluster]


def test_from_apply_to_ready(cluster: SeasonCluster, kubectl: Kubectl) -> None:
    cluster.apply()
    kubectl("wait", "--for=condition=Ready", "season/season-2024", "--timeout=90s", timeout=100)

    row = kubectl("get", "f1s", "season-2024").splitlines()[1].split()
    assert row[:7] == ["season-2024", "2024", "jolpica", "Ready", "4/4", "0", "True"]
    assert [job.task for job in cluster.jobs()] == ["backfill", "plan"]
    # A Season is Ready as soon as its rows are served; Job and events can be a moment later.
    cluster.until(lambda: all(job.outcome == "Complete" for job in cluster.jobs()))
    cluster.until(lambda: sorted(cluster.events()) == ["JobCreated", "Planned", "Ready"])
    # kopf leaves nothing on it, and nothing could block the deletion of its namespace.
    metadata = cluster.season()["metadata"]
    assert "finalizers" not in metadata
    assert "annotations" not in metadata
    assert not [name for name in cluster.status() if name.startswith(("kopf", "watch"))]


def test_suspend_pauses_and_resume_continues(cluster: SeasonCluster) -> None:
    cluster.player.only = {1, 2}
    cluster.apply()
    cluster.until(lambda: cluster.status().get("progress") == "2/4")
    (before,) = cluster.jobs("backfill")

    cluster.edit(suspend=True)
    cluster.until(lambda: cluster.jobs("backfill")[0].suspended, timeout=30)
    cluster.until_phase("Suspended")
    cluster.player.only = None

    cluster.edit(suspend=False)
    cluster.until_phase("Ready")
    (after,) = cluster.jobs("backfill")
    assert after.uid == before.uid
    assert cluster.player.run == [cluster.jobs("plan")[0].name, before.name]
    cluster.until(lambda: {"Suspended", "Resumed"} <= set(cluster.events()))


def test_kubectl_scale_reaches_the_job(cluster: SeasonCluster, kubectl: Kubectl) -> None:
    cluster.player.hold = {"backfill"}
    cluster.apply()
    cluster.until(lambda: cluster.jobs("backfill"))
    kubectl("scale", "season/season-2024", "--replicas=3")
    cluster.until(lambda: cluster.jobs("backfill")[0].parallelism == 3)


def test_growing_rounds_fetches_what_is_missing(cluster: SeasonCluster) -> None:
    cluster.apply(rounds="1-2")
    cluster.until_phase("Ready")

    cluster.edit(rounds="1-3")
    cluster.until(lambda: cluster.status()["progress"] == "3/3")
    assert sorted(job.rounds for job in cluster.jobs("backfill")) == [(1, 2), (3,)]


def test_shrinking_rounds_stops_unrequested_rounds(cluster: SeasonCluster) -> None:
    cluster.player.only = {1}
    cluster.apply()
    cluster.until(lambda: cluster.status().get("progress") == "1/4")

    cluster.edit(rounds="1-2")
    cluster.until(lambda: [job.rounds for job in cluster.jobs("backfill")] == [(2,)])
    cluster.player.only = {2}
    cluster.until_phase("Ready")
    assert cluster.status()["progress"] == "2/2"


def test_a_failed_round_is_named_and_retried_by_annotation(cluster: SeasonCluster) -> None:
    cluster.player.fail = {3: "some log\nf1-ingest: 1 of 7 captures failed:\n  laps: 404 no race"}
    cluster.apply()
    cluster.until_phase("Degraded")

    (failure,) = cluster.status()["rounds"]["failures"]
    assert failure["round"] == 3
    assert failure["message"] == "1 of 7 captures failed: laps: 404 no race"
    assert cluster.condition("Stalled")["status"] == "True"
    assert cluster.status()["progress"] == "3/4"
    cluster.until(lambda: "FetchFailed" in cluster.events())

    cluster.player.fail = {}
    cluster.annotate(names.RETRY, "again")
    cluster.until_phase("Ready")
    assert sorted(job.rounds for job in cluster.jobs("backfill")) == [(1, 2, 3, 4), (3,)]


def test_an_unavailable_api_is_unknown_and_never_failed(cluster: SeasonCluster) -> None:
    cluster.player.only = {1}
    cluster.apply()
    cluster.until(lambda: cluster.status().get("progress") == "1/4")

    cluster.api.up = False
    cluster.until(lambda: cluster.condition("Ready")["status"] == "Unknown")
    assert cluster.condition("Ready")["reason"] == "ApiUnreachable"
    assert "the database is away" in cluster.condition("Ready")["message"]
    assert cluster.status()["phase"] == "Backfilling"

    cluster.player.only = None
    cluster.api.up = True
    cluster.until_phase("Ready")


def test_one_season_owns_a_year(cluster: SeasonCluster) -> None:
    cluster.apply("first")
    cluster.until_phase("Ready", "first")
    cluster.apply("second")
    cluster.until(lambda: cluster.condition("Stalled", "second").get("reason") == "YearTaken")
    assert f"Season {cluster.namespace}/first" in cluster.condition("Ready", "second")["message"]

    cluster.delete("first")
    cluster.until_phase("Ready", "second")


def test_plans_wait_for_slots(cluster: SeasonCluster) -> None:
    cluster.player.hold = {"plan"}
    for year in range(2000, 2008):
        cluster.apply(f"season-{year}", year=year)
    cluster.until(lambda: len(cluster.jobs("plan")) == 8)
    assert sum(not job.suspended for job in cluster.jobs("plan")) == 5

    cluster.player.hold = set()
    for year in range(2000, 2008):
        cluster.until_phase("Ready", f"season-{year}")


def test_a_failed_plan_is_retried_by_annotation(cluster: SeasonCluster) -> None:
    cluster.player.hold = {"plan"}
    cluster.apply()
    cluster.until(lambda: cluster.jobs("plan"))
    [body], _ = cluster.kubernetes.list_jobs(cluster.namespace)
    cluster.player.fail_pod(cluster.jobs("plan")[0], 0, 1, "f1-ingest: 2024 has no round 30")
    cluster.player.end(body, {}, failed=True)
    cluster.until_phase("Failed")
    assert "2024 has no round 30" in cluster.condition("Planned")["message"]

    cluster.player.hold = set()
    cluster.annotate(names.RETRY)
    cluster.until_phase("Ready")
    assert "failure" not in cluster.status()["plan"]


def test_a_status_written_by_a_person_is_replaced(cluster: SeasonCluster) -> None:
    cluster.apply()
    cluster.until_phase("Ready")
    jobs = cluster.player.run.copy()
    nonsense = {
        "phase": "Failed",
        "plan": {"generation": None, "inputs": "other"},
        "rounds": {"failures": [{"round": 2, "reason": "Because"}], "run": -1},
        "conditions": [],
    }
    path = f"{cluster._path('season-2024')}/status"
    cluster.kubernetes.merge(path, {"status": nonsense})
    cluster.until_phase("Ready")
    assert cluster.condition("Ready")["status"] == "True"
    assert cluster.status()["rounds"]["failures"] == []
    assert cluster.player.run == jobs


def test_a_job_that_kubernetes_refuses_is_reported(
    cluster: SeasonCluster, kubectl: Kubectl
) -> None:
    """As with an exhausted quota or a cluster's policy; it continues when it is allowed to."""
    name = {"name": kubectl.namespace}
    here = {"matchLabels": {"kubernetes.io/metadata.name": kubectl.namespace}}
    jobs = {"apiGroups": ["batch"], "apiVersions": ["v1"], "operations": ["CREATE"]}
    rules = {"resourceRules": [{**jobs, "resources": ["jobs"]}]}
    kind = "ValidatingAdmissionPolicy"
    group = "admissionregistration.k8s.io/v1"
    denial = {"expression": "false", "message": "no Jobs before noon"}
    policy = {"matchConstraints": rules, "validations": [denial]}
    binding = {
        "policyName": kubectl.namespace,
        "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": here},
    }
    kubectl.apply({"apiVersion": group, "kind": kind, "metadata": name, "spec": policy})
    bound = {"apiVersion": group, "kind": f"{kind}Binding", "metadata": name, "spec": binding}
    kubectl.apply(bound)
    probe = ("create", "job", "probe", "--image=x", "--dry-run=server")
    eventually("the policy is in force", lambda: _is_refused(kubectl, *probe))

    cluster.apply()
    cluster.until(lambda: cluster.condition("Ready").get("reason") == "JobRefused")
    assert "no Jobs before noon" in cluster.condition("Planned")["message"]
    assert cluster.status()["phase"] == "Planning"
    cluster.until(lambda: "JobRefused" in cluster.events())

    kubectl.delete(f"{kind}Binding", kubectl.namespace)
    cluster.until_phase("Ready")
    assert cluster.events().count("JobRefused") == 1


def _is_refused(kubectl: Kubectl, *command: str) -> bool:
    try:
        kubectl(*command)
    except KubectlFailed as failed:
        return "no Jobs" in failed.error
    return False


def test_a_concurrently_changed_job_is_not_treated_as_deleted(
    new_cluster: NewCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = new_cluster()
    cluster.apply()
    season = Season.read(cluster.season())
    manifest = plan_job(season, JOB_SETTINGS, stamp="", suspend=True)
    job = ObservedJob.read(cluster.kubernetes.create_job(CreateJob(manifest)))

    def refuse(path: str, _: object) -> None:
        raise Conflict(path, 409, "the object has been modified")

    monkeypatch.setattr(cluster.kubernetes, "merge", refuse)
    with pytest.raises(Conflict):
        cluster.kubernetes.patch_job(PatchJob(job, suspend=False))
    another = replace(job, uid="another")
    assert cluster.kubernetes.patch_job(PatchJob(another, suspend=False)) is None


def test_a_season_that_changed_since_it_was_read_gets_no_status(new_cluster: NewCluster) -> None:
    cluster = new_cluster()
    cluster.apply()
    season = Season.read(cluster.season())
    cluster.edit(parallelism=3)
    with pytest.raises(Conflict):
        cluster.kubernetes.set_status(season, Status(phase="Ready"))


class TestDeletion:
    def test_during_a_backfill_leaves_nothing(self, cluster: SeasonCluster) -> None:
        cluster.player.only = {1}
        cluster.apply()
        cluster.until(lambda: cluster.jobs("backfill"))
        cluster.delete()
        cluster.until(cluster.gone)
        cluster.until(lambda: not cluster.jobs())

    def test_with_retain_needs_no_operator(self, cluster: SeasonCluster) -> None:
        cluster.player.only = {1}
        cluster.apply()
        cluster.until(lambda: cluster.jobs("backfill"))
        cluster.operator.stop()
        cluster.delete()
        cluster.until(cluster.gone)
        cluster.until(lambda: not cluster.jobs())

    def test_with_purge_runs_a_purge_first(self, cluster: SeasonCluster) -> None:
        cluster.player.only = {1}
        cluster.apply(deletionPolicy="Purge")
        cluster.until(lambda: cluster.jobs("backfill"))
        assert cluster.season()["metadata"]["finalizers"] == [names.FINALIZER]

        cluster.player.hold = {"purge"}
        cluster.delete()
        # A plan Job that had ended by then stays.
        cluster.until(
            lambda: [job.task for job in cluster.jobs() if job.task != "plan"] == ["purge"]
        )
        cluster.until(lambda: cluster.condition("Ready")["reason"] == "Purging")

        cluster.player.hold = set()
        cluster.until(cluster.gone)
        cluster.until(lambda: not cluster.jobs())
        cluster.until(lambda: "Purged" in cluster.events())

    def test_with_purge_can_be_released(self, cluster: SeasonCluster) -> None:
        cluster.player.hold = {"purge"}
        cluster.apply(deletionPolicy="Purge")
        cluster.until_phase("Ready")
        cluster.delete()
        cluster.until(lambda: cluster.jobs("purge"))
        cluster.annotate(names.RELEASE)
        cluster.until(cluster.gone)
        cluster.until(lambda: not cluster.jobs("purge"))
        cluster.until(lambda: "NotPurged" in cluster.events())


def test_metrics_have_the_conditions_of_each_season_while_it_exists(
    cluster: SeasonCluster, kubectl: Kubectl
) -> None:
    cluster.apply()
    cluster.until_phase("Ready")
    name = cluster.season()["metadata"]["name"]
    key = f"{kubectl.namespace}/{name}"

    def series() -> dict[str, float]:
        found = re.findall(
            rf'f1_operator_season_condition{{condition="(\w+)",season="{key}"}} (\S+)',
            cluster.operator.get("/metrics")[1],
        )
        return {condition: float(value) for condition, value in found}

    cluster.until(lambda: series() == {"Ready": 1, "Stalled": 0, "Degraded": 0})
    assert cluster.operator.metric("f1_build_info", program="f1-operator") == 1
    kubectl("delete", "season", name)
    cluster.until(lambda: series() == {})
