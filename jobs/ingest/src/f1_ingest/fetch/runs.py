"""One run of the command: its row in `ingest_runs`, its connections, its heartbeat, its end."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from f1_core import capture
from f1_core.errors import BadCapture, Stopped, StoreUnavailable
from f1_core.foreign import shown
from f1_core.ledger import index
from f1_core.ledger.orders import Orders
from f1_core.postgres import database
from f1_core.postgres.queries import query
from f1_core.program.supervision import Heartbeat
from f1_core.store.rawstore import RawStore
from f1_ingest.errors import SourceUnavailable
from f1_ingest.fetch.http import Fetcher, open_client
from f1_ingest.fetch.leases import Leases
from f1_ingest.fetch.scheduled import scheduled_for
from f1_ingest.ratelimit.budget import RESERVATION_ALIVE_S, Budget
from f1_ingest.ratelimit.scheduler import POLL
from f1_ingest.settings import Settings
from f1_ingest.signals import Stop
from f1_ingest.sources import registry
from f1_ingest.sources.protocol import Archive, Source

log = structlog.get_logger()
Result = TypeVar("Result")

_BEGIN = query(__name__, "begin_run")
_END = query(__name__, "end_run")
_COUNT = query(__name__, "count_run")
_NEWEST = query(__name__, "newest_capture")
_MAX_DETAIL = 10_000
_RECENT = timedelta(days=1)
_STATEMENT_TIMEOUT = "57014"


@dataclass
class Run:
    """The shared state of a run.

    Attributes:
        run_id: in the logs, in `ingest_runs`, and in the header of each capture made.
        as_of: the calendar's date, if not today's.
        captures: made so far.
        detail: a message for `ingest_runs`.
        failures: captures that failed permanently, each with its reason.
        unavailable: captures that could not be read, but may be readable later.
        unavailable_in_a_row: the last capture was one of these.
    """

    run_id: str
    kind: str
    settings: Settings
    engine: Engine
    store: RawStore
    orders: Orders
    stop: Stop
    leases: Leases
    fetcher: Fetcher
    as_of: datetime | None = None
    captures: int = 0
    detail: str | None = None
    failures: list[str] = field(default_factory=list)
    unavailable: list[str] = field(default_factory=list)
    unavailable_in_a_row: bool = False

    def now(self) -> datetime:
        """The time of Postgres' clock, since pods' clocks differ."""
        return self.fetcher.now()

    def today(self) -> datetime:
        """The date that the calendar is compared with."""
        return self.as_of or self.now()

    def read(self, query: Callable[[Connection], Result]) -> Result:
        """Read from the database, with retries after an outage."""
        return database.transaction(self.engine, query)

    def count(self) -> None:
        """Record the progress of the run, for people."""
        parameters = {
            "run_id": self.run_id,
            "captures": self.captures,
            "requests": self.fetcher.requests,
        }
        database.transaction(self.engine, lambda c: c.execute(_COUNT, parameters))


@contextmanager
def begin(
    kind: str, source: Source | Archive, season: int | None, settings: Settings, stop: Stop
) -> Iterator[Run]:
    """Open a run; in any case, release its leases and record its outcome at the end.

    Raises:
        SchemaMismatch, MixedData, StoreUnavailable: before the first request.
    """
    run_id = uuid.uuid4().hex[:12]
    with ExitStack() as stack:
        engine = database.connect(settings.database, "f1-ingest")
        stack.callback(engine.dispose)
        store = stack.enter_context(RawStore(settings.store))
        stack.enter_context(structlog.contextvars.bound_contextvars(run=run_id))
        # A new pod may start before network policies allow its connections.
        patience_s = settings.ingest.database_patience_s
        database.transaction(engine, database.check_schema, patience_s=patience_s)
        fetcher = _fetcher(
            kind, run_id, source, season, settings=settings, engine=engine, store=store, stop=stop
        )
        leases = Leases(engine, run_id, settings.ingest.lease_s)
        run = Run(run_id, kind, settings, engine, store, Orders(store), stop, leases, fetcher)
        stack.enter_context(fetcher.client)
        heartbeat = Heartbeat(
            partial(_beat, run),
            min(settings.ingest.lease_s, RESERVATION_ALIVE_S) / 3,
            is_temporary=lambda error: isinstance(error, SQLAlchemyError),
        )
        heartbeat.start()
        stack.callback(heartbeat.close)
        with _recorded(run, source.name, season):
            _check_kind(engine, store, synthetic=getattr(source, "synthetic", False))
            _sweep(engine, store)
            yield run


def _fetcher(
    kind: str,
    run_id: str,
    source: Source | Archive,
    season: int | None,
    *,
    settings: Settings,
    engine: Engine,
    store: RawStore,
    stop: Stop,
) -> Fetcher:
    budget = None
    if source.budget is not None:
        budget = Budget(
            engine=engine,
            name=source.budget,
            limits=registry.limits(source.budget, settings),
            claimant=POLL if kind == POLL else str(season or source.name),
            owner=run_id,
            timeout_s=settings.http.timeout_s,
            stop=stop,
            newest=lambda: _newest(engine, store, source.budget or source.name),
        )
    client = open_client(settings.http, version("f1-ingest"), getattr(source, "transport", None))
    http = settings.http
    return Fetcher(
        client=client,
        settings=http,
        stop=stop,
        budget=budget,
        patience_s=http.poll_patience_s if kind == POLL else http.patience_s,
        now=_clock(engine),
        is_temporary=getattr(source, "is_temporary", lambda status, detail: False),
    )


@contextmanager
def _recorded(run: Run, source: str, season: int | None) -> Iterator[None]:
    begun = {
        "run_id": run.run_id,
        "kind": run.kind,
        "source": source,
        "season": season,
        "scheduled_at": scheduled_for(run.settings.ingest.job_name, run.now()),
    }
    database.transaction(run.engine, lambda c: c.execute(_BEGIN, begun))
    outcome = "failed"
    try:
        yield
        outcome = "failed" if run.failures else "succeeded"
        run.detail = run.detail or "; ".join(run.failures) or None
    except Stopped as error:
        outcome, run.detail = "stopped", str(error)
        raise
    except SourceUnavailable as error:
        outcome, run.detail = "source_unavailable", str(error)
        raise
    except StoreUnavailable as error:
        outcome, run.detail = "store_unavailable", str(error)
        raise
    except Exception as error:
        run.detail = f"{type(error).__name__}: {error}"
        raise
    finally:
        try:
            run.leases.release()
            _end(run, outcome)
        except SQLAlchemyError as error:
            # Leases expire by themselves, and an earlier error matters more.
            log.warning("could not record the outcome of the run", error=str(error))


def _end(run: Run, outcome: str) -> None:
    ended = {
        "run_id": run.run_id,
        "outcome": outcome,
        # It may contain text of the source that Postgres does not accept.
        "detail": shown(run.detail, _MAX_DETAIL) if run.detail else None,
        "captures": run.captures,
        "requests": run.fetcher.requests,
    }
    database.transaction(run.engine, lambda c: c.execute(_END, ended), patience_s=2)
    log.info(
        "run ended",
        outcome=outcome,
        captures=run.captures,
        requests=run.fetcher.requests,
        detail=run.detail,
    )


def _beat(run: Run) -> None:
    """Extend the run's leases. `Leases.confirm` detects those that expired in an outage."""
    with run.engine.begin() as connection:
        run.leases.beat(connection)
        if run.fetcher.budget:
            run.fetcher.budget.beat(connection)


