"""The gap between plan and ledger: rounds to fetch, rounds that failed, the next refresh.

Only the ledger shows that a round is done; a finished Job proves nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from f1_core import sources
from f1_operator.api.progress import RaceProgress
from f1_operator.jobs.observed import ObservedJob
from f1_operator.reconcile.observed import Observed
from f1_operator.season.resource import FailedRound, Rounds, Season

LATE = "SourceLate"
"""The reason of a missing round that is fetched again without an action of a person."""

_SOON, _RARER = timedelta(minutes=10), 6

_LEDGER_GRACE = timedelta(seconds=60)
"""For this time after a Job's end, the ledger may lack its captures."""


@dataclass(frozen=True)
class Gap:
    """What is missing.

    Attributes:
        races: the requested races of the calendar, by round.
        failures: the rounds that failed, whether they are retried or not.
        to_fetch: rounds that lack a resource and have not failed.
        to_refresh: rounds that may have corrections since they were fetched.
        fetch_stamp, refresh_stamp: distinguish a new attempt at these from the last one.
        next_refresh: the next time at which one of these changes.
        retry_at: when the next failed round is retried.
        replan: a race of the calendar was run since the calendar was fetched.
    """

    races: tuple[RaceProgress, ...] = ()
    failures: tuple[FailedRound, ...] = ()
    to_fetch: tuple[int, ...] = ()
    to_refresh: tuple[int, ...] = ()
    fetch_stamp: str = ""
    refresh_stamp: str = ""
    next_refresh: datetime | None = None
    retry_at: datetime | None = None
    replan: bool = False

    @property
    def run(self) -> list[RaceProgress]:
        """Races that are due."""
        return [race for race in self.races if race.due]

    @property
    def ingested(self) -> int:
        """Run races of which S3 has all resources."""
        return sum(1 for race in self.run if not race.missing)

    @property
    def processed(self) -> int:
        """Run races that are served."""
        return sum(1 for race in self.run if race.processed)


def find_gap(observed: Observed, planned_at: datetime) -> Gap:
    """Compare expectations with the ledger. `observed.progress` must not be None."""
    assert observed.progress is not None
    season, now = observed.season, observed.now
    races = tuple(
        sorted(
            (race for race in observed.progress.races if season.spec.requests_round(race.round)),
            key=lambda race: race.round,
        )
    )
    every = season.spec.refresh.every
    failures = _failures(observed, races)
    retry_at = {one.round: _retry_at(one, every) for one in failures if one.job}
    given_up = {number for number, at in retry_at.items() if at is None or at > now}
    retried = [one.at for one in failures if one.at and one.round in retry_at.keys() - given_up]
    retries = [at for at in retry_at.values() if at is not None]
    refreshes = list(_corrections(season, races))
    due = [(at, race) for at, race in refreshes if at <= now]
    to_come = [max(race.over, planned_at + every) for race in races if every and not race.due]
    return Gap(
        races=races,
        failures=failures,
        to_fetch=tuple(r.round for r in races if r.missing and r.round not in given_up),
        to_refresh=tuple(race.round for _, race in due),
        fetch_stamp=max(retried).isoformat() if retried else "",
        refresh_stamp=max(at for at, _ in due).isoformat() if due else "",
        next_refresh=min((*to_come, *retries, *(at for at, _ in refreshes)), default=None),
        retry_at=min(retries, default=None),
        replan=any(at <= now for at in to_come),
    )


def _failures(observed: Observed, races: tuple[RaceProgress, ...]) -> tuple[FailedRound, ...]:
    season = observed.season
    missing = {race.round: race for race in races if race.missing}
    before = {one.round: one for one in (season.status.rounds or Rounds()).failures}
    failures = {
        number: one
        for number, one in before.items()
        if number in missing and one.job and one.attempt == season.attempt
    }
    for job in observed.fetch_jobs:
        if job.attempt != season.attempt:
            continue
        for number, reason, message in _given_up(observed, job, missing):
            known = before.get(number)
            if known is not None and _is_known(known, job, season.attempt):
                continue
            before_this = failures.get(number)
            failures[number] = FailedRound(
                round=number,
                race=missing[number].race_id,
                reason=reason,
                message=message,
                at=job.finished_at or observed.now,
                job=job.name,
                attempt=season.attempt,
                tries=before_this.tries + 1 if before_this else 1,
            )
    for race in races:
        if race.round not in failures and race.needs_person and not race.missing:
            failures[race.round] = _needs_person(race, before.get(race.round), observed.now)
    return tuple(failures[number] for number in sorted(failures))


