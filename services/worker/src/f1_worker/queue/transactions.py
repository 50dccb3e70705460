"""The worker's transactions: short, with limits on waiting, and cancellable."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from sqlalchemy import Connection, Engine

from f1_core.postgres.database import transaction
from f1_core.postgres.queries import query
from f1_worker.queue.statements import Statements
from f1_worker.settings import WorkerSettings

Result = TypeVar("Result")


class Transactions:
    """Runs one transaction at a time.

    Commits do not wait for the disk. If the server crashes and forgets the last of them, the
    captures are open again as well, and S3 has all that is needed to process them once more.
    """

    def __init__(self, engine: Engine, settings: WorkerSettings, stop: threading.Event) -> None:
        self._engine = engine
        self._settings = settings
        self._stop = stop
        self._at_hand: Connection | None = None

    def run(self, work: Callable[[Statements], Result]) -> Result:
        """Run `work` in a transaction; again after a deadlock or an outage.

        Raises:
            DBAPIError: the server was unavailable, or `work` failed for another reason.
        """
        return transaction(self._engine, lambda c: self._prepared(c, work), stop=self._stop)

    def cancel(self) -> None:
        """End the current statement, from another thread: its transaction is rolled back."""
        connection = self._at_hand
        if connection is not None:
            with suppress(Exception):  # it may be over by now
                driver = connection.connection.driver_connection
                assert driver is not None
                driver.cancel()

    def _prepared(self, connection: Connection, work: Callable[[Statements], Result]) -> Result:
        self._at_hand = connection
        try:
            statements = limited(connection, self._settings)
            result = work(statements)
            statements.send()
            return result
        finally:
            self._at_hand = None


def limited(connection: Connection, settings: WorkerSettings) -> Statements:
    """Statements of a transaction that keeps its locks no longer than a lease lasts if its process
    is stopped, not dead, between two of them. For the middle of a COPY see Claims.end_stopped.
    """
    statements = Statements(connection)
    limits = {
        "idle": settings.lease_s,
        "lock": settings.lock_timeout_s,
    }
    milliseconds = {name: f"{round(seconds * 1000)}ms" for name, seconds in limits.items()}
    statements.add(_LIMITS, milliseconds)
    return statements


_LIMITS = query(__name__, "limits")
