"""Fetch leases: one process at a time fetches a resource; a dead process's lease is taken over."""

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from f1_core.postgres import database
from f1_core.postgres.queries import query
from f1_ingest.errors import LeaseLost

_TAKE = query(__name__, "take_lease")
_EXTEND = query(__name__, "extend_leases")
_HELD = query(__name__, "lease_is_held")
_RELEASE = text("DELETE FROM fetch_leases WHERE owner = :owner")


@dataclass(frozen=True)
class Lease:
    """The right to fetch a resource; season and round are 0 if there is none."""

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
        """Take a lease that is free or has expired; False: another process has it."""
        parameters = {**vars(lease), "owner": self.owner, "lease_s": self.lease_s}
        return database.transaction(
            self.engine, lambda c: c.execute(_TAKE, parameters).scalar() is not None
        )

    def confirm(self, connection: Connection, lease: Lease) -> None:
        """Make sure that this process holds the lease until the transaction ends.

        Raises:
            LeaseLost: this process did not extend it in time.
        """
        parameters = {**vars(lease), "owner": self.owner}
        if connection.execute(_HELD, parameters).scalar() is None:
            raise LeaseLost(f"the fetch of {lease.resource} was taken over by another process")

    def release(self) -> None:
        """Release all leases of this run."""
        owner = {"owner": self.owner}
        # With a short patience, since they expire by themselves.
        database.transaction(self.engine, lambda c: c.execute(_RELEASE, owner), patience_s=2)

    def beat(self, connection: Connection) -> None:
        """Extend all leases of this run."""
        connection.execute(_EXTEND, {"owner": self.owner, "lease_s": self.lease_s})
