"""The loop: claim, read ahead, process, and continue after any error.

One thread uses Postgres; a few others read S3 and parse, a batch ahead. Temporary faults (Postgres
or S3 unavailable, a deadlock, a lock held for long) cost a capture no attempt; faults of the
capture do.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from f1_core.capture import ARCHIVE
from f1_core.errors import StoreUnavailable
from f1_core.postgres.database import is_deadlock, is_outage
from f1_core.program.supervision import Heartbeat
from f1_core.retry import backoff
from f1_core.sources import DEFAULT_ORDER
from f1_core.store.rawstore import RawStore
from f1_worker.apply import reprocess
from f1_worker.apply.archive import Stopped, process_archive
from f1_worker.apply.load import Loaded, Parse, load
from f1_worker.apply.process import Work, process
from f1_worker.metrics import LAG, PROCESSED, SECONDS
from f1_worker.parse import PARSER_VERSION, parse
from f1_worker.queue.claim import Claim, Claims, LeaseLost
from f1_worker.queue.read_ahead import Readers
from f1_worker.queue.transactions import Transactions
from f1_worker.settings import WorkerSettings

if TYPE_CHECKING:
    from concurrent.futures import Future

log = structlog.get_logger()

_LONGEST_PAUSE_S = 30.0
_STALE_EVERY_S = 60.0
_DONE = ("processed", "unchanged", "superseded", "held", "quarantined")
_WRONG_DATA = ("22", "54")
"""Classes of errors: data exceptions, and rows that exceed a limit of Postgres."""
_LOCK_NOT_AVAILABLE, _QUERY_CANCELED = "55P03", "57014"


class InFlight(NamedTuple):
    """A claimed capture, and the result of a reader; an archive is read when it is processed.

    Attributes:
        claimed_at: by `time.monotonic`.
    """

    claim: Claim
    reading: "Future[Loaded] | None"
    claimed_at: float


class Worker:
    """One worker. Several may run in one process, each in its own thread.

    Attributes:
        stop: set it to stop between two captures.
        wake: set it when there may be work.
        turned_at: monotonic time of the loop's last sign of progress.
        heartbeat: extends the leases while the worker runs; None before it starts.
    """

    def __init__(
        self,
        engine: Engine,
        store: RawStore,
        settings: WorkerSettings | None = None,
        *,
        source_order: Sequence[str] = DEFAULT_ORDER,
        parse: Parse = parse,
        parser_version: int = PARSER_VERSION,
        stop: threading.Event | None = None,
    ) -> None:
        self.stop = stop or threading.Event()
        self.wake = threading.Event()
        self.turned_at = time.monotonic()
        self._settings = settings or WorkerSettings()
        self._engine = engine
        self._store = store
        self._parse = parse
        self._source_order = source_order
        self._parser_version = parser_version
        self._claims = Claims(engine, self._settings, parser_version)
        self._transactions = Transactions(engine, self._settings, self.stop)
        self._flight: deque[InFlight] = deque()
        self._readers: Readers | None = None
        self.heartbeat: Heartbeat | None = None
        self._suspects_at = 0.0
        self._stale_at = 0.0
        self._pauses: Iterator[float] | None = None
        self._tally: Counter[str] = Counter()

    def run(self) -> Counter[str]:
        """Work until :attr:`stop` is set; returns the number of captures by state."""
        with self._at_work():
            while not self.stop.is_set():
                if not self._turn() and not self._reopen_stale():
                    self.wake.wait(self._settings.poll_s)
                    self.wake.clear()
        return self._tally

    def drain(self) -> Counter[str]:
        """Work until no capture is open, here or at another worker, except those that wait for a
        resource that was not captured; returns the number of captures by state.
        """
        with self._at_work():
            while not self.stop.is_set():
                if self._turn() or self._reopen_stale():
                    continue
                if not self._is_open():
                    break
                self.wake.wait(0.05)  # for another worker, or the end of a back-off
                self.wake.clear()
        return self._tally

    def cancel(self) -> None:
        """Cancel the current capture, from another thread, after :attr:`stop` was set."""
        self._transactions.cancel()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        every_s = self._settings.lease_s / 3
        self.heartbeat = heartbeat = Heartbeat(self._claims.beat, every_s, is_outage)
        heartbeat.start()
        self._readers = Readers(self._settings.readers)
        try:
            yield
        finally:
            self._readers.close()
            try:
                self._give_back_rest()
            except DBAPIError:
                log.warning("claims could not be released; their leases will expire")
            heartbeat.close()

    def _turn(self) -> bool:
        """Process one capture; False if there is none now."""
        self.turned_at = time.monotonic()
        try:
            if self._pauses:
                self._claims.give_back_lost()
            self._refill()
            if not self._flight:
                self._pauses = None
                return False
            self._next()
        except DBAPIError as error:
            if not is_outage(error) and not is_deadlock(error):
                raise
            self._pause("Postgres is unavailable", error.orig)
        except StoreUnavailable as error:
            self._pause("S3 is unavailable", error)
        else:
            self._pauses = None
        return True

    def _refill(self) -> None:
        settings, now = self._settings, time.monotonic()
        turn_of_suspects = now >= self._suspects_at
        if not turn_of_suspects and len(self._flight) <= settings.batch // 2:
            self._add(self._claims.take(settings.batch))
        if not self._flight:
            # A suspect is processed while no other capture is claimed; see claim.py.
            self._suspects_at = now + settings.suspect_every_s
            self._add(self._claims.take(1, suspects=True))
            if not self._flight and turn_of_suspects:
                self._add(self._claims.take(settings.batch))

    def _add(self, claims: Sequence[Claim]) -> None:
        assert self._readers is not None
        for claim in claims:
            reading = None
            if claim.resource != ARCHIVE:
                reading = self._readers.submit(partial(self._load, claim))
            self._flight.append(InFlight(claim, reading, time.monotonic()))

    def _load(self, claim: Claim) -> Loaded:
        with structlog.contextvars.bound_contextvars(capture=claim.key):
            return load(self._store, claim, self._parse)

    def _next(self) -> None:
        claim, reading, claimed_at = self._flight[0]
        if reading is None and len(self._flight) > 1:
            self._give_back_rest(after=1)  # an archive takes long: release the rest
        with structlog.contextvars.bound_contextvars(capture=claim.key):
            try:
                state = self._process(claim, reading)
            except LeaseLost:
                log.warning("another worker has claimed it: nothing was changed")
                state = "lost"
            except Stopped:
                state = self._given_back(claim)
            except StoreUnavailable:
                self._given_back(claim)
                self._flight.popleft()
                raise
            except DBAPIError as error:
                state = self._database_error(claim, error)
            except Exception as error:  # a fault of one capture does not affect others
                log.exception("failed")
                # Such errors repeat at each attempt.
                final = isinstance(error, ValueError | OverflowError | RecursionError)
                reason = f"{type(error).__name__}: {error}"
                state = self._claims.fail(claim.key, reason, final=final)
        self._flight.popleft()
        self._claims.drop(claim.key)
        self._tally[state] += 1
        PROCESSED.labels(claim.resource, state).inc()
        if state in _DONE and claim.waited_s is not None:
            LAG.observe(claim.waited_s + time.monotonic() - claimed_at)

    def _process(self, claim: Claim, reading: "Future[Loaded] | None") -> str:
        loaded = self._load(claim) if reading is None else self._await(reading)
        start = time.perf_counter()
        work = Work(
            self._claims,
            claim,
            loaded.header,
            loaded.pages,
            self._source_order,
            self._parser_version,
            self._settings.not_yet_s,
        )
        if reading is None:
            state = process_archive(self._transactions, work, loaded, self.stop)
        else:
            state = self._transactions.run(partial(process, work=work, loaded=loaded))
        seconds = loaded.seconds + time.perf_counter() - start
        SECONDS.labels(claim.resource).observe(seconds)
        log.info(state, seconds=round(seconds, 4), problem=loaded.error)
        return state

    def _await(self, reading: "Future[Loaded]") -> Loaded:
        while True:
            self.turned_at = time.monotonic()
            try:
                return reading.result(timeout=0.5)
            except TimeoutError:
                if reading.done():
                    raise  # raised by the reader
                if self.stop.is_set():
                    raise Stopped("the worker stops") from None

    def _database_error(self, claim: Claim, error: DBAPIError) -> str:
        code = getattr(error.orig, "pgcode", None)
        if (code == _QUERY_CANCELED and self.stop.is_set()) or code == _LOCK_NOT_AVAILABLE:
            log.info("given back", error=str(error.orig).strip())
            # A longer delay than the wait, so that other captures are processed.
            wait_s = 10 * self._settings.lock_timeout_s
            return self._given_back(claim, after_s=0.0 if self.stop.is_set() else wait_s)
        if is_outage(error) or is_deadlock(error):
            raise error  # it stays claimed, and is retried after the outage
        log.error("failed", error=str(error.orig).strip())
        reason = f"Postgres rejected it: {str(error.orig).strip()}"
        final = (code or "")[:2] in _WRONG_DATA
        return self._claims.fail(claim.key, reason, final=final)

    def _given_back(self, claim: Claim, after_s: float = 0.0) -> str:
        self._claims.give_back([claim.key], after_s=after_s)
        return "given back"

    def _give_back_rest(self, after: int = 0) -> None:
        rest = [self._flight.pop() for _ in range(len(self._flight) - after)]
        if rest:
            self._claims.give_back(item.claim.key for item in rest)

    def _pause(self, what: str, error: object) -> None:
        self._pauses = self._pauses or backoff(0.5, _LONGEST_PAUSE_S)
        pause = next(self._pauses)
        log.warning(what, error=str(error).strip(), again_in_s=pause)
        self.stop.wait(pause)

    def _reopen_stale(self) -> bool:
        now = time.monotonic()
        if now < self._stale_at:
            return False
        try:
            found = reprocess.reopen_stale(
                self._engine, self._parser_version, limit=4 * self._settings.batch
            )
        except DBAPIError as error:
            self._pause("Postgres is unavailable", error.orig)
            return False
        if not found:
            self._stale_at = now + _STALE_EVERY_S
        return bool(found)

    def _is_open(self) -> bool:
        try:
            return self._claims.is_open()
        except DBAPIError as error:
            self._pause("Postgres is unavailable", error.orig)
            return True
