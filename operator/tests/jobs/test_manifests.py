"""The Jobs as Kubernetes gets them: valid for every supported version, restricted, stable."""

import json
from typing import Any

import kubernetes_validate
import pytest
from seasons.world import JOB_SETTINGS, World, season_body

from f1_operator import names
from f1_operator.jobs.manifests import fetch_job, plan_job, purge_job
from f1_operator.jobs.observed import ObservedJob, parse_indexes
from f1_operator.season.resource import Season
from f1_operator.settings import JobSettings

VERSIONS = ("1.33", "1.34", "1.35", "1.36", "1.37")


def season(name: str = "season-2024", **spec: Any) -> Season:
    return Season.read(season_body(name, **spec))


def every_job(of: Season, settings: JobSettings = JOB_SETTINGS) -> dict[str, dict[str, Any]]:
    return {
        "plan": plan_job(of, settings, stamp="", suspend=True),
        "backfill": fetch_job(of, settings, task="backfill", rounds=(1, 2, 5)),
        "refresh": fetch_job(of, settings, task="refresh", rounds=(7,), stamp="2024-05-26"),
        "purge": purge_job(of, settings, "f1-system"),
    }


FULL = JobSettings(
    ingest_image="registry.example/f1-ingest@sha256:00",
    worker_image="registry.example/f1-worker@sha256:00",
    image_pull_policy="Always",
    image_pull_secrets=("pull",),
    ingest_service_account="f1-ingest",
    worker_service_account="f1-worker",
    env_from_config_maps=("a",),
    env_from_secrets=("b", "c"),
    labels={"app.kubernetes.io/instance": "f1"},
    node_selector={"kubernetes.io/arch": "amd64"},
    tolerations=[{"key": "spot", "operator": "Exists"}],
    affinity={"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
    annotations={"sidecar.istio.io/inject": "false"},
    env=[{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
    worker_env=[{"name": "TZ", "value": "UTC"}],
    priority_class_name="f1-ingest",
    ingest_command=("python", "-m", "f1_ingest"),
)
PODS = [
    pytest.param(job["spec"]["template"], id=f"{task} {which}")
    for which, settings in (("plain", JOB_SETTINGS), ("full", FULL))
    for task, job in every_job(season(priorityClassName="low"), settings).items()
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("settings", [JOB_SETTINGS, FULL], ids=["plain", "full"])
def test_manifests_are_valid(version: str, settings: JobSettings) -> None:
    for manifest in every_job(season(priorityClassName="low"), settings).values():
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("template", PODS)
def test_pods_meet_the_restricted_profile(template: dict[str, Any]) -> None:
    spec = template["spec"]
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["runAsUser"] == 10001
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert spec["automountServiceAccountToken"] is False
    assert container["resources"]["limits"]["memory"]


def test_pods_follow_the_settings() -> None:
    for task, job in every_job(season(), FULL).items():
        template = job["spec"]["template"]
        (container,) = template["spec"]["containers"]
        assert template["metadata"]["annotations"] == FULL.annotations
        assert template["spec"]["affinity"] == FULL.affinity
        assert container["resources"] == FULL.resources
        expected = FULL.worker_env if task == "purge" else FULL.env
        assert container["env"][: len(expected)] == expected


def test_a_season_names_the_priority_of_its_pods() -> None:
    def priority(of: Season) -> str:
        name: str = every_job(of, FULL)["plan"]["spec"]["template"]["spec"]["priorityClassName"]
        return name

    assert priority(season()) == "f1-ingest"
    assert priority(season(priorityClassName="low")) == "low"


def test_a_job_is_kept_until_its_end_was_seen() -> None:
    """A Job deleted at once would lose its failure, and would be retried without a pause."""
    for job in every_job(season(ttlSecondsAfterFinished=0)).values():
        assert job["spec"]["ttlSecondsAfterFinished"] >= 600


def test_the_plan_has_its_owner() -> None:
    job = plan_job(season(rounds="1-5,7"), JOB_SETTINGS, stamp="", suspend=False)
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert " ".join(container["args"]) == (
        "plan --season 2024 --source jolpica --rounds 1-5,7 "
        "--owner uid-of-season-2024 --generation 1"
    )


def test_a_plan_is_one_pod_that_waits_for_a_slot_and_is_retried_three_times() -> None:
    spec = plan_job(season(), JOB_SETTINGS, stamp="", suspend=True)["spec"]
    assert (spec["suspend"], spec["completions"], spec["parallelism"]) == (True, 1, 1)
    assert spec["backoffLimit"] == 3


def test_a_round_is_never_fetched_by_two_pods_and_a_job_ends_at_its_deadline() -> None:
    """A pod that is still stopping counts as one that runs."""
    jobs = every_job(season(activeDeadlineSeconds=7200))
    for task in ("plan", "backfill", "refresh"):
        assert jobs[task]["spec"]["podReplacementPolicy"] == "Failed"
        assert jobs[task]["spec"]["activeDeadlineSeconds"] == 7200


def test_a_purge_runs_in_the_operators_namespace_until_the_database_responds() -> None:
    job = every_job(season())["purge"]
    assert job["metadata"]["namespace"] == "f1-system"
    assert job["metadata"]["annotations"] == {names.SEASON_ANNOTATION: "f1/season-2024"}
    assert "activeDeadlineSeconds" not in job["spec"]
    assert job["spec"]["backoffLimit"] == 2**31 - 1
    pod = job["spec"]["template"]["spec"]
    assert pod["restartPolicy"] == "OnFailure", "one pod that retries, not several failed ones"
    assert pod["containers"][0]["args"] == [
        *("purge", "2024", "--yes", "--by", "Season f1/season-2024"),
        *("--why", "its Season was deleted with deletionPolicy Purge"),
    ]


def test_the_backfill_maps_indexes_to_rounds() -> None:
    of = season(parallelism=10, backoffLimitPerRound=4, resources=["results", "laps"])
    spec = fetch_job(of, JOB_SETTINGS, task="backfill", rounds=(1, 2, 5))["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert (
        " ".join(container["args"])
        == "backfill --season 2024 --source jolpica --resources laps,results"
    )
    env = {one["name"]: one["value"] for one in container["env"]}
    assert json.loads(env[names.ROUNDS_VARIABLE]) == [1, 2, 5]
    assert spec["completionMode"] == "Indexed"
    assert (spec["completions"], spec["parallelism"]) == (3, 3)
    assert spec["backoffLimitPerIndex"] == 4


@pytest.mark.parametrize(("rounds", "most"), [(1, 1), (2, 1), (3, 2), (4, 2), (24, 12)])
def test_a_job_ends_when_half_of_its_rounds_failed(rounds: int, most: int) -> None:
    numbers = tuple(range(1, rounds + 1))
    spec = fetch_job(season(), JOB_SETTINGS, task="backfill", rounds=numbers)["spec"]
    assert spec["maxFailedIndexes"] == most


def test_exit_codes_decide_what_counts_as_a_failure() -> None:
    backfill = fetch_job(season(), JOB_SETTINGS, task="backfill", rounds=(1,))
    rules = backfill["spec"]["podFailurePolicy"]["rules"]
    by_code = {code: rule["action"] for rule in rules for code in _codes(rule)}
    assert by_code == {3: "Ignore", 130: "Ignore", 143: "Ignore", 2: "FailIndex"}
    assert rules[0]["onPodConditions"][0]["type"] == "DisruptionTarget"

    plan = plan_job(season(), JOB_SETTINGS, stamp="", suspend=False)
    rules = plan["spec"]["podFailurePolicy"]["rules"]
    assert {code: rule["action"] for rule in rules for code in _codes(rule)}[2] == "FailJob"


def _codes(rule: dict[str, Any]) -> list[int]:
    found: list[int] = rule.get("onExitCodes", {}).get("values", [])
    return found


def test_a_refresh_passes_its_settings_to_ingest() -> None:
    of = season(refresh={"interval": "12h", "corrections": "10d"})
    spec = fetch_job(of, JOB_SETTINGS, task="refresh", rounds=(7,))["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    env = {one["name"]: one["value"] for one in container["env"]}
    assert container["args"][-1] == "--refresh"
    # Slightly sooner than the Season requires, and two days longer, so that a late run fetches.
    assert float(env["F1_INGEST_REFRESH_EVERY_H"]) == pytest.approx(0.9 * 12)
    assert int(env["F1_INGEST_REFRESH_DAYS"]) == 10 + 2


def test_jobs_belong_to_their_season_but_the_purge_does_not() -> None:
    jobs = every_job(season())
    for task in ("plan", "backfill", "refresh"):
        (owner,) = jobs[task]["metadata"]["ownerReferences"]
        assert owner["uid"] == "uid-of-season-2024"
        assert owner["controller"] is True
        assert owner["blockOwnerDeletion"] is False
        assert jobs[task]["spec"]["ttlSecondsAfterFinished"] == 86400
    assert "ownerReferences" not in jobs["purge"]["metadata"]


def test_a_purge_reads_the_worker_s_settings() -> None:
    settings = FULL.model_copy(update={"worker_env_from_secrets": ("worker",)})
    (container,) = every_job(season(), settings)["purge"]["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"] == [
        {"configMapRef": {"name": "a"}},
        {"secretRef": {"name": "worker"}},
    ]


def test_secrets_are_mounted_as_files() -> None:
    settings = FULL.model_copy(
        update={
            "env_from_secrets": (),
            "worker_env_from_secrets": (),
            "secrets": ("database", "s3"),
            "worker_secrets": ("owner",),
        }
    )
    for task, job in every_job(season(), settings).items():
        pod = job["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert {"name": "F1_SECRETS_DIR", "value": "/run/secrets/f1"} in container["env"]
        assert {"name": "secrets", "mountPath": "/run/secrets/f1", "readOnly": True} in container[
            "volumeMounts"
        ]
        projected = pod["volumes"][1]["projected"]
        names = [source["secret"]["name"] for source in projected["sources"]]
        assert names == (["owner"] if task == "purge" else ["database", "s3"])
        assert projected["defaultMode"] == int("440", 8)
        assert not [one for one in container["envFrom"] if "secretRef" in one]


class TestNames:
    def test_names_are_equal_for_the_same_need(self) -> None:
        assert every_job(season()) == every_job(season())

    @pytest.mark.parametrize(
        "change", [{"rounds": (1, 2)}, {"stamp": "x"}, {"task": "refresh"}], ids=str
    )
    def test_names_differ_with_the_need(self, change: dict[str, Any]) -> None:
        need: dict[str, Any] = {"task": "backfill", "rounds": (1, 2, 3), "stamp": ""}
        first = fetch_job(season(), JOB_SETTINGS, **need)
        second = fetch_job(season(), JOB_SETTINGS, **need | change)
        assert first["metadata"]["name"] != second["metadata"]["name"]

    def test_do_not_differ_by_what_can_be_patched(self) -> None:
        need: dict[str, Any] = {"task": "backfill", "rounds": (1, 2, 3)}
        first = fetch_job(season(), JOB_SETTINGS, **need)
        second = fetch_job(season(parallelism=9, suspend=True), JOB_SETTINGS, **need)
        assert first["metadata"]["name"] == second["metadata"]["name"]

    def test_leave_room_for_a_pod_s_host_name(self) -> None:
        for job in every_job(season("a.name." + "x" * 33)).values():
            name = job["metadata"]["name"]
            assert len(f"{name}-99") <= 63
            assert "." not in name


class TestReadingBack:
    def test_a_job_matches_its_manifest(self) -> None:
        world = World()
        world.reconcile()
        world.run_plan()
        world.reconcile()
        world.fetch(2)
        world.give_up(3)
        job = world.observed_job("backfill")
        assert job.rounds == (1, 2, 3, 4)
        assert job.completed == {2}
        assert job.failed == {3}
        assert job.unfinished_rounds == {1, 4}
        assert job.season_key == "f1/season-2024"
        assert not job.finished

    def test_a_job_with_a_failure_target_has_not_ended(self) -> None:
        world = World()
        world.reconcile()
        plan = world.job("plan")
        plan["status"]["conditions"] = [{"type": "FailureTarget", "status": "True"}]
        assert not ObservedJob.read(plan).finished

    def test_indexes_are_read_as_kubernetes_writes_them(self) -> None:
        assert parse_indexes("0,3-5,7") == [0, 3, 4, 5, 7]
        assert parse_indexes("") == parse_indexes(None) == []


def test_a_purge_has_the_workers_role_in_the_database() -> None:
    """The worker's role may remove rows; the role of ingest's pods need not."""

    def sources(job: dict[str, Any]) -> list[dict[str, Any]]:
        [container] = job["spec"]["template"]["spec"]["containers"]
        found: list[dict[str, Any]] = container["envFrom"]
        return found

    own = FULL.model_copy(
        update={"worker_env_from_config_maps": ("w",), "worker_env_from_secrets": ("v",)}
    )
    jobs = every_job(season(), own)
    assert sources(jobs["purge"]) == [{"configMapRef": {"name": "w"}}, {"secretRef": {"name": "v"}}]
    assert sources(jobs["plan"])[0] == {"configMapRef": {"name": "a"}}
    assert sources(every_job(season(), FULL)["purge"]) == sources(jobs["plan"])
