"""Fetches a season's races, one capture after the other, except existing captures."""

from collections import deque
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DataError

from f1_core import sources
from f1_core.foreign import shown
from f1_ingest.calendar import RACE
from f1_ingest.commands.progress import Progress
from f1_ingest.errors import (
    IngestFailed,
    LeaseLost,
    ResourceUnavailable,
    SourceUnavailable,
)
from f1_ingest.fetch import capturing
from f1_ingest.fetch.capturing import Outcome
from f1_ingest.fetch.runs import Run
from f1_ingest.planning import plan, schedules
from f1_ingest.planning.inventory import read_inventory
from f1_ingest.planning.plan import Choice, Plan, Step
from f1_ingest.sources.protocol import Source

log = structlog.get_logger()

_BUSY_PAUSE_S = 1.0


@dataclass
class Done:
    """The counts of a backfill."""

    captured: int = 0
    existing: int = 0
    not_yet: int = 0


def prepare(run: Run, source: Source, season: int, choice: Choice) -> Plan:
    """Plan a season; fetch its schedule if none is known, or it is too old."""
    plan.check_resources(source, choice.resources)
    age = timedelta(hours=run.settings.ingest.schedule_fresh_h)
    wants_schedule = choice.resources is None or schedules.SCHEDULE in choice.resources
    # By Postgres' clock, as all captures, since a pod's clock may be wrong.
    since = run.now() - choice.every if choice.refresh_days else None
    schedule = schedules.current(
        run, source, season, age=age, since=since if wants_schedule else None
    )
    inventory = run.read(lambda connection: read_inventory(connection, source.name, season))
    return plan.make(schedule, source, inventory, choice, run.today(), refreshed_since=since)


def backfill(run: Run, source: Source, season: int, choice: Choice, progress: Progress) -> Done:
    """Fetch the due captures of a season.

    A failed capture does not affect the others. An unavailable source ends the backfill, and so do
    two captures in a row that could not be read.

    Raises:
        IngestFailed: at the end, if captures failed; lists them with reasons.
        SourceUnavailable, StoreUnavailable, Stopped.
    """
    planned = prepare(run, source, season, choice)
    done = Done(existing=len(planned.steps) - len(planned.due))
    log.info(
        "backfill begins",
        season=season,
        source=source.name,
        expected=len(planned.steps),
        due=len(planned.due),
        requests_estimated=planned.requests,
        rounds_not_run=list(planned.not_run),
    )
    with progress.of(len(planned.steps), done.existing):
        fetch(run, source, planned.due, progress, done)
    conclude(run, len(planned.due))
    return done


def conclude(run: Run, due: int) -> None:
    """Report the captures that failed.

    Raises:
        IngestFailed: some failed permanently.
        SourceUnavailable: some could not be read, but may be readable later.
    """
    missing = [*run.failures, *run.unavailable]
    if missing:
        raise (IngestFailed if run.failures else SourceUnavailable)(
            f"{len(missing)} of {due} captures failed:\n  " + "\n  ".join(missing)
        )


def fetch(run: Run, source: Source, steps: list[Step], progress: Progress, done: Done) -> None:
    """Make captures one after the other, last those that other processes are fetching."""
    queue = deque(steps)
    busy_in_a_row = 0
    while queue:
        step = queue.popleft()
        run.stop.check()
        outcome = _make(run, source, step)
        if outcome is Outcome.BUSY:
            queue.append(step)
            busy_in_a_row += 1
            if busy_in_a_row >= len(queue):
                run.stop.wait(_BUSY_PAUSE_S)
                busy_in_a_row = 0
            continue
        busy_in_a_row = 0
        done.captured += outcome is Outcome.CAPTURED
        done.existing += outcome is Outcome.EXISTS
        done.not_yet += outcome is Outcome.NOT_YET
        progress.step(str(step.target), outcome.value if outcome else "failed")


def _make(run: Run, source: Source, step: Step) -> Outcome | None:
    target = step.target

    def due(connection: Connection) -> bool:
        inventory = read_inventory(connection, source.name, target.season)
        return inventory.lacks(target, run.now(), step.since)

    end = target.race.ends(RACE) if target.race else None
    try:
        outcome = capturing.make(
            run, source, target, due=due, expected_until=end + sources.LATE if end else None
        )
    except LeaseLost as lost:
        log.warning("another process fetches it", target=str(target), reason=str(lost))
        return Outcome.BUSY
    except ResourceUnavailable as error:
        log.warning("capture failed", target=str(target), reason=str(error))
        run.unavailable.append(f"{target}: {error}")
        if run.unavailable_in_a_row:
            raise
        run.unavailable_in_a_row = True
        return None
    except IngestFailed as error:
        log.warning("capture failed", target=str(target), reason=str(error))
        run.failures.append(f"{target}: {error}")
        outcome = None
    except (ValueError, ArithmeticError, LookupError, RecursionError, DataError) as error:
        # A defect of this program, triggered by a response: only this capture fails.
        log.exception("capture failed unexpectedly", target=str(target))
        run.failures.append(f"{target}: unexpected {type(error).__name__}: {shown(str(error))}")
        outcome = None
    if outcome not in (Outcome.BUSY, Outcome.EXISTS):
        run.unavailable_in_a_row = False  # the source responded
    return outcome
