"""The schedule for a plan: the applied one, a newer capture, or one fetched now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row

from f1_core import capture
from f1_core.errors import BadCapture
from f1_core.postgres.queries import query
from f1_ingest.calendar import Schedule, ScheduledRace, read_schedule
from f1_ingest.errors import IngestFailed, NoSuchSeason
from f1_ingest.fetch import capturing
from f1_ingest.fetch.capturing import Outcome
from f1_ingest.fetch.runs import Run
from f1_ingest.planning.inventory import LatestCapture, read_inventory
from f1_ingest.sources.protocol import Source, Target

log = structlog.get_logger()

SCHEDULE = "schedule"
_MAIN_SOURCE = "jolpica"
"""Its schedule is used for sources without one, even before the worker has applied it."""
_BUSY_PAUSE_S = 0.5

_NEWEST = query(__name__, "newest_schedule")
_RACES = query(__name__, "races_of_season")


def known(run: Run, source: Source, season: int) -> Schedule | None:
    """The schedule without a request to the source, if there is one.

    A pending capture is newer than the applied schedule, and is read from S3.
    """
    own = source.name if SCHEDULE in source.resources else _MAIN_SOURCE

    def read(
        connection: Connection,
    ) -> tuple[LatestCapture | None, Row[Any] | None, Sequence[ScheduledRace]]:
        return (
            read_inventory(connection, source.name, season).of(Target(SCHEDULE, season)),
            connection.execute(_NEWEST, {"season": season, "source": own}).one_or_none(),
            _applied(connection, season),
        )

    captured, waiting, races = run.read(read)
    if waiting is not None and (captured is None or waiting.fetched_at >= captured.fetched_at):
        try:
            found = read_schedule(capture.decode(run.store.get(waiting.capture_key)))
        except (BadCapture, KeyError) as error:
            log.warning("a schedule cannot be read", capture=waiting.capture_key, error=str(error))
        else:
            if found.races:
                return found
    if races:
        return Schedule(season, tuple(races), captured.fetched_at if captured else None)
    return None


def current(
    run: Run, source: Source, season: int, *, age: timedelta, since: datetime | None = None
) -> Schedule:
    """The season's schedule, fetched if there is no fresh one.

    Args:
        age: an older schedule of a running season is fetched again.
        since: any schedule from before this is fetched again.

    Raises:
        IngestFailed: there is none, and the source has none.
    """
    made = 0
    while made < 2:
        found = known(run, source, season)
        if SCHEDULE not in source.resources:
            if found:
                return found
            raise IngestFailed(
                f"the schedule of {season} is not known yet and {source.name} has none: run "
                f"`f1-ingest backfill --season {season} --resources schedule` first"
            )
        if found and found.fresh(run.now(), age) and not _older(found, since):
            return found
        since_at = since or run.now() - age
        match _fetch(run, source, season, since_at, empty_is_captured=found is not None):
            case Outcome.BUSY:
                run.stop.wait(_BUSY_PAUSE_S)
            case Outcome.NOT_YET:
                raise NoSuchSeason(f"{source.name} has no races of {season}")
            case Outcome.CAPTURED if found:
                # The worker holds an empty one, and the one before it stays in use.
                return known(run, source, season) or found
            case Outcome.CAPTURED:
                made += 1
            case Outcome.EXISTS:
                pass
    raise IngestFailed(
        f"the schedule of {season} was captured but cannot be used: f1-worker show explains why"
    )


def _fetch(
    run: Run, source: Source, season: int, since_at: datetime, *, empty_is_captured: bool
) -> Outcome:
    target = Target(SCHEDULE, season)

    def due(connection: Connection) -> bool:
        return read_inventory(connection, source.name, season).lacks(target, run.now(), since_at)

    forever = run.today() + timedelta(days=1)
    return capturing.make(
        run, source, target, due=due, expected_until=None if empty_is_captured else forever
    )


def _older(found: Schedule, since: datetime | None) -> bool:
    return since is not None and (found.fetched_at is None or found.fetched_at < since)


def _applied(connection: Connection, season: int) -> Sequence[ScheduledRace]:
    return [
        ScheduledRace(**row) for row in connection.execute(_RACES, {"season": season}).mappings()
    ]
