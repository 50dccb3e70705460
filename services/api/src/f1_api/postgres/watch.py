"""Watches for changes of the data, on a separate connection.

It receives notifications of processed captures and of changed keys. Every second it queries the
keys and Postgres' count of changed rows, which shows that the database is available and detects
changes without a notification (made with psql) within ten seconds.

The connection is asynchronous, for a time-out of three seconds on each wait: it may be closed
silently, or its server may hang.
"""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg2
import structlog
from psycopg2.extensions import POLL_OK, POLL_READ

from f1_api.http.cache import AnswerCache
from f1_api.postgres import sql
from f1_api.postgres.pool import connect
from f1_core.program.supervision import Supervised

log = structlog.get_logger()

PROCESSED = "f1_processed"
"""As in f1_core.ledger.index, which is not imported because it imports the S3 client."""
KEYS_CHANGED = "f1_api_keys"
BEAT_S = 1.0
CERTAIN_S = 3.0
"""Time after a beat until the cache is not used and the database counts as unavailable."""


class Watcher:
    """Runs in a thread. `on_keys` gets the rows of the query ``api_keys`` at each beat."""

    def __init__(
        self,
        url: str,
        cache: AnswerCache,
        on_keys: Callable[[list[tuple[Any, ...]]], None] | None = None,
    ) -> None:
        self._url = url
        self._cache = cache
        self._on_keys = on_keys
        self._stop = threading.Event()
        self._thread = Supervised("watcher", self._run, self._stop, longest_pause_s=CERTAIN_S)
        self._last_beat = float("-inf")
        self._latency_s = 0.0
        self._error = "the database has not been queried yet"

    def start(self) -> None:
        """Start watching."""
        self._wake, self._woken = socket.socketpair()
        self._thread.start()

    def stop(self) -> None:
        """Stop watching, and wait for the end of the thread."""
        self._stop.set()
        self._wake.send(b"!")
        self._thread.join(timeout=2 * CERTAIN_S)
        self._wake.close()
        self._woken.close()

    @property
    def alive(self) -> bool:
        """Whether the database responded within the last seconds."""
        return time.monotonic() - self._last_beat < CERTAIN_S

    @property
    def latency_ms(self) -> float:
        """The duration of the last queries."""
        return round(self._latency_s * 1000, 2)

    @property
    def error(self) -> str:
        """Why it is not alive."""
        return self._error or "the database does not respond"

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                connection = connect(self._url, "f1-api watcher", timeout_s=CERTAIN_S, async_=True)
                with contextlib.closing(connection):
                    self._wait(connection)
                    self._listen(connection)
            except psycopg2.Error as error:
                message = " ".join(str(error).split())
                if message != self._error:  # once for each outage
                    log.warning("no notifications from the database", error=message)
                self._error = message
            finally:
                self._cache.mark_uncertain()
            self._stop.wait(0.5)

    def _listen(self, connection: Any) -> None:
        cursor = connection.cursor()
        self._execute(cursor, f"LISTEN {PROCESSED}; LISTEN {KEYS_CHANGED}")
        # Answers read before this moment may lack a change.
        self._cache.drop()
        counted = self._beat(cursor)
        log.info("receives notifications from the database")
        while not self._stop.is_set():
            select.select([connection, self._woken], [], [], BEAT_S)
            connection.poll()
            keys_changed = self._receive(connection)
            if keys_changed or time.monotonic() - self._last_beat >= BEAT_S:
                count = self._beat(cursor)
                if count != counted:
                    counted = count
                    self._cache.drop()

    def _beat(self, cursor: Any) -> Any:
        """Query, and confirm the cache: all changes before the response have been received."""
        started = time.monotonic()
        self._execute(cursor, sql.query("count_changes"))
        count = cursor.fetchone()
        if self._on_keys is not None:
            self._execute(cursor, sql.query("api_keys"))
            self._on_keys(cursor.fetchall())
        self._latency_s = time.monotonic() - started
        self._receive(cursor.connection)
        self._last_beat = time.monotonic()
        self._error = ""
        self._cache.mark_certain(CERTAIN_S)
        return count

    def _receive(self, connection: Any) -> bool:
        """Process notifications; returns whether keys changed."""
        channels = {note.channel for note in connection.notifies}
        connection.notifies.clear()
        if PROCESSED in channels:
            self._cache.drop()
        return KEYS_CHANGED in channels

    def _execute(self, cursor: Any, statement: str) -> None:
        cursor.execute(statement)
        self._wait(cursor.connection)

    def _wait(self, connection: Any) -> None:
        deadline = time.monotonic() + CERTAIN_S
        while (state := connection.poll()) != POLL_OK:
            left = deadline - time.monotonic()
            reading, writing = ([connection], []) if state == POLL_READ else ([], [connection])
            if left <= 0 or not any(select.select(reading, writing, [], left)):
                raise psycopg2.OperationalError(f"no response within {CERTAIN_S:g} s")
