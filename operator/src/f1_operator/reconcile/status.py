"""The status: conditions for programs, phase and progress for people."""

from datetime import datetime, timedelta

from msgspec import structs

from f1_operator.jobs.manifests import selector
from f1_operator.reconcile.conditions import conditions
from f1_operator.reconcile.fetching import Fetching
from f1_operator.reconcile.observed import Observed
from f1_operator.reconcile.refreshed import request_refused
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
    unknown,
)
from f1_operator.season.resource import Condition, Requests, Status

_STEADY = timedelta(minutes=5)
_OURS = (PLANNED, INGESTED, PROCESSED, READY)


def report_progress(state: SeasonState) -> Status:
    """The status of a Season whose progress is known."""
    observed, before = state.observed, state.season.status
    assert observed.progress is not None
    counts, ready = state.counts, state.ready
    began = before.started_at if before.completed_at is None else None
    if ready:
        began = before.started_at
    return Status(
        observed_generation=state.season.metadata.generation,
        phase=state.phase,
        conditions=observed.conditions(conditions(state)),
        plan=state.plan.plan,
        rounds=counts if state.planned else before.rounds,
        progress=f"{counts.processed}/{counts.run}" if state.planned else before.progress,
        rows=observed.progress.total_rows,
        requests=Requests(observed.progress.requests.spent, observed.progress.requests.estimated),
        estimated_completion=_estimate(state),
        job=state.fetch.job or (state.plan.job if not state.planned else None) or before.job,
        active=state.fetch.active,
        selector=selector(state.season),
        started_at=began or observed.now,
        completed_at=(before.completed_at or observed.now) if ready else None,
        next_refresh=_seconds(state.gap.next_refresh)
        if state.gap is not None and not state.suspended
        else None,
    )


def report_unknown(observed: Observed, fetch: Fetching) -> Status:
    """The API is unreachable: conditions that depend on it are Unknown, the rest is kept."""
    before = observed.season.status
    if observed.refused is not None:
        before = structs.replace(before, conditions=_with_refusal(observed, observed.refused))
    if observed.api_problem is None:
        return before
    message = f"{observed.api_problem}; running Jobs go on; retrying"
    unreachable = unknown("ApiUnreachable", message)
    values = dict.fromkeys(_OURS, unreachable) | {
        RECONCILING: ConditionValue(
            holds=not observed.season.spec.suspend, reason="ApiUnreachable", message=message
        ),
        STALLED: false("ApiUnreachable", message),
    }
    others = tuple(one for one in before.conditions if one.type not in values)
    return structs.replace(
        before,
        observed_generation=observed.season.metadata.generation,
        phase="Suspended" if observed.season.spec.suspend else before.phase,
        conditions=(*observed.conditions(values), *others),
        active=fetch.active,
        selector=selector(observed.season),
        estimated_completion=None,
    )


def report_blocked(observed: Observed, rival: str) -> Status:
    """Another Season owns the year."""
    message = (
        f"Season {rival} owns the year {observed.season.spec.year}: edit that Season, or delete "
        "one of the two"
    )
    if observed.refused is not None:
        message += f". Kubernetes refused a request: {observed.refused}; retrying"
    return Status(
        observed_generation=observed.season.metadata.generation,
        phase="Pending",
        conditions=_stalled(observed, "YearTaken", message),
        selector=selector(observed.season),
    )


def report_unreadable(observed: Observed, problem: str) -> Status:
    """The spec is invalid; data fetched before is still served."""
    return structs.replace(
        observed.season.status,
        observed_generation=observed.season.metadata.generation,
        phase="Failed",
        conditions=_stalled(observed, "SpecUnreadable", problem),
        selector=selector(observed.season),
        estimated_completion=None,
        next_refresh=None,
    )


def _stalled(observed: Observed, reason: str, message: str) -> tuple[Condition, ...]:
    values = dict.fromkeys((*_OURS, RECONCILING), false(reason, message))
    return observed.conditions({**values, STALLED: true(reason, message)})


def _with_refusal(observed: Observed, why: str) -> tuple[Condition, ...]:
    """The present conditions, with Refreshed False."""
    before = observed.season.status.conditions
    others = tuple(one for one in before if one.type != REFRESHED)
    return (*others, *observed.conditions({REFRESHED: request_refused(why)}))


def _estimate(state: SeasonState) -> datetime | None:
    """When fetching may end. Small changes keep the old value: not each poll writes a status."""
    observed = state.observed
    assert observed.progress is not None
    seconds = observed.progress.requests.estimated_seconds
    if not state.fetching or not seconds:
        return None
    estimate = observed.now + timedelta(seconds=seconds)
    before = state.season.status.estimated_completion
    if before is not None and before > observed.now:
        off = abs(estimate - before)
        if off < max(_STEADY, (before - observed.now) / 10):
            return before
    return _seconds(estimate)


def _seconds(time: datetime | None) -> datetime | None:
    return time.replace(microsecond=0) if time is not None else None
