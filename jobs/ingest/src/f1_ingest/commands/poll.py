"""Polls the running season: requests only data that the calendar makes likely.

Outside the windows after a session, it sends one request every few hours, for the schedule, or
none. After a session it requests the data: at every poll in the first hour, then less and less
often (after a twelfth of the elapsed time), until it is available or the window closes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from f1_core.postgres.queries import query
from f1_ingest.calendar import RACE, SESSION_RESOURCES, Schedule, ScheduledRace
from f1_ingest.commands import backfill
from f1_ingest.commands.backfill import Done
from f1_ingest.commands.progress import Progress
from f1_ingest.errors import NoSuchSeason
from f1_ingest.fetch.runs import Run
from f1_ingest.planning import schedules
from f1_ingest.planning.inventory import read_inventory
from f1_ingest.planning.plan import Step
from f1_ingest.planning.schedules import SCHEDULE
from f1_ingest.sources.protocol import Source, Target

log = structlog.get_logger()

_PACE = 12
_SLACK = timedelta(seconds=30)
"""A CronJob may start early or late."""

_LAST_POLL = query(__name__, "last_poll")


@dataclass(frozen=True)
class Window:
    """A session whose data may become available soon."""

    race: ScheduledRace
    session: str
    ended: datetime

    def is_due(self, now: datetime, last_poll: datetime | None) -> bool:
        """Whether another request is due."""
        if last_poll is None or last_poll < self.ended:
            return True
        return now - last_poll >= (now - self.ended) / _PACE - _SLACK


def windows(schedule: Schedule, now: datetime, length: timedelta) -> Iterator[Window]:
    """The sessions that ended within the last `length`, in order of time."""
    found = [
        Window(race, session, ended)
        for race in schedule.races
        for session in SESSION_RESOURCES
        if (ended := race.ends(session)) is not None and ended <= now <= ended + length
    ]
    yield from sorted(found, key=lambda window: window.ended)


def poll(run: Run, source: Source, season: int, progress: Progress) -> Done:
    """Fetch the new data of a season once."""
    now = run.today()
    last_poll = run.read(lambda connection: _last_poll(connection, run, source, season))
    schedule = _schedule(run, source, season, now, last_poll)
    done = Done()
    if schedule is None:
        return done
    length = timedelta(hours=run.settings.poll.window_h)
    for window in windows(schedule, now, length):
        if window.is_due(now, last_poll):
            _fetch_missing(run, source, window, progress, done)
    backfill.conclude(run, done.captured + len(run.failures) + len(run.unavailable))
    log.info("polled", season=season, captured=done.captured, requests=run.fetcher.requests)
    return done


def _schedule(
    run: Run, source: Source, season: int, now: datetime, last_poll: datetime | None
) -> Schedule | None:
    every = timedelta(hours=run.settings.poll.schedule_every_h)
    found = schedules.known(run, source, season)
    if found is None and last_poll is not None and now - last_poll < every:
        return None  # The source had none at the last poll, which was recently.
    if found is not None and SCHEDULE not in source.resources:
        return found
    try:
        return schedules.current(run, source, season, age=every)
    except NoSuchSeason as error:
        if found is None:
            log.info("no schedule yet", season=season, reason=str(error))
            return None
        raise


def _fetch_missing(
    run: Run, source: Source, window: Window, progress: Progress, done: Done
) -> None:
    """Fetch the missing data after a session; stop if the first resource is not available yet.

    After the race, this includes all of the weekend, since qualifying may have been late, too.
    """
    season = window.race.season
    of_session = SESSION_RESOURCES[window.session] if window.session != RACE else None
    resources = [r for r in of_session or window.race.resources if r in source.resources]
    for resource in resources:
        target = Target(resource, season, window.race)
        inventory = run.read(lambda connection: read_inventory(connection, source.name, season))
        if not inventory.lacks(target, run.now()):
            continue
        before = done.not_yet
        with progress.of(1, 0):
            step = Step(target, due=True, since=None, pages=1)
            backfill.fetch(run, source, [step], progress, done)
        if done.not_yet > before and resource == resources[0]:
            return


def _last_poll(connection: Connection, run: Run, source: Source, season: int) -> datetime | None:
    found: datetime | None = connection.execute(
        _LAST_POLL, {"source": source.name, "season": season, "run_id": run.run_id}
    ).scalar()
    return found
