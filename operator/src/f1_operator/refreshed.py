"""The condition Refreshed: whether corrections and new races are looked for without a failure.

A Season stays Ready while this fails: its data answers, but may be older than its source's.
"""

from f1_core.rounds import format_rounds
from f1_operator.conditions import REFRESHED, Finding, false, true
from f1_operator.names import TASK_REFRESH
from f1_operator.standing import Standing

REFUSED = "JobRefused"
FAILED = "RefreshFailed"


def refreshed(it: Standing) -> Finding:
    """What Refreshed says of a planned Season."""
    if it.view.refused is not None:
        return refused(it.view.refused)
    if it.plan.problem:
        return false("PlanFailed", f"the schedule was not read again: {it.plan.problem}")
    return _failed(it) or _at_work(it)


def _failed(it: Standing) -> Finding | None:
    """The last refresh failed, and no other one has begun."""
    job = next(reversed(it.view.of_task(TASK_REFRESH)), None)
    if job is None or job.outcome != "Failed" or job.attempt != it.season.attempt:
        return None
    rounds = sorted(job.failed or frozenset(job.rounds) - job.completed)
    keys = [*((job.name, number) for number in rounds), (job.name, 0)]
    said = next((words for key in keys if (words := it.view.reasons.get(key))), "")
    why = said or job.message or "its pods failed; see their logs"
    told = f"Job {job.name} did not look for corrections of rounds {format_rounds(rounds)}: {why}"
    return false(FAILED, f"{told}; it is tried again")


def _at_work(it: Standing) -> Finding:
    if it.work is None or not (it.fetch.job or it.work.to_refresh):
        return true("NothingDue", "no round is due for another look")
    away = it.view.progress.source_away if it.view.progress is not None else None
    if it.ready and it.fetching and away is not None:
        told = f"{it.season.spec.source} did not answer ({away}): tried again"
        return false("SourceUnavailable", told)
    before = it.season.status.condition(REFRESHED)
    if before is not None and before.status == "False" and before.reason == FAILED:
        return false(before.reason, before.message)  # until another try ends well
    return true("Refreshing", "corrections are being looked for")


def refused(why: str) -> Finding:
    """Kubernetes refused what was decided."""
    return false(REFUSED, f"Kubernetes refused a request: {why}; it is tried again")
