"""The request budget of a source: one for all processes of all Jobs, in Postgres, by its clock.

A request takes a slot before it is sent. The slot counts from its grant until one window after its
*completion*, so that the server, which counts arrivals, never sees more than the limit, however
long a request was on its way. A killed process's slot counts until grant + time-out + window.

Deciding takes a lock on the budget's row for a few milliseconds; waiting holds no transaction.
Without a database there is no slot, and no request.

`budgets` has a row a budget, which is locked while one decides; `budget_requests` one for each
request that counts; `budget_claims` who waits (`.../waiting`) and what half-read captures have
reserved (`.../held`).
"""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import structlog
from sqlalchemy import Connection, Engine, Row, text
from sqlalchemy.exc import SQLAlchemyError

from f1_core.postgres import database
from f1_core.postgres.queries import query
from f1_ingest.ratelimit.scheduler import Claim, Limits, Usage, first_in_line, has_room
from f1_ingest.signals import Stop

log = structlog.get_logger()

WAITER_ALIVE_S = 5.0
"""A waiter without a sign of life for this long is skipped; it keeps its place if it returns."""
RESERVATION_ALIVE_S = 15.0
"""The same for a reservation; its process extends it every few seconds (:meth:`beat`)."""
DATABASE_PATIENCE_S = 60.0
"""How long the database may be unavailable before the command fails."""
LEAVING_PATIENCE_S = 2.0
"""The same when all that is left is to give back what expires by itself."""
_LONGEST_NAP_S = 2.0
_NAP_S = 0.25
_TURN_NAP_S = 0.05
_NOTE_EVERY_S = 60.0


@dataclass(frozen=True)
class Slot:
    """Permission to send one request, until `expires` (time.monotonic)."""

    request_id: int | None
    expires: float

    @property
    def fresh(self) -> bool:
        """False if this process was suspended for too long to use it."""
        return time.monotonic() < self.expires


@dataclass
class Reservation:
    """One capture's place in the line. Set `remaining` before each request: pages to come, with
    this one; 0 until the first page was read. Leaving the context gives back what was not used.
    """

    budget: "Budget"
    capture: str
    since: datetime | None = None
    remaining: int = 0

    @property
    def waiting_id(self) -> str:
        """Of the claim that waits for a request."""
        return f"{self.capture}/waiting"

    @property
    def held_id(self) -> str:
        """Of the claim that holds the pages to come."""
        return f"{self.capture}/held"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.budget.give_up(self)


