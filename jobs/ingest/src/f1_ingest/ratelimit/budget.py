"""The request budget of a source, shared by all processes in Postgres, by its clock.

A request takes a slot before it is sent. The slot counts from its grant until one window after its
*completion*, so that the server, which counts arrivals, never receives more than the limit, however
long a request takes to arrive. A killed process's slot counts until grant + time-out + window.

A decision locks the budget's row for a few milliseconds; waiting holds no transaction.
Without a database there is no slot, and so no request.

`budgets` has one row per budget, which is locked during a decision; `budget_requests` one for each
request that counts; `budget_claims` the waiting captures (`.../waiting`) and the reservations of
half-read captures (`.../held`).
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
"""A waiting claim that is not renewed for this long is skipped; it keeps its place."""
RESERVATION_ALIVE_S = 15.0
"""The same for a reservation; its process extends it every few seconds (:meth:`beat`)."""
DATABASE_PATIENCE_S = 60.0
"""How long the database may be unavailable before the command fails."""
LEAVING_PATIENCE_S = 2.0
"""The same for the release of claims, which also expire by themselves."""
_LONGEST_PAUSE_S = 2.0
_PAUSE_S = 0.25
_TURN_PAUSE_S = 0.05
_LOG_EVERY_S = 60.0


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
    """One capture's place in the queue. Set `remaining` before each request: the remaining pages,
    including this one; 0 until the first page was read. Leaving the context releases the rest.
    """

    budget: "Budget"
    capture: str
    since: datetime | None = None
    remaining: int = 0

    @property
    def waiting_id(self) -> str:
        """The id of the claim that waits for a request."""
        return f"{self.capture}/waiting"

    @property
    def held_id(self) -> str:
        """The id of the claim that reserves the remaining pages."""
        return f"{self.capture}/held"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.budget.release(self)


@dataclass
class Budget:
    """One process's access to the budget of one source.

    Attributes:
        name: of the budget; sources on one host share one.
        claimant: `poll`, or the season that takes turns with others.
        owner: unique to this process's run.
        timeout_s: maximum duration of a request.
        newest: time of the newest capture; read once, for a new budget.
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
        """A place in the queue, for one capture."""
        return Reservation(self, f"{self.owner}/{next(self._captures)}")

    def spend(self, reservation: Reservation) -> Slot:
        """Wait for a slot, however long it takes; call :meth:`done` after the response.

        Raises:
            Stopped: by a signal while waiting.
            sqlalchemy.exc.DBAPIError: there is no database, so no request may be sent.
        """
        started = logged = time.monotonic()
        while True:
            self.stop.check()
            slot, pause = database.transaction(
                self.engine, lambda c: self._try(c, reservation), patience_s=DATABASE_PATIENCE_S
            )
            if slot is not None:
                self.waited_s += time.monotonic() - started
                return slot
            if time.monotonic() - logged > _LOG_EVERY_S:
                logged = time.monotonic()
                log.info(
                    "waiting for the request budget",
                    budget=self.name,
                    waited_s=round(logged - started),
                )
            self.stop.wait(pause)

    def done(self, slot: Slot, *, limited: bool | None = None) -> None:
        """Record the end of a request: its slot counts for one more window.

        Args:
            limited: whether the response was HTTP 429; None: there was no response.
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

    def release(self, reservation: Reservation) -> None:
        """Delete a capture's claims."""
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

    def _try(self, connection: Connection, place: Reservation) -> tuple[Slot | None, float]:
        """A slot, or how long to wait before another attempt."""
        budget = {"budget": self.name}
        opens_at = self._lock(connection)
        connection.execute(_PRUNE, budget)
        self._live.add(place.capture)
        self._claim(connection, place.waiting_id, place.remaining, place.since, WAITER_ALIVE_S)
        row = connection.execute(_USAGE, {**budget, "release_s": self.limits.release_s}).one()
        usage = Usage(row.burst, row.poll, row.others, row.poll_late, row.others_late)
        if row.now < opens_at:
            return None, min((opens_at - row.now).total_seconds(), _LONGEST_PAUSE_S)
        claims = self._claims(connection)
        own = next(c for c in claims if c.capture == place.capture and c.waiting)
        place.since = place.since or own.since
        if not has_room(own, claims, usage, self.limits):
            return None, self._pause(usage, row)
        if first_in_line(claims, usage, self.limits) != own:
            return None, _TURN_PAUSE_S
        return self._grant(connection, place), 0.0

    def _lock(self, connection: Connection) -> datetime:
        opens_at = connection.execute(_LOCK, {"budget": self.name}).scalar()
        if opens_at is None:
            # The first request of a new database: S3 may have more recent captures.
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
        connection.execute(_RECORD_LIMITS, {"budget": self.name, **limits})
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

    def _pause(self, usage: Usage, row: Row[Any]) -> float:
        """Until the next usable slot, but short enough to react to other processes."""
        if usage.burst >= self.limits.per_second:
            return min(row.next_burst_s or _PAUSE_S, _PAUSE_S)
        events = [event for event in (row.next_slot_s, row.next_late_s) if event is not None]
        return min(max(min(events, default=_PAUSE_S), 0.0) + 0.001, _LONGEST_PAUSE_S)

    def _grant(self, connection: Connection, place: Reservation) -> Slot:
        request_id = connection.execute(
            _GRANT,
            {
                "budget": self.name,
                "claimant": self.claimant,
                "timeout_s": self.timeout_s,
                "window_s": self.limits.window_s,
            },
        ).scalar_one()
        connection.execute(_UNCLAIM, {"claim_ids": [place.waiting_id]})
        if place.remaining > 1:
            self._claim(
                connection, place.held_id, place.remaining - 1, place.since, RESERVATION_ALIVE_S
            )
        else:
            connection.execute(_UNCLAIM, {"claim_ids": [place.held_id]})
        return Slot(int(request_id), time.monotonic() + self.timeout_s)


# All times are from Postgres' clock, read after the lock.
_LOCK = text("SELECT opens_at FROM budgets WHERE source = :budget FOR UPDATE")
_OPEN = query(__name__, "open_budget")
_RECORD_LIMITS = query(__name__, "record_limits")
_PRUNE = query(__name__, "prune")
# A claim keeps its place in the queue when it is renewed.
_CLAIM = query(__name__, "claim")
_UNCLAIM = text("DELETE FROM budget_claims WHERE claim_id = ANY(:claim_ids)")
_BEAT = query(__name__, "beat")
_USAGE = query(__name__, "usage")
_CLAIMS = query(__name__, "claims")
_GRANT = query(__name__, "grant")
# The budget's row is written only when the source begins or ends to respond with HTTP 429.
_DONE = query(__name__, "done")
