"""The condition Refreshed: whether corrections and new races are fetched without failures.

A Season stays Ready when this fails: its data is served, but may be out of date.
"""

from f1_core.rounds import format_rounds
from f1_operator.names import TASK_REFRESH
from f1_operator.reconcile.season_state import SeasonState
from f1_operator.season.condition import REFRESHED, ConditionValue, false, true

REFUSED = "JobRefused"
FAILED = "RefreshFailed"


def refreshed(it: SeasonState) -> ConditionValue:
    """Refreshed, for a planned Season."""
    if it.observed.refused is not None:
        return refused(it.observed.refused)
    if it.plan.problem:
        return false("PlanFailed", f"could not fetch the schedule again: {it.plan.problem}")
    return _failed(it) or _at_work(it)


def _failed(it: SeasonState) -> ConditionValue | None:
    """False, if the last refresh failed and no other one has started."""
    job = next(reversed(it.observed.of_task(TASK_REFRESH)), None)
    if job is None or job.outcome != "Failed" or job.attempt != it.season.attempt:
        return None
    rounds = sorted(job.failed or frozenset(job.rounds) - job.completed)
    keys = [*((job.name, number) for number in rounds), (job.name, 0)]
    reason = next((text for key in keys if (text := it.observed.reasons.get(key))), "")
    why = reason or job.message or "its pods failed; see their logs"
    message = f"Job {job.name} could not refresh rounds {format_rounds(rounds)}: {why}"
    return false(FAILED, f"{message}; retrying")


def _at_work(it: SeasonState) -> ConditionValue:
    if it.gap is None or not (it.fetch.job or it.gap.to_refresh):
        return true("NothingDue", "no round is due for a refresh")
    outage = it.observed.progress.source_unavailable if it.observed.progress is not None else None
    if it.ready and it.fetching and outage is not None:
        message = f"{it.season.spec.source} is unavailable ({outage}): retrying"
        return false("SourceUnavailable", message)
    before = it.season.status.condition(REFRESHED)
    if before is not None and before.status == "False" and before.reason == FAILED:
        return false(before.reason, before.message)  # until another refresh succeeds
    return true("Refreshing", "fetching corrections")


def refused(why: str) -> ConditionValue:
    """False, because Kubernetes refused a request."""
    return false(REFUSED, f"Kubernetes refused a request: {why}; retrying")
