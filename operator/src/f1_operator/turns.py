"""Whose plan Job may run: a few at a time, the oldest Season first."""

import threading
from collections.abc import Iterable

from f1_operator.jobs import ObservedJob
from f1_operator.names import TASK_PLAN
from f1_operator.season import Season


class PlanTurns:
    """Turns for plan Jobs, by the Season's uid. Safe to share between threads.

    After a restart the Jobs that run have their turns: see `remember`.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._lock = threading.Lock()
        self._holders: set[str] = set()

    def remember(self, jobs: Iterable[ObservedJob]) -> None:
        """Give turns to the plan Jobs that run."""
        with self._lock:
            self._holders |= {job.season_uid for job in jobs if _runs(job)}

    def ask(self, season: Season, waiting: Iterable[Season]) -> bool:
        """Whether the Season's plan Job may run now; it keeps the turn until `release`.

        Args:
            season: whose.
            waiting: Seasons with a plan Job that waits for its turn; older ones go first.
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
        """Give a turn back; False: it had none."""
        with self._lock:
            had = uid in self._holders
            self._holders.discard(uid)
            return had

    def __len__(self) -> int:
        with self._lock:
            return len(self._holders)


def waiting_seasons(seasons: Iterable[Season], jobs: Iterable[ObservedJob]) -> list[Season]:
    """Seasons whose plan Job waits for its turn, oldest first."""
    waits = {
        job.season_uid
        for job in jobs
        if job.task == TASK_PLAN and job.suspended and not job.finished and not job.deleting
    }
    found = [one for one in seasons if one.metadata.uid in waits and not one.spec.suspend]
    return sorted(found, key=lambda one: one.seniority)


def _runs(job: ObservedJob) -> bool:
    return job.task == TASK_PLAN and not job.suspended and not job.finished and not job.deleting
