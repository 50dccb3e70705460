"""Builds the Jobs of a Season: pure functions from a Season to a manifest.

A Job's template is immutable, so its name has a hash of its purpose: the same purpose gives the
same name, and Kubernetes refuses to create it twice, even if a cache is out of date.
Exit codes are those of `f1-ingest`: 1 failure, 2 settings, 3 source unavailable, 143 stopped.
"""

import json
from datetime import timedelta
from typing import Any

from f1_operator import names
from f1_operator.jobs.pods import pod_template
from f1_operator.season.resource import Refresh, Season, digest
from f1_operator.settings import JobSettings

_PLAN_RETRIES = 3
_LEAST_TTL_S = 600
"""Least time that a finished Job is kept, so that an operator that restarts sees its outcome.
A failure that was not seen would be retried at once, endlessly."""
_SOONER = 0.9
_IGNORED_FAILURES = [
    # The node was drained, the pod preempted or evicted: not a failure of the program.
    {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
    # 3: the source is unavailable, often for hours; each pod waits before it exits. 130, 143: a
    # signal, because the pod was deleted or the node shut down.
    {
        "action": "Ignore",
        "onExitCodes": {"containerName": "main", "operator": "In", "values": [3, 130, 143]},
    },
]


def plan_job(season: Season, jobs: JobSettings, *, stamp: str, suspend: bool) -> dict[str, Any]:
    """The Job that reads the schedule and records the Season's expectations.

    Args:
        season: the Season.
        jobs: settings of the pods.
        stamp: why another plan is needed; empty for the first.
        suspend: create it suspended, without a plan slot.
    """
    spec = season.spec
    generation = season.plan.generation
    name = _name(season, names.TASK_PLAN, season.inputs, season.attempt, stamp)
    args = ["plan", "--season", str(spec.year), "--source", spec.source]
    args += ["--rounds", spec.rounds_text, "--owner", season.metadata.uid]
    args += ["--generation", str(generation), *_resources(season)]
    return _job(
        season,
        name,
        task=names.TASK_PLAN,
        stamp=stamp,
        labels=jobs.labels | {names.PLAN_LABEL: str(generation)},
        spec={
            "suspend": suspend,
            "completions": 1,
            "parallelism": 1,
            "backoffLimit": _PLAN_RETRIES,
            "podFailurePolicy": {"rules": [*_IGNORED_FAILURES, _on_settings("FailJob")]},
            "template": _ingest_pod(season, jobs, names.TASK_PLAN, args, {}),
        },
    )


def fetch_job(
    season: Season, jobs: JobSettings, *, task: str, rounds: tuple[int, ...], stamp: str = ""
) -> dict[str, Any]:
    """The Job that fetches rounds, one index a round: what is missing, or for a refresh all."""
    spec = season.spec
    name = _name(season, task, season.attempt, work_text(season), rounds, stamp)
    args = ["backfill", "--season", str(spec.year), "--source", spec.source, *_resources(season)]
    env = {names.ROUNDS_VARIABLE: json.dumps(list(rounds))}
    if task == names.TASK_REFRESH:
        args.append("--refresh")
        env |= _refresh_settings(season.spec.refresh)
    return _job(
        season,
        name,
        task=task,
        stamp=stamp,
        labels=jobs.labels,
        spec={
            "suspend": False,
            "completionMode": "Indexed",
            "completions": len(rounds),
            "parallelism": min(spec.parallelism, len(rounds)),
            "backoffLimitPerIndex": spec.backoff_limit_per_round,
            # When most rounds fail, the rest would only spend requests.
            "maxFailedIndexes": (len(rounds) + 1) // 2,
            "podFailurePolicy": {"rules": [*_IGNORED_FAILURES, _on_settings("FailIndex")]},
            "template": _ingest_pod(season, jobs, task, args, env),
        },
    )


def purge_job(season: Season, jobs: JobSettings, namespace: str) -> dict[str, Any]:
    """The Job that removes the season's rows.

    It runs in the operator's namespace: nothing can be created in a namespace that terminates. It
    has no owner: the deletion of the Season would stop it. The operator deletes it, and its time
    to live does if the operator cannot.
    """
    labels = _labels(season, names.TASK_PURGE)
    args = ["purge", str(season.spec.year), "--yes", "--by", f"Season {season.key}"]
    args += ["--why", "its Season was deleted with deletionPolicy Purge"]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": _name(season, names.TASK_PURGE),
            "namespace": namespace,
            "labels": jobs.labels | labels,
            "annotations": {names.SEASON_ANNOTATION: season.key},
        },
        "spec": {
            # While the database is down one pod retries; no failed pods pile up.
            "backoffLimit": 2**31 - 1,
            "ttlSecondsAfterFinished": _LEAST_TTL_S,
            "template": pod_template(
                jobs,
                image=jobs.worker_image,
                service_account=jobs.worker_service_account,
                command=jobs.worker_command,
                args=args,
                labels=jobs.labels | _pod_labels("f1-worker", labels),
                config_maps=jobs.worker_env_from_config_maps or jobs.env_from_config_maps,
                secrets=jobs.worker_env_from_secrets or jobs.env_from_secrets,
                secret_files=jobs.worker_secrets or jobs.secrets,
                env=jobs.worker_env,
                volumes=jobs.worker_volumes,
                volume_mounts=jobs.worker_volume_mounts,
                restart_policy="OnFailure",
            ),
        },
    }


