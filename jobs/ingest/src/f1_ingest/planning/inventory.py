"""The existing captures of a season from one source, and which captures are due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from f1_core.ledger.resolution import CONFIRMED_AFTER
from f1_core.postgres.queries import query
from f1_ingest.sources.protocol import Target

_AHEAD = timedelta(days=1)
_CONFIRMABLE_AFTER = CONFIRMED_AFTER + timedelta(minutes=5)
"""After this time, a second capture can confirm a held one."""

# Captures from before a purge of the season do not count. Quarantined captures do not count,
# either, dismissed or not, since another request may have a better response.
_CAPTURES_OF_SEASON = query(__name__, "captures_of_season")


@dataclass(frozen=True)
class LatestCapture:
    """The newest capture of a resource.

    Attributes:
        expected: number of rows according to the source; None for captures
            that a sweep found and no worker has read.
    """

    fetched_at: datetime
    state: str
    expected: int | None


@dataclass(frozen=True)
class Inventory:
    """The newest captures: by race id and resource if a worker has assigned them to a race,
    otherwise by round and resource, since a round may be another race by now.
    """

    placed: Mapping[tuple[str, str], LatestCapture]
    waiting: Mapping[tuple[int, str], LatestCapture]

    def of(self, target: Target) -> LatestCapture | None:
        """The newest capture of a target."""
        placed = self.placed.get((target.race.race_id if target.race else "", target.resource))
        waiting = self.waiting.get((target.round or 0, target.resource))
        if placed and waiting:
            return max(placed, waiting, key=lambda latest: latest.fetched_at)
        return placed or waiting

    def lacks(self, target: Target, now: datetime, since: datetime | None = None) -> bool:
        """Whether a capture is due.

        Args:
            since: a capture from before this is not enough; None: any is.
        """
        latest = self.of(target)
        if latest is None or (since is not None and latest.fetched_at < since):
            return True
        if since is not None and latest.fetched_at - now > _AHEAD:
            return True  # a time in the future: do not wait until then
        return latest.state == "held" and now - latest.fetched_at > _CONFIRMABLE_AFTER


def read_inventory(connection: Connection, source: str, season: int) -> Inventory:
    """Read the ledger."""
    placed: dict[tuple[str, str], LatestCapture] = {}
    waiting: dict[tuple[int, str], LatestCapture] = {}
    for row in connection.execute(_CAPTURES_OF_SEASON, {"source": source, "season": season}):
        latest = LatestCapture(row.fetched_at, row.state, row.expected)
        if row.race_ids:
            for race_id in row.race_ids:
                placed[race_id, row.resource] = latest
        else:
            waiting[row.round or 0, row.resource] = latest
    return Inventory(placed, waiting)