def _check_kind(engine: Engine, store: RawStore, *, synthetic: bool) -> None:
    """Refuse mixed data before the first request, not as late as `index.mark_kind`.

    An empty database would adopt the bucket's kind of data, even that of a wrong bucket.
    """

    def known(connection: Connection) -> bool:
        found = connection.execute(text("SELECT synthetic FROM installation")).scalar()
        if found is not None:
            index.mark_kind(connection, synthetic=synthetic)
        return found is not None

    if database.transaction(engine, known):
        return
    if index.kind_of_bucket(store) is (not synthetic):
        here, other = ("real", "synthetic") if synthetic else ("synthetic", "real")
        raise index.MixedData(
            f"the bucket {store.address} holds {here} data and cannot take {other} data too: "
            "name another one in F1_S3_BUCKET"
        )


def _sweep(engine: Engine, store: RawStore) -> None:
    """Sweep S3, so that no existing capture is fetched: once fully, then recent objects."""
    while True:
        swept = database.transaction(engine, index.swept_at) is not None
        if not swept:
            log.info("the ledger is empty: sweeping S3 first")
        try:
            # Finds captures of processes that were killed before they announced them.
            found = index.sweep(engine, store, since=_RECENT if swept else None)
        except OperationalError as error:
            # Another process is sweeping, for longer than the statement timeout.
            if getattr(error.orig, "pgcode", None) != _STATEMENT_TIMEOUT:
                raise
        else:
            if found:
                log.info("found captures in S3 that were not announced", captures=found)
            return


def _newest(engine: Engine, store: RawStore, source: str) -> datetime | None:
    """The time of the source's newest capture, from its header if that can be read.

    Not later than now, so that a wrong time does not block the source.
    """
    with engine.connect() as connection:
        row = connection.execute(_NEWEST, {"source": source}).one_or_none()
    if row is None:
        return None
    found: datetime = row.fetched_at
    with suppress(KeyError, BadCapture, StoreUnavailable):
        found = capture.decode(store.get(row.capture_key)).header.fetched_at
    now: datetime = row.now
    return min(found, now)


def _clock(engine: Engine) -> Callable[[], datetime]:
    """Postgres' time, read once and continued by this machine's monotonic clock."""
    then = database.transaction(
        engine, lambda c: c.execute(text("SELECT clock_timestamp()")).scalar_one()
    )
    began = time.monotonic()
    return lambda: then + timedelta(seconds=time.monotonic() - began)
