"""One capture: leased, ordered, read, written as one object, announced.

Killed before the PUT, nothing is there and the capture is fetched again; killed after it, the next
run's sweep finds the object. So a kill costs one capture at most.
"""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from enum import Enum

import structlog
from sqlalchemy import Connection, text

from f1_core.capture import Capture, Header, Page
from f1_core.errors import StoreUnavailable
from f1_core.ledger import index
from f1_core.postgres import database
from f1_core.retry import backoff, retry
from f1_ingest.errors import ResourceUnavailable, TotalChanged
from f1_ingest.fetch import pages
from f1_ingest.fetch.leases import Lease
from f1_ingest.fetch.runs import Run
from f1_ingest.sources.protocol import Source, Wanted

log = structlog.get_logger()


class Outcome(Enum):
    """The result of an attempt to make a capture."""

    CAPTURED = "captured"
    THERE = "there"  # another process made it meanwhile
    BUSY = "busy"  # another process is making it
    NOT_YET = "not yet"  # the source has no rows of it, and is still expected to


def make(
    run: Run,
    source: Source,
    wanted: Wanted,
    *,
    due: Callable[[Connection], bool],
    expected_until: datetime | None = None,
) -> Outcome:
    """Make one capture, unless it is no longer due or another process makes it.

    Args:
        due: called again under the lease.
        expected_until: before this time, an empty response means that the source is late.

    Raises:
        SourceUnavailable, ResourceUnavailable, SourceRefused, StoreUnavailable, LeaseLost, Stopped.
    """
    lease = Lease(source.name, wanted.season, wanted.round or 0, wanted.resource)
    if not run.leases.take(lease):
        return Outcome.BUSY
    try:
        if not run.read(due):
            return Outcome.THERE
        return _fetch(run, source, wanted, lease, expected_until)
    finally:
        run.leases.release()
        run.count()


def _fetch(
    run: Run, source: Source, wanted: Wanted, lease: Lease, expected_until: datetime | None
) -> Outcome:
    requests = run.fetcher.requests
    changes = empties = 0
    while changes <= run.settings.ingest.restarts:
        order, started_at = start(run, synthetic=source.synthetic)
        try:
            reading = _read(run, source, wanted, changes + empties)
        except TotalChanged as change:
            log.warning("the source changed during the fetch, starting anew", change=str(change))
            changes += 1
            continue
        late = expected_until is not None and run.today() < expected_until
        if reading.total == 0 and not empties and not (late and wanted.race):
            # An empty response about what must exist is often a fault: a second one confirms it.
            empties += 1
            continue
        if reading.rows == 0 and late:
            log.info("the source has no data of it yet", wanted=str(wanted))
            return Outcome.NOT_YET
        header = Header(
            source=source.name,
            resource=wanted.resource,
            order=order,
            started_at=started_at,
            fetched_at=run.now(),
            season=wanted.season,
            round=wanted.round,
            race=wanted.race.header if wanted.race else None,
            total=reading.total,
            requests=run.fetcher.requests - requests,
            edge_requests=reading.edge_requests,
            synthetic=source.synthetic,
            run=run.run_id,
        )
        if reading.missing:
            # Nothing is lost by keeping it: the worker quarantines it with the reason.
            log.warning("rows could not be fetched", wanted=str(wanted), missing=reading.missing)
        write(run, header, reading.pages, lease)
        return Outcome.CAPTURED
    raise ResourceUnavailable(f"{wanted}: the source changed during each of {changes} readings")


def _read(run: Run, source: Source, wanted: Wanted, attempt: int) -> pages.Reading:
    budget = run.fetcher.budget
    with budget.reservation() if budget else nullcontext() as reservation:
        return pages.read(
            source,
            wanted,
            run.fetcher,
            reservation,
            attempt=attempt,
            max_edge_requests=run.settings.ingest.edge_requests,
        )


def start(run: Run, *, synthetic: bool) -> tuple[int, datetime]:
    """The order of a capture whose fetch starts now, and when that is.

    Raises:
        ImplausibleOrder: the database's sequence is too far ahead.
        StoreUnavailable: S3 did not answer, which a session's first order is compared with.
    """

    def issue(connection: Connection) -> tuple[int, datetime]:
        order = run.orders.next(connection)
        index.mark_kind(connection, synthetic=synthetic)
        now = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return order, now

    return database.transaction(run.engine, issue)


def write(run: Run, header: Header, pages: list[Page], lease: Lease) -> str:
    """Write a capture whole or not at all, and announce it; returns its key.

    Raises:
        LeaseLost: another process took the lease; this reading is dropped.
        StoreUnavailable: S3 did not take it.
    """
    database.transaction(run.engine, lambda c: run.leases.confirm(c, lease))
    made = Capture(header, pages)
    content = made.encode()
    retry(  # what was read cost requests
        lambda: run.store.put(made.key, content),
        "could not write the capture, retrying",
        passes=lambda error: isinstance(error, StoreUnavailable),
        patience_s=run.settings.ingest.store_patience_s,
        pauses=backoff(1.0, 30.0),
        wait=run.stop.wait,
    )

    def announce(connection: Connection) -> None:
        index.mark_kind(connection, synthetic=header.synthetic)
        index.announce(connection, made.key, header)

    database.transaction(run.engine, announce)
    run.captures += 1
    log.info(
        "captured",
        capture=made.key,
        rows=header.total,
        requests=header.requests,
        edge_requests=header.edge_requests,
    )
    return made.key