def _refresh_settings(refresh: Refresh) -> dict[str, str]:
    """The Season's refresh settings as settings of ingest."""
    every, window = refresh.every or timedelta(days=1), refresh.corrections_for or timedelta()
    return {
        "F1_INGEST_REFRESH_EVERY_H": str(every / timedelta(hours=1) * _SOONER),
        "F1_INGEST_REFRESH_DAYS": str((window + every) // timedelta(days=1) + 2),
    }


def work_text(season: Season) -> str:
    """What a fetch Job of this Season fetches, apart from rounds, as comparable text."""
    return json.dumps({"source": season.spec.source, "resources": sorted(season.spec.resources)})


def selector(season: Season) -> str:
    """The label selector of the pods that fetch for this Season."""
    return f"{names.SEASON_UID_LABEL}={season.metadata.uid}"


def _on_settings(action: str) -> dict[str, Any]:
    # A retry does not correct settings.
    codes = {"containerName": "main", "operator": "In", "values": [2]}
    return {"action": action, "onExitCodes": codes}


def _resources(season: Season) -> list[str]:
    chosen = season.spec.resources
    return ["--resources", ",".join(sorted(chosen))] if chosen else []


def _name(season: Season, task: str, *parts: Any) -> str:
    # A pod's host name is the Job's name and the index, at most 63 characters and no dot.
    stem = season.metadata.name.replace(".", "-")[:40].strip("-")
    return f"{stem}-{task}-{digest(season.metadata.uid, task, *parts)}"


def _labels(season: Season, task: str) -> dict[str, str]:
    return {
        names.MANAGED_BY_LABEL: names.MANAGER,
        names.SEASON_LABEL: season.metadata.name,
        names.SEASON_UID_LABEL: season.metadata.uid,
        names.TASK_LABEL: task,
    }


def _pod_labels(program: str, labels: dict[str, str]) -> dict[str, str]:
    return labels | {
        "app.kubernetes.io/name": program,
        "app.kubernetes.io/part-of": "f1-telemetry-aggregator",
    }


def _ingest_pod(
    season: Season, jobs: JobSettings, task: str, args: list[str], env: dict[str, str]
) -> dict[str, Any]:
    return pod_template(
        jobs,
        image=jobs.ingest_image,
        service_account=jobs.ingest_service_account,
        command=jobs.ingest_command,
        args=args,
        labels=jobs.labels | _pod_labels("f1-ingest", _labels(season, task)),
        config_maps=jobs.env_from_config_maps,
        secrets=jobs.env_from_secrets,
        secret_files=jobs.secrets,
        env=[*jobs.env, *({"name": name, "value": value} for name, value in sorted(env.items()))],
        volumes=jobs.volumes,
        volume_mounts=jobs.volume_mounts,
        priority_class_name=season.spec.priority_class_name or jobs.priority_class_name,
    )


def _job(
    season: Season,
    name: str,
    *,
    task: str,
    stamp: str,
    labels: dict[str, str],
    spec: dict[str, Any],
) -> dict[str, Any]:
    metadata = season.metadata
    annotations = {names.WORK_ANNOTATION: work_text(season), names.STAMP_ANNOTATION: stamp}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": metadata.namespace,
            "labels": labels | _labels(season, task) | {names.ATTEMPT_LABEL: season.attempt},
            "annotations": {key: value for key, value in annotations.items() if value},
            "ownerReferences": [
                {
                    "apiVersion": names.API_VERSION,
                    "kind": names.KIND,
                    "name": metadata.name,
                    "uid": metadata.uid,
                    "controller": True,
                    # True would need the right to update seasons/finalizers, and gains nothing:
                    # the garbage collector removes Jobs either way.
                    "blockOwnerDeletion": False,
                }
            ],
        },
        "spec": {
            # A pod that is still stopping counts, so that a round is never fetched by two.
            "podReplacementPolicy": "Failed",
            "activeDeadlineSeconds": season.spec.active_deadline_seconds,
            "ttlSecondsAfterFinished": max(season.spec.ttl_seconds_after_finished, _LEAST_TTL_S),
            **spec,
        },
    }
