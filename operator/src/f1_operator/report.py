"""The status: conditions for programs, phase and progress for people."""

from datetime import datetime, timedelta

from msgspec import structs

from f1_operator.conditions import (
    INGESTED,
    PLANNED,
    PROCESSED,
    READY,
    RECONCILING,
    REFRESHED,
    STALLED,
    Finding,
    false,
    true,
    unknown,
    update,
)
from f1_operator.fetching import Fetching
from f1_operator.findings import findings
from f1_operator.manifests import selector
from f1_operator.refreshed import refused
from f1_operator.season import Condition, Requests, Status
from f1_operator.standing import Standing
from f1_operator.view import View

_STEADY = timedelta(minutes=5)
_OURS = (PLANNED, INGESTED, PROCESSED, READY)


def report_progress(it: Standing) -> Status:
    """The status of a Season whose data could be asked for."""
    view, before = it.view, it.season.status
    assert view.progress is not None
    counts, ready = it.counts, it.ready
    began = before.started_at if before.completed_at is None else None
    if ready:
        began = before.started_at
    return Status(
        observed_generation=it.season.metadata.generation,
        phase=it.phase,
        conditions=_conditions(view, findings(it)),
        plan=it.plan.plan,
        rounds=counts if it.planned else before.rounds,
        progress=f"{counts.processed}/{counts.run}" if it.planned else before.progress,
        rows=view.progress.total_rows,
        requests=Requests(view.progress.requests.spent, view.progress.requests.estimated),
        estimated_completion=_estimate(it),
        job=it.fetch.job or (it.plan.job if not it.planned else None) or before.job,
        active=it.fetch.active,
        selector=selector(it.season),
        started_at=began or view.now,
        completed_at=(before.completed_at or view.now) if ready else None,
        next_refresh=_seconds(it.work.next_refresh)
        if it.work is not None and not it.suspended
        else None,
    )


def report_unknown(view: View, fetch: Fetching) -> Status:
    """The API does not answer: nothing that depends on it is known; what was, is kept."""
    before = view.season.status
    if view.refused is not None:
        before = structs.replace(before, conditions=_with_refusal(view, view.refused))
    if view.api_problem is None:
        return before
    message = f"{view.api_problem}; what runs goes on, and it is asked again"
    silent = unknown("ApiUnreachable", message)
    said = dict.fromkeys(_OURS, silent) | {
        RECONCILING: Finding(
            holds=not view.season.spec.suspend, reason="ApiUnreachable", message=message
        ),
        STALLED: false("ApiUnreachable", message),
    }
    others = tuple(one for one in before.conditions if one.type not in said)
    return structs.replace(
        before,
        observed_generation=view.season.metadata.generation,
        phase="Suspended" if view.season.spec.suspend else before.phase,
        conditions=(*_conditions(view, said), *others),
        active=fetch.active,
        selector=selector(view.season),
        estimated_completion=None,
    )


def report_blocked(view: View, rival: str) -> Status:
    """Another Season owns the year."""
    message = (
        f"Season {rival} has the year {view.season.spec.year}: this one waits until that is "
        "deleted; edit that one instead, or delete this one"
    )
    if view.refused is not None:
        message += f". Kubernetes refused a request: {view.refused}; it is tried again"
    blocked = false("YearTaken", message)
    said = dict.fromkeys(_OURS, blocked) | {
        RECONCILING: blocked,
        STALLED: true("YearTaken", message),
    }
    return Status(
        observed_generation=view.season.metadata.generation,
        phase="Pending",
        conditions=_conditions(view, said),
        selector=selector(view.season),
    )


def report_unreadable(view: View, problem: str) -> Status:
    """The spec cannot be read; what was fetched before still answers."""
    unreadable = false("SpecUnreadable", problem)
    said = dict.fromkeys(_OURS, unreadable) | {
        RECONCILING: unreadable,
        STALLED: true("SpecUnreadable", problem),
    }
    return structs.replace(
        view.season.status,
        observed_generation=view.season.metadata.generation,
        phase="Failed",
        conditions=_conditions(view, said),
        selector=selector(view.season),
        estimated_completion=None,
        next_refresh=None,
    )


def _with_refusal(view: View, why: str) -> tuple[Condition, ...]:
    """The conditions as they were, but for Refreshed."""
    before = view.season.status.conditions
    others = tuple(one for one in before if one.type != REFRESHED)
    return (*others, *_conditions(view, {REFRESHED: refused(why)}))


def _conditions(view: View, findings: dict[str, Finding]) -> tuple[Condition, ...]:
    return update(
        view.season.status.conditions,
        findings,
        generation=view.season.metadata.generation,
        now=view.now,
    )


def _estimate(it: Standing) -> datetime | None:
    """When fetching may be done. It moves only when it changes much, or each answer would write."""
    view = it.view
    assert view.progress is not None
    seconds = view.progress.requests.estimated_seconds
    if not it.fetching or not seconds:
        return None
    estimate = view.now + timedelta(seconds=seconds)
    before = it.season.status.estimated_completion
    if before is not None and before > view.now:
        off = abs(estimate - before)
        if off < max(_STEADY, (before - view.now) / 10):
            return before
    return _seconds(estimate)


def _seconds(time: datetime | None) -> datetime | None:
    return time.replace(microsecond=0) if time is not None else None