@dataclass
class Budget:
    """One process's access to the budget of one source.

    Attributes:
        name: whose budget; sources on one host share one.
        claimant: `poll`, or the season that takes turns with others.
        owner: unique to this process's run.
        timeout_s: how long a request may be under way.
        newest: when the newest capture was fetched; read once, for a new budget.
    """

    engine: Engine
    name: str
    limits: Limits
    claimant: str
    owner: str
    timeout_s: float
    stop: Stop
    newest: Callable[[], datetime | None]
    waited_s: float = 0.0
    _captures: "itertools.count[int]" = field(default_factory=itertools.count)
    _live: set[str] = field(default_factory=set)

    def reservation(self) -> Reservation:
        """A place in the line, for one capture."""
        return Reservation(self, f"{self.owner}/{next(self._captures)}")

    def spend(self, reservation: Reservation) -> Slot:
        """Wait for a slot, however long it takes; call :meth:`done` after the response.

        Raises:
            Stopped: a signal came while waiting.
            sqlalchemy.exc.DBAPIError: no database, no request.
        """
        started = noted = time.monotonic()
        while True:
            self.stop.check()
            slot, nap = database.transaction(
                self.engine, lambda c: self._try(c, reservation), patience_s=DATABASE_PATIENCE_S
            )
            if slot is not None:
                self.waited_s += time.monotonic() - started
                return slot
            if time.monotonic() - noted > _NOTE_EVERY_S:
                noted = time.monotonic()
                log.info(
                    "waiting for the request budget",
                    budget=self.name,
                    waited_s=round(noted - started),
                )
            self.stop.wait(nap)

    def done(self, slot: Slot, *, limited: bool | None = None) -> None:
        """The request has ended: from now its slot counts one window more.

        Args:
            limited: whether the response was HTTP 429; None: there was none.
        """
        if slot.request_id is not None:
            parameters = {
                "budget": self.name,
                "limited": limited,
                "request_id": slot.request_id,
                "window_s": self.limits.window_s,
            }
            database.transaction(
                self.engine,
                lambda c: c.execute(_DONE, parameters),
                patience_s=DATABASE_PATIENCE_S,
            )

    def give_up(self, reservation: Reservation) -> None:
        """Take a capture's claims back."""
        if reservation.capture in self._live:
            self._live.discard(reservation.capture)
            claim_ids = [reservation.waiting_id, reservation.held_id]
            try:
                database.transaction(
                    self.engine,
                    lambda c: c.execute(_UNCLAIM, {"claim_ids": claim_ids}),
                    patience_s=LEAVING_PATIENCE_S,
                )
            except SQLAlchemyError as error:
                log.warning("claims could not be released; they expire", error=str(error))

    def beat(self, connection: Connection) -> None:
        """Extend this process's reservations."""
        held = [f"{capture}/held" for capture in tuple(self._live)]
        if held:
            connection.execute(_BEAT, {"claim_ids": held, "alive_s": RESERVATION_ALIVE_S})

    def _try(self, connection: Connection, mine: Reservation) -> tuple[Slot | None, float]:
        """A slot, or how long to wait before another attempt."""
        budget = {"budget": self.name}
        opens_at = self._lock(connection)
        connection.execute(_PRUNE, budget)
        self._live.add(mine.capture)
        self._claim(connection, mine.waiting_id, mine.remaining, mine.since, WAITER_ALIVE_S)
        row = connection.execute(_USAGE, {**budget, "release_s": self.limits.release_s}).one()
        usage = Usage(row.burst, row.poll, row.others, row.poll_late, row.others_late)
        if row.now < opens_at:
            return None, min((opens_at - row.now).total_seconds(), _LONGEST_NAP_S)
        claims = self._claims(connection)
        own = next(c for c in claims if c.capture == mine.capture and c.waiting)
        mine.since = mine.since or own.since
        if not has_room(own, claims, usage, self.limits):
            return None, self._nap(usage, row)
        if first_in_line(claims, usage, self.limits) != own:
            return None, _TURN_NAP_S
        return self._grant(connection, mine), 0.0

    def _lock(self, connection: Connection) -> datetime:
        opens_at = connection.execute(_LOCK, {"budget": self.name}).scalar()
        if opens_at is None:
            # The first request of a database's life: S3 may have captures of younger ones.
            connection.execute(
                _OPEN,
                {
                    "budget": self.name,
                    "newest": self.newest(),
                    "window_s": self.limits.window_s,
                },
            )
            opens_at = connection.execute(_LOCK, {"budget": self.name}).scalar_one()
        limits = {"per_window": self.limits.per_window, "window_s": self.limits.window_s}
        connection.execute(_NOTE, {"budget": self.name, **limits})
        assert isinstance(opens_at, datetime)
        return opens_at

    def _claim(
        self,
        connection: Connection,
        claim_id: str,
        reserved: int,
        since: datetime | None,
        alive_s: float,
    ) -> None:
        connection.execute(
            _CLAIM,
            {
                "claim_id": claim_id,
                "budget": self.name,
                "claimant": self.claimant,
                "reserved": reserved,
                "since": since,
                "alive_s": alive_s,
            },
        )

    def _claims(self, connection: Connection) -> list[Claim]:
        return [
            Claim(
                capture=row.claim_id.rpartition("/")[0],
                claimant=row.claimant,
                reserved=row.reserved,
                since=row.since,
                waiting=row.claim_id.endswith("/waiting"),
                last_grant=row.last_grant,
            )
            for row in connection.execute(_CLAIMS, {"budget": self.name})
        ]

    def _nap(self, usage: Usage, row: Row[Any]) -> float:
        """Until the next slot that could help, but short enough to notice other processes."""
        if usage.burst >= self.limits.per_second:
            return min(row.next_burst_s or _NAP_S, _NAP_S)
        events = [event for event in (row.next_slot_s, row.next_late_s) if event is not None]
        return min(max(min(events, default=_NAP_S), 0.0) + 0.001, _LONGEST_NAP_S)

    def _grant(self, connection: Connection, mine: Reservation) -> Slot:
        request_id = connection.execute(
            _GRANT,
            {
                "budget": self.name,
                "claimant": self.claimant,
                "timeout_s": self.timeout_s,
                "window_s": self.limits.window_s,
            },
        ).scalar_one()
        connection.execute(_UNCLAIM, {"claim_ids": [mine.waiting_id]})
        if mine.remaining > 1:
            self._claim(
                connection, mine.held_id, mine.remaining - 1, mine.since, RESERVATION_ALIVE_S
            )
        else:
            connection.execute(_UNCLAIM, {"claim_ids": [mine.held_id]})
        return Slot(int(request_id), time.monotonic() + self.timeout_s)


# All times are Postgres' own, read after the lock.
_LOCK = text("SELECT opens_at FROM budgets WHERE source = :budget FOR UPDATE")
_OPEN = query(__name__, "open_budget")
_NOTE = query(__name__, "note_budget")
_PRUNE = query(__name__, "prune")
# A claim keeps its place in the line however often it is renewed.
_CLAIM = query(__name__, "claim")
_UNCLAIM = text("DELETE FROM budget_claims WHERE claim_id = ANY(:claim_ids)")
_BEAT = query(__name__, "beat")
_USAGE = query(__name__, "usage")
_CLAIMS = query(__name__, "claims")
_GRANT = query(__name__, "grant")
# The budget's row is written only when the source begins or ends to respond with HTTP 429.
_DONE = query(__name__, "done")
