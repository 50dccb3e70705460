"""Makes one capture: takes a lease and an order, reads, writes one object, announces it.

If the process is killed before the PUT, there is no object, and the capture is fetched again; if
after it, the next run's sweep finds the object. So a kill costs one capture at most.
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
from f1_ingest.sources.protocol import Source, Target

log = structlog.get_logger()


class Outcome(Enum):
    """The result of an attempt to make a capture."""

    CAPTURED = "captured"
    EXISTS = "exists"  # another process made it
    BUSY = "busy"  # another process is making it
    NOT_YET = "not yet"  # the source has no rows of it yet


def make(
    run: Run,
    source: Source,
    target: Target,
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
    lease = Lease(source.name, target.season, target.round or 0, target.resource)
    if not run.leases.take(lease):
        return Outcome.BUSY
    try:
        if not run.read(due):
            return Outcome.EXISTS
        return _fetch(run, source, target, lease, expected_until)
    finally:
        run.leases.release()
        run.count()


def _fetch(
    run: Run, source: Source, target: Target, lease: Lease, expected_until: datetime | None
) -> Outcome:
    requests = run.fetcher.requests
    changes = empties = 0
    while changes <= run.settings.ingest.restarts:
        order, started_at = start(run, synthetic=source.synthetic)
        try:
            reading = _read(run, source, target, changes + empties)
        except TotalChanged as change:
            log.warning("the source changed during the fetch, starting again", change=str(change))
            changes += 1
            continue
        late = expected_until is not None and run.today() < expected_until
        if reading.total == 0 and not empties and not (late and target.race):
            # An empty response about existing data is often a fault: a second one confirms it.
            empties += 1
            continue
        if reading.rows == 0 and late:
            log.info("the source has no data of it yet", target=str(target))
            return Outcome.NOT_YET
        header = Header(
            source=source.name,
            resource=target.resource,
            order=order,
            started_at=started_at,
            fetched_at=run.now(),
            season=target.season,
            round=target.round,
            race=target.race.header if target.race else None,
            total=reading.total,
            requests=run.fetcher.requests - requests,
            edge_requests=reading.edge_requests,
            synthetic=source.synthetic,
            run=run.run_id,
        )
        if reading.missing:
            # It is kept: the worker quarantines it with the reason.
            log.warning("rows could not be fetched", target=str(target), missing=reading.missing)
        write(run, header, reading.pages, lease)
        return Outcome.CAPTURED
    raise ResourceUnavailable(f"{target}: the source changed during each of {changes} readings")


def _read(run: Run, source: Source, target: Target, attempt: int) -> pages.Reading:
    budget = run.fetcher.budget
    with budget.reservation() if budget else nullcontext() as reservation:
        return pages.read(
            source,
            target,
            run.fetcher,
            reservation,
            attempt=attempt,
            max_edge_requests=run.settings.ingest.edge_requests,
        )


def start(run: Run, *, synthetic: bool) -> tuple[int, datetime]:
    """The order of a capture whose fetch starts now, and the current time.

    Raises:
        ImplausibleOrder: the database's sequence is too far ahead.
        StoreUnavailable: S3 did not respond; a session's first order is compared with it.
    """

    def issue(connection: Connection) -> tuple[int, datetime]:
        order = run.orders.next(connection)
        index.mark_kind(connection, synthetic=synthetic)
        now = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return order, now

    return database.transaction(run.engine, issue)


def write(run: Run, header: Header, pages: list[Page], lease: Lease) -> str:
    """Write a capture atomically, and announce it; return its key.

    Raises:
        LeaseLost: another process took the lease; this reading is dropped.
        StoreUnavailable: S3 did not accept it.
    """
    database.transaction(run.engine, lambda c: run.leases.confirm(c, lease))
    made = Capture(header, pages)
    content = made.encode()
    retry(  # since reading it cost requests
        lambda: run.store.put(made.key, content),
        "could not write the capture, retrying",
        is_temporary=lambda error: isinstance(error, StoreUnavailable),
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
