"""What the ledger has of a season from one source, and what is due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from f1_core.ledger.resolution import CONFIRMED_AFTER
from f1_core.postgres.queries import query
from f1_ingest.sources.protocol import Wanted

_AHEAD = timedelta(days=1)
_HELD_FOR = CONFIRMED_AFTER + timedelta(minutes=5)
"""A held capture needs a second one, later than this."""

# What was captured before a purge of the season is as if it had never been. A capture that was
# quarantined does not count, dismissed or not: a further request may give a better one.
_CAPTURES = query(__name__, "captures_of_season")


@dataclass(frozen=True)
class Newest:
    """The newest capture of a resource.

    Attributes:
        expected: rows that the source promised; None for captures
            that a sweep found and no worker has read.
    """

    fetched_at: datetime
    state: str
    expected: int | None


@dataclass(frozen=True)
class Inventory:
    """The newest captures, by race id and resource where a worker has placed them, by round and
    resource where none has yet: a round may be another race by now.
    """

    placed: Mapping[tuple[str, str], Newest]
    waiting: Mapping[tuple[int, str], Newest]

    def of(self, wanted: Wanted) -> Newest | None:
        """The newest capture of what is wanted."""
        placed = self.placed.get((wanted.race.race_id if wanted.race else "", wanted.resource))
        waiting = self.waiting.get((wanted.round or 0, wanted.resource))
        if placed and waiting:
            return max(placed, waiting, key=lambda one: one.fetched_at)
        return placed or waiting

    def lacks(self, wanted: Wanted, now: datetime, since: datetime | None = None) -> bool:
        """Whether a capture is due.

        Args:
            since: one fetched before this is not enough; None: any will do.
        """
        newest = self.of(wanted)
        if newest is None or (since is not None and newest.fetched_at < since):
            return True
        if since is not None and newest.fetched_at - now > _AHEAD:
            return True  # of a time to come: no reason to wait until then
        return newest.state == "held" and now - newest.fetched_at > _HELD_FOR


def read_inventory(connection: Connection, source: str, season: int) -> Inventory:
    """Read the ledger."""
    placed: dict[tuple[str, str], Newest] = {}
    waiting: dict[tuple[int, str], Newest] = {}
    for row in connection.execute(_CAPTURES, {"source": source, "season": season}):
        newest = Newest(row.fetched_at, row.state, row.expected)
        if row.race_ids:
            for race_id in row.race_ids:
                placed[race_id, row.resource] = newest
        else:
            waiting[row.round or 0, row.resource] = newest
    return Inventory(placed, waiting)
