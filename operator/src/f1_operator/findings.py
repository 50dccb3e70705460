"""What the conditions of a Season say, from how it stands."""

from f1_core.rounds import format_rounds
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
)
from f1_operator.names import RETRY
from f1_operator.refreshed import refreshed
from f1_operator.season import Season
from f1_operator.standing import Standing
from f1_operator.work import LATE

_SHOWN_FAILURES = 8
_NOT_BEGUN = {
    "suspended": ("Suspended", "suspended before its schedule was read"),
    "waiting": ("WaitingForTurn", "other Seasons are being planned first"),
}


def findings(it: Standing) -> dict[str, Finding]:
    """What is to be said under each type of condition."""
    planned, ingested, processed = _planned(it), _ingested(it), _processed(it)
    blocker = next((one for one in (planned, ingested, processed) if not one.holds), None)
    counts = it.counts
    if it.ready or blocker is None:
        told = f"{counts.processed} of {counts.run} run rounds answer"
        if counts.total > counts.run:
            told += f"; {counts.total - counts.run} to come"
        ready = true("AllAnswer", told)
    else:
        ready = false(blocker.reason, blocker.message)
    person = it.phase in ("Degraded", "Failed")
    return {
        PLANNED: planned,
        INGESTED: ingested,
        PROCESSED: processed,
        READY: ready,
        **({REFRESHED: refreshed(it)} if it.planned else {}),
        RECONCILING: _said_if(it.at_work and not person and not it.ready, ready),
        STALLED: _said_if(person, ready),
    }


def _said_if(holds: bool, ready: Finding) -> Finding:  # noqa: FBT001 - a condition's status
    return Finding(holds=holds, reason=ready.reason, message=ready.message if holds else "")


def _planned(it: Standing) -> Finding:
    plan, counts = it.plan, it.counts
    if it.view.refused is not None and not it.planned:
        return _not_taken(it.view.refused)
    if plan.stage == "failed":
        again = f"; correct it, or try again: {_retry(it.season)}"
        return false("PlanFailed", f"{plan.plan.failure}{again}")
    if plan.stage in _NOT_BEGUN:
        return false(*_NOT_BEGUN[plan.stage])
    if plan.stage == "planning":
        last = it.view.reasons.get((plan.job or "", 0))
        told = f"; its last try ended with: {last}" if last else ""
        return false("Planning", f"Job {plan.job} reads the schedule{told}")
    if not counts.total:
        return true("Planned", "planned; the worker has not read the schedule yet, or it is empty")
    return true("Planned", f"{counts.total} rounds on the calendar, {counts.run} of them run")


def _not_taken(why: str) -> Finding:
    return false("JobRefused", f"Kubernetes does not take its Job: {why}; it is tried again")


def _ingested(it: Standing) -> Finding:
    counts = it.counts
    told = f"{counts.ingested} of {counts.run} run rounds are fetched"
    if not it.planned:
        return false(_planned(it).reason, "not planned yet")
    if not counts.total:
        return false("WaitingForSchedule", "waits for the worker to read the schedule")
    if counts.ingested == counts.run:
        return true("AllFetched", told)
    return _why_not_fetched(it, told)


def _why_not_fetched(it: Standing, told: str) -> Finding:
    if it.suspended:
        return false("Suspended", f"{told}; suspended")
    failures = [one for one in it.counts.failures if one.job]
    if failures and not it.fetching:
        late = all(one.reason == LATE for one in failures)
        return false(LATE if late else "RoundsFailed", f"{told}; {_told_failures(it)}")
    if it.view.refused is not None:
        return _not_taken(it.view.refused)
    away = it.view.progress.source_away if it.view.progress is not None else None
    if away is not None:
        source = it.season.spec.source
        return false("SourceUnavailable", f"{told}; {source} did not answer ({away}): tried again")
    job = f"Job {it.fetch.job}" if it.fetch.job else "a Job"
    return false("Fetching", f"{told}; {job} fetches the others")


def _processed(it: Standing) -> Finding:
    counts = it.counts
    told = f"{counts.processed} of {counts.run} run rounds are processed"
    if it.ready:
        return true("AllProcessed", told)
    if not it.planned or not counts.total:
        return false(_ingested(it).reason, "nothing to process yet")
    if any(not one.job for one in counts.failures):
        return false("RoundsFailed", f"{told}; {_told_failures(it)}")
    if counts.processed == counts.ingested:
        return false(_ingested(it).reason, f"{told}; that is all that is fetched")
    return false("Processing", f"{told}; the others wait for the worker")


def _told_failures(it: Standing) -> str:
    failures = it.counts.failures
    rounds = format_rounds(one.round for one in failures)
    shown = "; ".join(
        f"round {one.round} ({one.race}): {one.message}" for one in failures[:_SHOWN_FAILURES]
    )
    more = len(failures) - _SHOWN_FAILURES
    rest = f"; and {more} more, see status.rounds.failures" if more > 0 else ""
    retry = ""
    if any(one.job and one.reason != LATE for one in failures):
        retry = f". Try again with: {_retry(it.season)}"
    if it.work is not None and it.work.retry_at is not None:
        retry = f"; tried again by itself at {it.work.retry_at:%Y-%m-%d %H:%M} UTC{retry}"
    return f"not {rounds}: {shown}{rest}{retry}"


def _retry(season: Season) -> str:
    metadata = season.metadata
    return (
        f"kubectl annotate season -n {metadata.namespace} {metadata.name} --overwrite "
        f'{RETRY}="$(date +%s)"'
    )
