"""Why a Job's pods failed, from their termination messages."""

import re
from collections.abc import Container, Iterable
from datetime import datetime, timedelta
from typing import Any

from f1_operator.jobs.observed import ObservedJob
from f1_operator.names import TASK_PLAN, TASK_PURGE

_INDEX = "batch.kubernetes.io/job-completion-index"
_LONGEST = 500
_USUAL = timedelta(seconds=10)
_CODES = {2: "settings or usage are wrong", 3: "the source is unavailable", 137: "killed (memory?)"}


def needs_reasons(job: ObservedJob, known: Container[tuple[str, int]], now: datetime) -> bool:
    """Whether to read its pods: an index or the Job failed, and the reason is not known.

    Pods of plans and purges are read also while they retry: nothing else explains the delay.
    """
    if job.task in (TASK_PURGE, TASK_PLAN) and not job.finished:
        return not job.suspended and now - job.created_at > _USUAL
    if job.outcome == "Failed" and (job.name, 0) not in known:
        return True
    return any((job.name, number) not in known for number in job.failed)


def read_reasons(job: ObservedJob, pods: Iterable[Any]) -> dict[tuple[str, int], str]:
    """By Job and round (0: any round), the termination message of the pod that failed last.

    Empty for a failure without a message, so that the pods are not read again.
    """
    failed = (*((0,) if job.finished else ()), *job.failed)
    no_message = dict.fromkeys([(job.name, number) for number in failed], "")
    messages: dict[tuple[str, int], tuple[str, str]] = {}
    for pod in pods:
        last = _last_end(pod)
        if last is None:
            continue
        when, message = last
        number = _round(job, pod)
        for key in {(job.name, number), (job.name, 0)}:
            messages[key] = max(messages.get(key, ("", "")), (when, message))
    return no_message | {key: message for key, (_, message) in messages.items()}


def _last_end(pod: Any) -> tuple[str, str] | None:
    for status in pod.get("status", {}).get("containerStatuses") or ():
        for state in (status.get("state") or {}, status.get("lastState") or {}):
            ended = state.get("terminated")
            if ended and ended.get("exitCode"):
                return ended.get("finishedAt") or "", _message(ended)
    return None


def _message(ended: Any) -> str:
    """The program's last error, which begins with its name; else the last line or exit code."""
    lines = [line.strip() for line in (ended.get("message") or "").splitlines() if line.strip()]
    starts = [n for n, line in enumerate(lines) if re.match(r"f1-\w+: ", line)]
    text = lines[-1] if lines else ""
    if starts:
        text = " ".join(lines[starts[-1] :]).partition(": ")[2]
    code = ended["exitCode"]
    why = _CODES.get(code) or ended.get("reason") or "Error"
    return (text or f"{why}, exit code {code}")[:_LONGEST]


def _round(job: ObservedJob, pod: Any) -> int:
    labels = pod["metadata"].get("labels") or {}
    index = labels.get(_INDEX)
    if index is None or int(index) >= len(job.rounds):
        return 0
    return job.rounds[int(index)]
