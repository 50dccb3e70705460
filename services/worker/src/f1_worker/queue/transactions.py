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

    Commits do not wait for the disk. If the server crashes and loses the last ones, their captures
    are open again, and are processed again from S3.
    """

    def __init__(self, engine: Engine, settings: WorkerSettings, stop: threading.Event) -> None:
        self._engine = engine
        self._settings = settings
        self._stop = stop
        self._at_hand: Connection | None = None

    def run(self, work: Callable[[Statements], Result]) -> Result:
        """Run `work` in a transaction; retries after a deadlock or an outage.

        Raises:
            DBAPIError: the server was unavailable, or `work` failed for another reason.
        """
        return transaction(self._engine, lambda c: self._prepared(c, work), stop=self._stop)

    def cancel(self) -> None:
        """Cancel the current statement from another thread; its transaction is rolled back."""
        connection = self._at_hand
        if connection is not None:
            with suppress(Exception):  # the statement may have ended
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
    """Statements of a transaction. If the process is stopped between two of them, Postgres ends the
    transaction after the time of a lease. For COPY see Claims.end_stopped.
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
