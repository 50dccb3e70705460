"""Threads beside the loop: one listens for new captures, one sweeps S3 for missed ones."""

import select
import threading
import time
from datetime import timedelta

import psycopg2
import structlog
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from f1_core.errors import F1Error
from f1_core.ledger import index
from f1_core.program.supervision import Supervised
from f1_core.store.rawstore import RawStore
from f1_worker.settings import WorkerSettings

log = structlog.get_logger()

_RECONNECT_S = 5.0


_SWEPT = text("SELECT now() - swept_at FROM installation")


class Listener(Supervised):
    """Sets `wake` when a capture is announced. The loop polls every few seconds anyway."""

    def __init__(self, engine: Engine, wake: threading.Event, stop: threading.Event) -> None:
        super().__init__("listener", self.listen, stop)
        self._engine = engine
        self._wake = wake
        self._stopping = stop

    def listen(self) -> None:
        """Listen until stopped, with a new connection after each failure; polling continues."""
        while not self._stopping.is_set():
            try:
                self._listen()
            except (DBAPIError, psycopg2.Error) as error:
                log.warning("not listening", error=str(error).strip())
                self._stopping.wait(_RECONNECT_S)

    def _listen(self) -> None:
        pooled = self._engine.raw_connection()
        connection = pooled.driver_connection
        assert connection is not None
        pooled.detach()
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {index.ANNOUNCED}")
            self._wake.set()  # for captures announced earlier
            while not self._stopping.is_set():
                if select.select([connection], [], [], 1.0)[0]:
                    connection.poll()
                    if connection.notifies:
                        connection.notifies.clear()
                        self._wake.set()
        finally:
            connection.close()


class Sweeper(Supervised):
    """Enters captures whose announcement was lost: all of S3 at the start and daily, the last days
    in between. All workers together run one sweep at a time; see f1_core.ledger.index.
    """

    def __init__(
        self, engine: Engine, store: RawStore, settings: WorkerSettings, stop: threading.Event
    ) -> None:
        super().__init__(
            "sweeper", self.keep_sweeping, stop, longest_pause_s=settings.sweep_every_s
        )
        self._engine = engine
        self._store = store
        self._settings = settings
        self._stopping = stop

    def keep_sweeping(self) -> None:
        """Sweep until stopped. Failures are retried at the next sweep."""
        while not self._stopping.is_set():
            try:
                self.sweep()
            except (F1Error, DBAPIError) as error:
                log.warning("sweep failed", error=str(getattr(error, "orig", error)).strip())
            self._stopping.wait(self._settings.sweep_every_s)

    def sweep(self) -> int:
        """Sweep if it is due; returns the number of captures and decisions that were found."""
        settings = self._settings
        with self._engine.connect() as connection:
            age: timedelta | None = connection.execute(_SWEPT).scalar()
        full = age is None or age > timedelta(hours=settings.full_sweep_every_h)
        since = None if full else timedelta(hours=settings.sweep_back_h)
        start = time.monotonic()
        found = index.sweep(self._engine, self._store, since=since)
        if found or full:
            log.info("swept", found=found, full=full, seconds=round(time.monotonic() - start, 1))
        return found
