"""The condition Refreshed: whether corrections and new races are fetched without failures.

A Season stays Ready when this fails: its data is served, but may be out of date.
"""

from f1_core.rounds import format_rounds
from f1_operator.names import TASK_REFRESH
from f1_operator.reconcile.season_state import SeasonState
from f1_operator.season.condition import REFRESHED, ConditionValue, false, true

REFUSED = "JobRefused"
FAILED = "RefreshFailed"


def refreshed(state: SeasonState) -> ConditionValue:
    """Refreshed, for a planned Season."""
    if state.observed.refused is not None:
        return request_refused(state.observed.refused)
    if state.plan.problem:
        return false("PlanFailed", f"could not fetch the schedule again: {state.plan.problem}")
    return _failed(state) or _at_work(state)


def _failed(state: SeasonState) -> ConditionValue | None:
    """False, if the last refresh failed and no other one has started."""
    job = next(reversed(state.observed.of_task(TASK_REFRESH)), None)
    if job is None or job.outcome != "Failed" or job.attempt != state.season.attempt:
        return None
    rounds = sorted(job.failed or frozenset(job.rounds) - job.completed)
    keys = [*((job.name, number) for number in rounds), (job.name, 0)]
    reason = next((text for key in keys if (text := state.observed.reasons.get(key))), "")
    why = reason or job.message or "its pods failed; see their logs"
    message = f"Job {job.name} could not refresh rounds {format_rounds(rounds)}: {why}"
    return false(FAILED, f"{message}; retrying")


def _at_work(state: SeasonState) -> ConditionValue:
    if state.gap is None or not (state.fetch.job or state.gap.to_refresh):
        return true("NothingDue", "no round is due for a refresh")
    progress = state.observed.progress
    outage = progress.source_unavailable if progress is not None else None
    if state.ready and state.fetching and outage is not None:
        message = f"{state.season.spec.source} is unavailable ({outage}): retrying"
        return false("SourceUnavailable", message)
    before = state.season.status.condition(REFRESHED)
    if before is not None and before.status == "False" and before.reason == FAILED:
        return false(before.reason, before.message)  # until another refresh succeeds
    return true("Refreshing", "fetching corrections")


def request_refused(why: str) -> ConditionValue:
    """False, because Kubernetes refused a request."""
    return false(REFUSED, f"Kubernetes refused a request: {why}; retrying")
