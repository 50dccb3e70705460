"""The conditions of a Season, from its state."""

from f1_core.rounds import format_rounds
from f1_operator.names import RETRY
from f1_operator.reconcile.gap import LATE
from f1_operator.reconcile.refreshed import refreshed
from f1_operator.reconcile.season_state import SeasonState
from f1_operator.season.condition import (
    INGESTED,
    PLANNED,
    PROCESSED,
    READY,
    RECONCILING,
    REFRESHED,
    STALLED,
    ConditionValue,
    false,
    true,
)
from f1_operator.season.resource import Season

_SHOWN_FAILURES = 8
_NOT_BEGUN = {
    "suspended": ("Suspended", "suspended before the schedule was fetched"),
    "waiting": ("WaitingForTurn", "waiting for a plan slot; older Seasons are planned first"),
}


def conditions(state: SeasonState) -> dict[str, ConditionValue]:
    """The value of each condition."""
    planned, ingested, processed = _planned(state), _ingested(state), _processed(state)
    blocker = next((one for one in (planned, ingested, processed) if not one.holds), None)
    counts = state.counts
    if state.ready or blocker is None:
        message = f"{counts.processed} of {counts.run} run rounds are served"
        if counts.total > counts.run:
            message += f"; {counts.total - counts.run} to come"
        ready = true("AllAnswer", message)
    else:
        ready = false(blocker.reason, blocker.message)
    stalled = state.phase in ("Degraded", "Failed")
    return {
        PLANNED: planned,
        INGESTED: ingested,
        PROCESSED: processed,
        READY: ready,
        **({REFRESHED: refreshed(state)} if state.planned else {}),
        RECONCILING: _copy(ready, holds=state.at_work and not stalled and not state.ready),
        STALLED: _copy(ready, holds=stalled),
    }


def _copy(ready: ConditionValue, *, holds: bool) -> ConditionValue:
    return ConditionValue(holds=holds, reason=ready.reason, message=ready.message if holds else "")


def _planned(state: SeasonState) -> ConditionValue:
    plan, counts = state.plan, state.counts
    if state.observed.refused is not None and not state.planned:
        return _job_refused(state.observed.refused)
    if plan.stage == "failed":
        retry = f"; correct it, or retry with: {_retry(state.season)}"
        return false("PlanFailed", f"{plan.plan.failure}{retry}")
    if plan.stage in _NOT_BEGUN:
        return false(*_NOT_BEGUN[plan.stage])
    if plan.stage == "planning":
        last = state.observed.reasons.get((plan.job or "", 0))
        failure = f"; its last pod failed: {last}" if last else ""
        return false("Planning", f"Job {plan.job} fetches the schedule{failure}")
    if not counts.total:
        return true("Planned", "planned; the worker has not processed the schedule, or it is empty")
    return true("Planned", f"{counts.total} rounds on the calendar, {counts.run} of them run")


def _job_refused(why: str) -> ConditionValue:
    return false("JobRefused", f"Kubernetes refuses its Job: {why}; retrying")


def _ingested(state: SeasonState) -> ConditionValue:
    counts = state.counts
    message = f"{counts.ingested} of {counts.run} run rounds are fetched"
    if not state.planned:
        return false(_planned(state).reason, "not planned yet")
    if not counts.total:
        return false("WaitingForSchedule", "waiting for the worker to process the schedule")
    if counts.ingested == counts.run:
        return true("AllFetched", message)
    return _why_not_fetched(state, message)


def _why_not_fetched(state: SeasonState, message: str) -> ConditionValue:
    if state.suspended:
        return false("Suspended", f"{message}; suspended")
    failures = [one for one in state.counts.failures if one.job]
    if failures and not state.fetching:
        late = all(one.reason == LATE for one in failures)
        return false(LATE if late else "RoundsFailed", f"{message}; {_describe_failures(state)}")
    if state.observed.refused is not None:
        return _job_refused(state.observed.refused)
    progress = state.observed.progress
    if progress is not None and progress.source_unavailable is not None:
        outage = f"{state.season.spec.source} is unavailable ({progress.source_unavailable})"
        return false("SourceUnavailable", f"{message}; {outage}: retrying")
    job = f"Job {state.fetch.job}" if state.fetch.job else "a Job"
    return false("Fetching", f"{message}; {job} fetches the others")


def _processed(state: SeasonState) -> ConditionValue:
    counts = state.counts
    message = f"{counts.processed} of {counts.run} run rounds are processed"
    if state.ready:
        return true("AllProcessed", message)
    if not state.planned or not counts.total:
        return false(_ingested(state).reason, "no round is fetched yet")
    if any(not one.job for one in counts.failures):
        return false("RoundsFailed", f"{message}; {_describe_failures(state)}")
    if counts.processed == counts.ingested:
        return false(_ingested(state).reason, f"{message}; no other round is fetched")
    return false("Processing", f"{message}; the worker processes the others")


def _describe_failures(state: SeasonState) -> str:
    failures = state.counts.failures
    rounds = format_rounds(one.round for one in failures)
    shown = "; ".join(
        f"round {one.round} ({one.race}): {one.message}" for one in failures[:_SHOWN_FAILURES]
    )
    more = len(failures) - _SHOWN_FAILURES
    rest = f"; and {more} more, see status.rounds.failures" if more > 0 else ""
    retry = ""
    if any(one.job and one.reason != LATE for one in failures):
        retry = f". Retry with: {_retry(state.season)}"
    if state.gap is not None and state.gap.retry_at is not None:
        retry = f"; automatic retry at {state.gap.retry_at:%Y-%m-%d %H:%M} UTC{retry}"
    return f"rounds {rounds} not ready: {shown}{rest}{retry}"


def _retry(season: Season) -> str:
    metadata = season.metadata
    return (
        f"kubectl annotate season -n {metadata.namespace} {metadata.name} --overwrite "
        f'{RETRY}="$(date +%s)"'
    )
