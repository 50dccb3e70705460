"""Seasons and Jobs as last seen in watches, in responses to our writes, and in full lists.

A watch may stop delivering while its connection stays open, and a change during a reconnect is
lost. Full lists correct what was missed, and show whether a watch is blind.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from f1_operator.jobs.observed import ObservedJob
from f1_operator.season.resource import Season

Item = Season | ObservedJob
_MAX_REMOVED = 5000


class Blind(NamedTuple):
    """A change that two successive full lists have, and no watch delivered."""

    kind: str
    name: str


class _Table:
    """Objects of one kind by uid, the newest version of each."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.objects: dict[str, Any] = {}
        self.watched: dict[str, int] = {}
        self.removed: dict[str, None] = {}
        self.unseen: dict[str, int] = {}

    def put(self, uid: str, version: int, item: Any) -> bool:
        """Store it; False if it is not newer than what is stored."""
        known = self.objects.get(uid)
        if uid in self.removed or (known is not None and _version(known) >= version):
            return False
        self.objects[uid] = item
        return True

    def remove(self, uid: str) -> None:
        """Remove it, and ignore late versions of it: a uid is never used again."""
        self.objects.pop(uid, None)
        self.watched.pop(uid, None)
        self.unseen.pop(uid, None)
        self.removed[uid] = None
        while len(self.removed) > _MAX_REMOVED:
            del self.removed[next(iter(self.removed))]

    def delivered(self, uid: str, version: int) -> None:
        """Record that the watch delivered this version."""
        self.watched[uid] = max(version, self.watched.get(uid, 0))

    def replace(self, items: dict[str, Any], version: int) -> list[Blind]:
        """Replace all objects by a list at `version`; returns changes that the watch missed."""
        blind = [
            Blind(self.kind, _name(items[uid]))
            for uid, seen in self.unseen.items()
            if uid in items and self.watched.get(uid, 0) < seen
        ]
        for uid in [uid for uid, item in self.objects.items() if _version(item) <= version]:
            if uid not in items:
                self.remove(uid)
        for uid, item in items.items():
            self.put(uid, _version(item), item)
        self.unseen = {
            uid: _version(item)
            for uid, item in items.items()
            if self.watched.get(uid, 0) < _version(item)
        }
        return blind


class Cache:
    """Seasons and the operator's Jobs. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tables: dict[type, _Table] = {Season: _Table("Season"), ObservedJob: _Table("Job")}

    # --- writing ---------------------------------------------------------------------------------

    def observe(self, item: Item, *, deleted: bool) -> bool:
        """Record what a watch delivered; False if it is not new, such as our own write."""
        table = self._tables[type(item)]
        with self._lock:
            if deleted:
                table.remove(_uid(item))
                return True
            table.delivered(_uid(item), _version(item))
            return table.put(_uid(item), _version(item), item)

    def wrote(self, item: Item) -> None:
        """Record the response to a write or a read."""
        with self._lock:
            self._tables[type(item)].put(_uid(item), _version(item), item)

    def lost(self, item: Item) -> None:
        """Record a response that it does not exist."""
        with self._lock:
            self._tables[type(item)].remove(_uid(item))

    def replace(self, kind: type[Item], items: Iterable[Item], version: int) -> list[Blind]:
        """Replace all of a kind by a full list with its resource version."""
        with self._lock:
            return self._tables[kind].replace({_uid(item): item for item in items}, version)

    # --- reading ---------------------------------------------------------------------------------

    def seasons(self) -> list[Season]:
        """All Seasons."""
        with self._lock:
            return list(self._tables[Season].objects.values())

    def count(self, phase: str) -> int:
        """The number of Seasons in a phase."""
        return sum(1 for one in self.seasons() if one.status.phase == phase)

    def season(self, key: str) -> Season | None:
        """The Season of that `namespace/name`: the newer of two, since the older was deleted."""
        found = [one for one in self.seasons() if one.key == key]
        return max(found, key=lambda one: one.seniority, default=None)

    def jobs(self) -> list[ObservedJob]:
        """All Jobs."""
        with self._lock:
            return list(self._tables[ObservedJob].objects.values())

    def jobs_of(self, season: Season) -> tuple[ObservedJob, ...]:
        """A Season's Jobs."""
        return tuple(job for job in self.jobs() if job.season_uid == season.metadata.uid)

    def rival_of(self, season: Season) -> Season | None:
        """The Season that owns the same year; None if this one does."""
        years: dict[int, list[Season]] = defaultdict(list)
        for one in self.seasons():
            years[one.spec.year].append(one)
        owner = min(years[season.spec.year], key=lambda one: one.seniority, default=season)
        return None if owner.metadata.uid == season.metadata.uid else owner


def _uid(item: Item) -> str:
    return item.metadata.uid if isinstance(item, Season) else item.uid


def _version(item: Item) -> int:
    metadata = item.metadata if isinstance(item, Season) else item
    return int(metadata.resource_version)


def _name(item: Item) -> str:
    return item.key if isinstance(item, Season) else f"{item.namespace}/{item.name}"
