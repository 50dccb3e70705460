"""Plan slots: only some plan Jobs run at a time, the oldest Seasons first."""

import threading
from collections.abc import Iterable

from f1_operator.jobs.observed import ObservedJob
from f1_operator.names import TASK_PLAN
from f1_operator.season.resource import Season


class PlanSlots:
    """Slots for plan Jobs, held by a Season's uid. Safe to share between threads.

    After a restart, `restore` gives slots to running Jobs.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._lock = threading.Lock()
        self._holders: set[str] = set()

    def restore(self, jobs: Iterable[ObservedJob]) -> None:
        """Give a slot to each running plan Job."""
        with self._lock:
            self._holders |= {job.season_uid for job in jobs if _runs(job)}

    def acquire(self, season: Season, waiting: Iterable[Season]) -> bool:
        """Take a slot for the Season's plan Job, until `release`; False: none is free.

        Args:
            season: the Season.
            waiting: Seasons whose plan Job waits for a slot; older ones go first.
        """
        uid = season.metadata.uid
        with self._lock:
            if uid in self._holders:
                return True
            free = self._at_once - len(self._holders)
            older = sum(1 for one in waiting if one.seniority < season.seniority)
            if older >= free:
                return False
            self._holders.add(uid)
            return True

    def release(self, uid: str) -> bool:
        """Release a slot; False: it held none."""
        with self._lock:
            had = uid in self._holders
            self._holders.discard(uid)
            return had

    def __len__(self) -> int:
        with self._lock:
            return len(self._holders)


def waiting_seasons(seasons: Iterable[Season], jobs: Iterable[ObservedJob]) -> list[Season]:
    """Seasons whose plan Job waits for a slot, oldest first."""
    waits = {
        job.season_uid
        for job in jobs
        if job.task == TASK_PLAN and job.suspended and not job.finished and not job.deleting
    }
    found = [one for one in seasons if one.metadata.uid in waits and not one.spec.suspend]
    return sorted(found, key=lambda one: one.seniority)


def _runs(job: ObservedJob) -> bool:
    return job.task == TASK_PLAN and not job.suspended and not job.finished and not job.deleting
