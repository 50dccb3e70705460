"""Fetch leases: one process at a time fetches one resource, and a dead one's is taken over."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from f1_core.postgres import database
from f1_core.postgres.queries import query
from f1_core.program.supervision import Supervised
from f1_ingest.errors import LeaseLost

log = structlog.get_logger()

_TAKE = query(__name__, "take_lease")
_EXTEND = query(__name__, "extend_leases")
_HELD = query(__name__, "lease_is_held")
_RELEASE = text("DELETE FROM fetch_leases WHERE owner = :owner")


@dataclass(frozen=True)
class Lease:
    """What is leased; season and round are 0 where there is none."""

    source: str
    season: int
    round: int
    resource: str


@dataclass(frozen=True)
class Leases:
    """The leases of one run; `owner` is unique to it."""

    engine: Engine
    owner: str
    lease_s: float

    def take(self, lease: Lease) -> bool:
        """Take a lease that is free or has expired; False: another process is at it."""
        parameters = {**vars(lease), "owner": self.owner, "lease_s": self.lease_s}
        return database.transaction(
            self.engine, lambda c: c.execute(_TAKE, parameters).scalar() is not None
        )

    def confirm(self, connection: Connection, lease: Lease) -> None:
        """Make sure, until the transaction ends, that the lease is still ours.

        Raises:
            LeaseLost: this process was silent for too long.
        """
        parameters = {**vars(lease), "owner": self.owner}
        if connection.execute(_HELD, parameters).scalar() is None:
            raise LeaseLost(f"the fetch of {lease.resource} was taken over by another process")

    def release(self) -> None:
        """Give back whatever this run holds."""
        owner = {"owner": self.owner}
        # Not long: they expire by themselves.
        database.transaction(self.engine, lambda c: c.execute(_RELEASE, owner), patience_s=2)

    def beat(self, connection: Connection) -> None:
        """Extend them."""
        connection.execute(_EXTEND, {"owner": self.owner, "lease_s": self.lease_s})


class Heart:
    """A thread that says every `period_s` seconds that this process lives.

    If the database is away, so is everybody else's view of us: the beat is tried again, and what
    expired meanwhile is found out by :meth:`Leases.confirm`.
    """

    def __init__(
        self, engine: Engine, beats: list[Callable[[Connection], None]], period_s: float
    ) -> None:
        self._engine = engine
        self._beats = beats
        self._period_s = period_s
        self._end = threading.Event()
        self._thread = Supervised("heart", self._run, self._end, longest_pause_s=period_s)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Stop within moments."""
        self._end.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._end.wait(self._period_s):
            began = time.monotonic()
            try:
                with self._engine.begin() as connection:
                    for beat in self._beats:
                        beat(connection)
            except SQLAlchemyError as error:
                log.warning("could not extend the leases", error=str(error).splitlines()[0])
            if (late := time.monotonic() - began) > self._period_s:
                log.warning("extending the leases took long", seconds=round(late, 1))
