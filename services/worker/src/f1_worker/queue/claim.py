"""Claims of captures by workers: leases, attempts and failures.

A capture is claimed under a lease of some seconds, by Postgres' clock, which a heartbeat extends
while the worker lives. When the lease expires, another worker may claim the capture.

A capture that failed, or whose worker died, is *suspect*: it may have killed the worker. It is
claimed alone, when the worker has no other capture, so that its failure costs other captures no
second attempt. After some attempts it is quarantined.
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
    """This worker has no lease on the capture any more: another worker or a decision changed it."""


def as_reason(text: str) -> str:
    """A reason that Postgres accepts: without NUL and lone surrogates, at most 4,000 characters."""
    return text[:4_000].encode(errors="replace").decode().replace("\0", "\ufffd")


class Claim(NamedTuple):
    """A capture that this worker has, with the parts of its key.

    Attributes:
        waited_s: from the announcement to the claim; None: it was processed before.
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
        owner: the name of this worker in the ledger.
    """

    def __init__(self, engine: Engine, settings: WorkerSettings, parser_version: int) -> None:
        self.owner = uuid.uuid4().hex
        self._engine = engine
        self._settings = settings
        self._parser_version = parser_version
        self._held: set[str] = set()
        self._lock = threading.Lock()

    def take(self, limit: int, *, suspects: bool = False) -> list[Claim]:
        """Claim up to `limit` captures, starting with those that others wait for.

        Raises:
            DBAPIError: the server is unavailable.
        """
        settings = self._settings
        with self._engine.begin() as connection:
            rows = limited(connection, settings).fetch(
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

    def drop(self, key: str) -> None:
        """Stop extending the lease of a capture that is processed or lost."""
        with self._lock:
            self._held.discard(key)

    def lock(self, statements: Statements, key: str, others: Iterable[str] = ()) -> None:
        """Lock a claimed capture and `others` that change with it, until the transaction ends.

        Raises:
            LeaseLost: another worker has it; the transaction must be rolled back.
        """
        owners = dict(statements.fetch(_LOCK, {"keys": [key, *others]}))
        if owners.get(key) != self.owner:
            self.drop(key)
            raise LeaseLost(f"another worker has {key}")

    def extend(self) -> None:
        """Extend the leases of the captures that this worker has."""
        with self._lock:
            keys = list(self._held)
        if keys:
            with self._engine.begin() as connection:
                limited(connection, self._settings).fetch(
                    _EXTEND, {"keys": keys, "owner": self.owner, "lease": self._settings.lease_s}
                )

    def beat(self) -> None:
        """The heartbeat: extend the leases, and end sessions of stopped workers."""
        self.extend()
        self.end_stopped()

    def end_stopped(self) -> None:
        """End sessions of workers that were stopped, not killed, during a COPY.

        Such a session waits for rows and keeps its locks, and no time-out of Postgres applies: it
        is not idle, and a statement that waits for its client is not cancelled.
        """
        with self._engine.begin() as connection:
            statements = limited(connection, self._settings)
            for (pid,) in statements.fetch(_END_STOPPED, {"lease": self._settings.lease_s}):
                log.warning(
                    "terminated the session of a worker that was stopped during a COPY", pid=pid
                )

    def give_back(self, keys: Iterable[str], *, after_s: float = 0.0) -> None:
        """Release captures without processing them; costs no attempt."""
        keys = list(keys)
        self._write(_GIVE_BACK, {"keys": keys, "after": after_s})
        for key in keys:
            self.drop(key)

    def give_back_lost(self) -> None:
        """Release captures that only the ledger assigns to this worker.

        A server that crashed may have lost its last confirmed commits; see transactions.py.
        """
        with self._lock:
            held = list(self._held)
        self._write(_GIVE_BACK_LOST, {"held": held})

    def is_open(self) -> bool:
        """Whether a capture is open that does not wait for a resource that was not captured.

        Raises:
            DBAPIError: the server is unavailable.
        """
        with self._engine.connect() as connection:
            return bool(connection.execute(_IS_OPEN).scalar_one())

    def fail(self, key: str, reason: str, *, final: bool = False) -> str:
        """Count a failed attempt, and quarantine the capture if it was the last.

        Args:
            final: quarantine it now, since another attempt would fail for the same reason.

        Returns:
            The capture's new state.
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
        self.drop(key)
        if rows and rows[0][0] == "quarantined":
            self._settle(key)
        return str(rows[0][0]) if rows else "lost"

    def _settle(self, key: str) -> None:
        """Update a quarantined capture that a newer capture or a decision supersedes."""

        def work(connection: Connection) -> None:
            limited(connection, self._settings).send()
            refusals.lock(connection, key)
            refusals.settle(connection, key)

        transaction(self._engine, work, patience_s=5.0)

    def _write(self, statement: TextClause, values: dict[str, object]) -> list[tuple[Any, ...]]:
        values["owner"] = self.owner

        def work(connection: Connection) -> list[tuple[Any, ...]]:
            return limited(connection, self._settings).fetch(statement, values)

        return transaction(self._engine, work, patience_s=5.0)


# Claim captures: new ones in batches, suspects (failed before, or their worker died) one by one. A
# suspect without remaining attempts is quarantined instead. Locked rows are skipped, since another
# worker claims or commits them.
_CLAIM = query(__name__, "claim")

# A capture and its rivals, in the order that all programs use.
_LOCK = query(__name__, "lock_claimed")

# Rows locked by a transaction cannot be claimed until it ends.
_EXTEND = query(__name__, "extend")


# A COPY of a race's rows takes a fraction of a second, so twice a lease is enough. Sessions are
# selected first and ended then, since Postgres may evaluate conditions in any order.
_END_STOPPED = query(__name__, "end_stopped")
_GIVE_BACK = query(__name__, "give_back")
_GIVE_BACK_LOST = query(__name__, "give_back_lost")
_FAIL = query(__name__, "fail")
_IS_OPEN = query(__name__, "is_open")
