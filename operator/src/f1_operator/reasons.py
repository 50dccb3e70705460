"""Why a Job's pods failed, from what they said last."""

import re
from collections.abc import Container, Iterable
from datetime import datetime, timedelta
from typing import Any

from f1_operator.jobs import ObservedJob
from f1_operator.names import TASK_PLAN, TASK_PURGE

_INDEX = "batch.kubernetes.io/job-completion-index"
_LONGEST = 500
_USUAL = timedelta(seconds=10)
_CODES = {2: "settings or usage are wrong", 3: "the source is unavailable", 137: "killed (memory?)"}


def needs_reasons(job: ObservedJob, known: Container[tuple[str, int]], now: datetime) -> bool:
    """Whether its pods should be asked: it gave something up, and the reason is not known.

    Plans and purges are asked also while they try again: nothing else tells why they take long.
    """
    if job.task in (TASK_PURGE, TASK_PLAN) and not job.finished:
        return not job.suspended and now - job.created_at > _USUAL
    if job.outcome == "Failed" and (job.name, 0) not in known:
        return True
    return any((job.name, number) not in known for number in job.failed)


def read_reasons(job: ObservedJob, pods: Iterable[Any]) -> dict[tuple[str, int], str]:
    """By Job and round (0: any), the words of the pod that failed last.

    Empty for what was given up without a word: pods will not tell that when asked again.
    """
    given_up = (*((0,) if job.finished else ()), *job.failed)
    silent = dict.fromkeys([(job.name, number) for number in given_up], "")
    said: dict[tuple[str, int], tuple[str, str]] = {}
    for pod in pods:
        last = _last_end(pod)
        if last is None:
            continue
        when, words = last
        number = _round(job, pod)
        for key in {(job.name, number), (job.name, 0)}:
            said[key] = max(said.get(key, ("", "")), (when, words))
    return silent | {key: words for key, (_, words) in said.items()}


def _last_end(pod: Any) -> tuple[str, str] | None:
    for status in pod.get("status", {}).get("containerStatuses") or ():
        for state in (status.get("state") or {}, status.get("lastState") or {}):
            ended = state.get("terminated")
            if ended and ended.get("exitCode"):
                return ended.get("finishedAt") or "", _words(ended)
    return None


def _words(ended: Any) -> str:
    """The program's own sentence, which begins with its name; else what there is."""
    lines = [line.strip() for line in (ended.get("message") or "").splitlines() if line.strip()]
    starts = [n for n, line in enumerate(lines) if re.match(r"f1-\w+: ", line)]
    told = lines[-1] if lines else ""
    if starts:
        told = " ".join(lines[starts[-1] :]).partition(": ")[2]
    code = ended["exitCode"]
    why = _CODES.get(code) or ended.get("reason") or "Error"
    return (told or f"{why}, exit code {code}")[:_LONGEST]


def _round(job: ObservedJob, pod: Any) -> int:
    labels = pod["metadata"].get("labels") or {}
    index = labels.get(_INDEX)
    if index is None or int(index) >= len(job.rounds):
        return 0
    return job.rounds[int(index)]
