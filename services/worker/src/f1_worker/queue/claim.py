"""Which worker has which capture: claims, leases, and what becomes of failures.

A capture is claimed under a lease of some seconds, by Postgres' clock, that a heartbeat extends as
long as its worker lives. A capture whose lease has run out is taken over by the next
worker that claims.

A capture that failed, or whose worker died, is *suspect*: it may be what killed the worker. It is
claimed alone, when no other capture is claimed, so that captures that were claimed together with a
deadly one do not count a second attempt; after some attempts it is quarantined.
"""

import threading
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection, Engine, TextClause

from f1_core.errors import F1Error
from f1_core.ledger import refusals
from f1_core.postgres.database import transaction
from f1_core.postgres.queries import query
from f1_worker.queue.statements import Statements
from f1_worker.queue.transactions import limited
from f1_worker.settings import WorkerSettings

log = structlog.get_logger()


class LeaseLost(F1Error):
    """The capture is no longer ours: another worker, a decision or a person has it."""


def as_reason(text: str) -> str:
    """A reason that the ledger takes: no NUL, no half of a surrogate pair, 4,000 characters."""
    return text[:4_000].encode(errors="replace").decode().replace("\0", "\ufffd")


class Claim(NamedTuple):
    """A capture that this worker has, with the parts of its key.

    Attributes:
        waited_s: from its announcement until it was claimed; None: it was processed before.
    """

    key: str
    source: str
    resource: str
    season: int | None
    round: int | None
    order: int
    attempts: int
    waited_s: float | None = None


class Claims:
    """The captures that one worker has. Threads may share it.

    Attributes:
        owner: this worker's name in the ledger.
    """

    def __init__(self, engine: Engine, settings: WorkerSettings, parser_version: int) -> None:
        self.owner = uuid.uuid4().hex
        self._engine = engine
        self._settings = settings
        self._parser_version = parser_version
        self._held: set[str] = set()
        self._lock = threading.Lock()

    def take(self, limit: int, *, suspects: bool = False) -> list[Claim]:
        """Claim up to `limit` captures, first those that others wait for.

        Raises:
            DBAPIError: the server is unavailable.
        """
        settings = self._settings
        with self._engine.begin() as connection:
            rows = limited(connection, settings).ask(
                _CLAIM,
                {
                    "owner": self.owner,
                    "lease": settings.lease_s,
                    "limit": limit,
                    "suspects": suspects,
                    "attempts": settings.attempts,
                    "version": self._parser_version,
                },
            )
        claims = []
        for *columns, state, reason in rows:
            claim = Claim(*columns)
            if state == "quarantined":
                log.error("quarantined", capture=claim.key, reason=reason)
                self._settle(claim.key)
            else:
                claims.append(claim)
        with self._lock:
            self._held.update(claim.key for claim in claims)
        return sorted(
            claims, key=lambda c: (c.resource != "schedule", c.resource != "archive", c.order)
        )

    def forget(self, key: str) -> None:
        """A capture is done or not ours any more."""
        with self._lock:
            self._held.discard(key)

    def lock(self, statements: Statements, key: str, others: Iterable[str] = ()) -> None:
        """Lock one of our captures and `others` that change with it, until the transaction ends.

        Raises:
            LeaseLost: it is no longer ours; what the transaction did must be rolled back.
        """
        owners = dict(statements.ask(_LOCK, {"keys": [key, *others]}))
        if owners.get(key) != self.owner:
            self.forget(key)
            raise LeaseLost(f"{key} is no longer ours")

    def extend(self) -> None:
        """Extend the leases of the captures that this worker has; a heartbeat."""
        with self._lock:
            keys = list(self._held)
        if keys:
            with self._engine.begin() as connection:
                limited(connection, self._settings).ask(
                    _EXTEND, {"keys": keys, "owner": self.owner, "lease": self._settings.lease_s}
                )

    def beat(self) -> None:
        """Extend the leases, and end sessions of stopped workers."""
        self.extend()
        self.end_stopped()

    def end_stopped(self) -> None:
        """End sessions of workers that were stopped, not killed, in the middle of a COPY.

        Such a session waits for its rows with all its locks, and no time-out of Postgres' applies
        to it: neither does it idle, nor is a statement cancelled while its client is to send.
        """
        with self._engine.begin() as connection:
            statements = limited(connection, self._settings)
            for (pid,) in statements.ask(_END_STOPPED, {"lease": self._settings.lease_s}):
                log.warning(
                    "terminated the session of a worker that was stopped during a COPY", pid=pid
                )

    def give_back(self, keys: Iterable[str], *, after_s: float = 0.0) -> None:
        """Give captures back unfinished, for nothing that is their fault; costs no attempt."""
        keys = list(keys)
        self._write(_GIVE_BACK, {"keys": keys, "after": after_s})
        for key in keys:
            self.forget(key)

    def give_back_lost(self) -> None:
        """Give back what the ledger has as ours and we do not have.

        A server that crashed may have forgotten the last commits it confirmed; see transactions.py.
        """
        with self._lock:
            held = list(self._held)
        self._write(_GIVE_BACK_LOST, {"held": held})

    def is_open(self) -> bool:
        """Whether a capture is open that does not wait for another one that was never captured.

        Raises:
            DBAPIError: the server is unavailable.
        """
        with self._engine.connect() as connection:
            return bool(connection.execute(_IS_OPEN).scalar_one())

    def fail(self, key: str, reason: str, *, final: bool = False) -> str:
        """Count a failed attempt, and quarantine the capture if it was the last.

        Args:
            final: it is the last: another attempt would fail for the same reason.

        Returns:
            The capture's state now.
        """
        rows = self._write(
            _FAIL,
            {
                "keys": [key],
                "reason": as_reason(reason),
                "attempts": 1 if final else self._settings.attempts,
                "backoff": self._settings.backoff_s,
                "version": self._parser_version,
            },
        )
        self.forget(key)
        if rows and rows[0][0] == "quarantined":
            self._settle(key)
        return str(rows[0][0]) if rows else "lost"

    def _settle(self, key: str) -> None:
        """A newer capture, or a person, may have ended what was given up just now."""

        def work(connection: Connection) -> None:
            limited(connection, self._settings).send()
            refusals.lock(connection, key)
            refusals.settle(connection, key)

        transaction(self._engine, work, patience_s=5.0)

    def _write(self, statement: TextClause, values: dict[str, object]) -> list[tuple[Any, ...]]:
        values["owner"] = self.owner

        def work(connection: Connection) -> list[tuple[Any, ...]]:
            return limited(connection, self._settings).ask(statement, values)

        return transaction(self._engine, work, patience_s=5.0)


# Claim captures: fresh ones in batches, suspects (failed before, or their worker died) one by one.
# A suspect that used up its attempts is quarantined instead. Rows locked by others are passed over:
# another worker claims them just now, or commits them.
_CLAIM = query(__name__, "claim")

# Our capture and its rivals, in the one order of all programs.
_LOCK = query(__name__, "lock_claimed")

# Rows locked by a transaction cannot be claimed meanwhile.
_EXTEND = query(__name__, "extend")


# A worker's COPY is a race's rows and takes a fraction of a second; twice a lease is long for it.
# The sessions are found first and ended afterwards: Postgres may check the conditions of one WHERE
# in any order, and one of them would end sessions.
_END_STOPPED = query(__name__, "end_stopped")
_GIVE_BACK = query(__name__, "give_back")
_GIVE_BACK_LOST = query(__name__, "give_back_lost")
_FAIL = query(__name__, "fail")
_IS_OPEN = query(__name__, "is_open")