def _is_known(known: FailedRound, job: ObservedJob, attempt: str) -> bool:
    """Whether a Job's failure is the known one, or an older one."""
    if not known.job or known.attempt != attempt or known.at is None:
        return False
    # Kubernetes has whole seconds, and Jobs run one after the other: an equal time is older, too.
    older = job.finished_at is not None and job.finished_at <= known.at
    return known.job == job.name or older


def _given_up(
    observed: Observed, job: ObservedJob, missing: dict[int, RaceProgress]
) -> Iterator[tuple[int, str, str]]:
    """Rounds that a Job failed to fetch, each with a reason and a message."""
    for number in sorted(missing.keys() & job.failed):
        yield number, "FetchFailed", observed.reason(job, number)
    if job.finished_at is None:
        return
    left = missing.keys() & (frozenset(job.rounds) - job.failed)
    done = left if job.outcome == "Complete" else left & job.completed
    for number in sorted(left - done):
        yield number, job.reason or "JobFailed", observed.reason(job, number)
    if observed.now - job.finished_at > _LEDGER_GRACE:
        for number in sorted(done):
            yield number, *_not_fetched(missing[number], job, observed.now)


def unsettled(observed: Observed, work: str) -> frozenset[int]:
    """Rounds that a Job of this attempt fetched recently: the ledger may not show them yet."""
    return frozenset(
        number
        for job in observed.fetch_jobs
        if (job.work, job.attempt) == (work, observed.season.attempt)
        and job.outcome == "Complete"
        and job.finished_at is not None
        and observed.now - job.finished_at <= _LEDGER_GRACE
        for number in job.rounds
    )


def _not_fetched(race: RaceProgress, job: ObservedJob, now: datetime) -> tuple[str, str]:
    what = ", ".join(race.missing)
    if now < race.over + sources.LATE:
        return LATE, f"the source has no {what} of it yet; they are fetched again"
    return "NotFetched", (
        f"Job {job.name} succeeded and fetched no {what}: the source may not have them, or Jobs "
        "and API do not use the same database"
    )


def _needs_person(race: RaceProgress, before: FailedRound | None, now: datetime) -> FailedRound:
    words = {"held": "Held", "quarantined": "Quarantined"}
    first = race.needs_person[0]
    states = "; ".join(
        f"{one.resource} is {one.state}: {one.reason or 'no reason given'}"
        for one in race.needs_person
    )
    verb = "confirm" if first.state == "held" else "accept"
    message = f"{states}. Run: f1-worker show {first.newest_capture or first.capture}, "
    message += f"then f1-worker {verb} it, or wait for another capture"
    same = before is not None and before.reason == words[first.state]
    return FailedRound(
        round=race.round,
        race=race.race_id,
        reason=words[first.state],
        message=message,
        at=before.at if before is not None and same else now,
    )


def _retry_at(failure: FailedRound, every: timedelta | None) -> datetime | None:
    """When to retry a round; None: only on request.

    The database or the network may have failed: soon at first, then as rarely as a refresh.
    """
    if every is None or failure.at is None:
        return None
    times: int = _RARER ** min(failure.tries - 1, 9)
    return failure.at + min(_SOON * times, every)


def _corrections(
    season: Season, races: tuple[RaceProgress, ...]
) -> Iterator[tuple[datetime, RaceProgress]]:
    """When to refresh each race that may still be corrected."""
    every, window = season.spec.refresh.every, season.spec.refresh.corrections_for
    if every is None or window is None:
        return
    for race in races:
        confirmed = [one.confirmed_at for one in race.due]
        oldest = min((at for at in confirmed if at), default=None)
        # Pending, or fetched after the last correction that is expected.
        if oldest is None or None in confirmed or race.missing or oldest >= race.over + window:
            continue
        yield oldest + every, race
