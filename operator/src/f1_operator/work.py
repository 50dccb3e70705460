"""What is still to be fetched of a Season, what failed, and when to look again.

Done is what the ledger says: a Job that finished, or is long gone, proves nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from f1_operator.jobs import ObservedJob
from f1_operator.progress import RaceProgress
from f1_operator.season import FailedRound, Rounds, Season
from f1_operator.view import View

LATE = "SourceLate"
"""Why a round is missing that no person need look at: it will be looked for again."""

SOURCE_LATE = timedelta(hours=72)
"""So long after a race its source may have nothing of it; ingest has the same."""

_SOON, _RARER = timedelta(minutes=10), 6

_LEDGER_GRACE = timedelta(seconds=60)
"""How long after a Job's end its captures may be unknown to the ledger."""


@dataclass(frozen=True)
class Work:
    """The outcome.

    Attributes:
        races: those of the calendar that the Season asks for, by round.
        run: those of them that are due.
        to_fetch: rounds that lack something and were not given up.
        to_refresh: rounds that may have been corrected since they were looked at.
        fetch_stamp, refresh_stamp: what makes trying these again different from the last time.
        next_refresh: when one of the above may change with time alone.
        retry_at: when the next failed round is tried again by itself.
        replan: the calendar has a race that was run since it was read.
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
        """Run races that are whole in S3."""
        return sum(1 for race in self.run if not race.missing)

    @property
    def processed(self) -> int:
        """Run races that answer."""
        return sum(1 for race in self.run if race.processed)


def survey(view: View, planned_at: datetime) -> Work:
    """Compare what is expected with what the ledger has. The API must have answered."""
    assert view.progress is not None
    season, now = view.season, view.now
    races = tuple(
        sorted(
            (race for race in view.progress.races if season.spec.wants(race.round)),
            key=lambda race: race.round,
        )
    )
    every = season.spec.refresh.every
    failures = _failures(view, races)
    again = {one.round: _again(one, every) for one in failures if one.job}
    given_up = {number for number, at in again.items() if at is None or at > now}
    retried = [one.at for one in failures if one.at and one.round in again.keys() - given_up]
    retries = [at for at in again.values() if at is not None]
    looks = list(_corrections(season, races))
    due = [(at, race) for at, race in looks if at <= now]
    to_come = [max(race.over, planned_at + every) for race in races if every and not race.due]
    return Work(
        races=races,
        failures=failures,
        to_fetch=tuple(r.round for r in races if r.missing and r.round not in given_up),
        to_refresh=tuple(race.round for _, race in due),
        fetch_stamp=max(retried).isoformat() if retried else "",
        refresh_stamp=max(at for at, _ in due).isoformat() if due else "",
        next_refresh=min((*to_come, *retries, *(at for at, _ in looks)), default=None),
        retry_at=min(retries, default=None),
        replan=any(at <= now for at in to_come),
    )


def _failures(view: View, races: tuple[RaceProgress, ...]) -> tuple[FailedRound, ...]:
    season = view.season
    missing = {race.round: race for race in races if race.missing}
    before = {one.round: one for one in (season.status.rounds or Rounds()).failures}
    failures = {
        number: one
        for number, one in before.items()
        if number in missing and one.job and one.attempt == season.attempt
    }
    for job in view.fetch_jobs:
        if job.attempt != season.attempt:
            continue
        for number, reason, message in _given_up(view, job, missing):
            known = before.get(number)
            if known is not None and _tells_of(known, job, season.attempt):
                continue
            before_this = failures.get(number)
            failures[number] = FailedRound(
                round=number,
                race=missing[number].race_id,
                reason=reason,
                message=message,
                at=job.finished_at or view.now,
                job=job.name,
                attempt=season.attempt,
                tries=before_this.tries + 1 if before_this else 1,
            )
    for race in races:
        if race.round not in failures and race.refused and not race.missing:
            failures[race.round] = _refused(race, before.get(race.round), view.now)
    return tuple(failures[number] for number in sorted(failures))


def _tells_of(known: FailedRound, job: ObservedJob, attempt: str) -> bool:
    """Whether a Job is the one that is known to have failed, or an older one."""
    if not known.job or known.attempt != attempt or known.at is None:
        return False
    older = job.finished_at is not None and job.finished_at < known.at
    return known.job == job.name or older


def _given_up(
    view: View, job: ObservedJob, missing: dict[int, RaceProgress]
) -> Iterator[tuple[int, str, str]]:
    """Rounds that a Job leaves missing, each with its reason in a word and in a sentence."""
    for number in sorted(missing.keys() & job.failed):
        yield number, "FetchFailed", view.reason(job, number)
    if job.finished_at is None:
        return
    left = missing.keys() & (frozenset(job.rounds) - job.failed)
    done = left if job.outcome == "Complete" else left & job.completed
    for number in sorted(left - done):
        yield number, job.reason or "JobFailed", view.reason(job, number)
    if view.now - job.finished_at > _LEDGER_GRACE:
        for number in sorted(done):
            yield number, *_not_fetched(missing[number], job, view.now)


def _not_fetched(race: RaceProgress, job: ObservedJob, now: datetime) -> tuple[str, str]:
    what = ", ".join(race.missing)
    if now < race.over + SOURCE_LATE:
        return LATE, f"the source has no {what} of it yet; they are looked for again"
    return "NotFetched", (
        f"Job {job.name} ended well and brought no {what}: the source may not have them, or Jobs "
        "and API do not use the same database"
    )


def _refused(race: RaceProgress, before: FailedRound | None, now: datetime) -> FailedRound:
    words = {"held": "Held", "quarantined": "Quarantined"}
    first = race.refused[0]
    told = "; ".join(
        f"{one.resource} is {one.state}: {one.reason or 'no reason given'}" for one in race.refused
    )
    verb = "confirm" if first.state == "held" else "accept"
    message = f"{told}. Look with: f1-worker show {first.newest_capture or first.capture}, "
    message += f"then f1-worker {verb} it, or wait for another capture"
    same = before is not None and before.reason == words[first.state]
    return FailedRound(
        round=race.round,
        race=race.race_id,
        reason=words[first.state],
        message=message,
        at=before.at if before is not None and same else now,
    )


def _again(failure: FailedRound, every: timedelta | None) -> datetime | None:
    """When to try a round again by itself; None: never, a person has to ask.

    What failed may be the database or the network: soon at first, then as rarely as a refresh.
    """
    if every is None or failure.at is None:
        return None
    times: int = _RARER ** min(failure.tries - 1, 9)
    return failure.at + min(_SOON * times, every)


def _corrections(
    season: Season, races: tuple[RaceProgress, ...]
) -> Iterator[tuple[datetime, RaceProgress]]:
    """When to look again at each race that may still be corrected."""
    every, window = season.spec.refresh.every, season.spec.refresh.corrections_for
    if every is None or window is None:
        return
    for race in races:
        looked_at = [one.looked_at for one in race.due]
        oldest = min((at for at in looked_at if at), default=None)
        # Being fetched or processed, or looked at after the last correction could have come.
        if oldest is None or None in looked_at or race.missing or oldest >= race.over + window:
            continue
        yield oldest + every, race
