"""Lists all Seasons and Jobs every few minutes, and so corrects what watches missed."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import structlog

from f1_core.retry import backoff
from f1_operator import metrics
from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.cache import Blind, Cache
from f1_operator.kube.client import Kubernetes, KubernetesFailed
from f1_operator.kube.objects import read_job, read_season
from f1_operator.kube.workqueue import WorkQueue
from f1_operator.reconcile.namespace_termination import stop_jobs_of_terminating_namespaces
from f1_operator.reconcile.reconciler import Reconciler
from f1_operator.season.resource import Season

log = structlog.get_logger()
_RETRY_MAX_S = 15.0


class Resync:
    """Lists all Seasons and Jobs periodically, and adds each Season to the queue.

    Attributes:
        at: when the last full list succeeded, by `time.monotonic`; None: not yet.
        blind: changes that a watch should have delivered before that list.
    """

    def __init__(
        self,
        kubernetes: Kubernetes,
        cache: Cache,
        reconciler: Reconciler,
        queue: WorkQueue,
        *,
        namespaces: Sequence[str],
        every_s: float,
    ) -> None:
        self._kubernetes = kubernetes
        self._cache = cache
        self._reconciler = reconciler
        self._queue = queue
        self._namespaces: tuple[str | None, ...] = tuple(namespaces) or (None,)
        self._every_s = every_s
        self.at: float | None = None
        self.blind: list[Blind] = []

    def run(self, stop: threading.Event) -> None:
        """List periodically until `stop`."""
        pauses = backoff(1.0, _RETRY_MAX_S)
        while not stop.is_set():
            try:
                self.once()
            except KubernetesFailed as error:
                retry_s = next(pauses)
                log.warning("could not list Seasons and Jobs", error=str(error), again_s=retry_s)
                stop.wait(retry_s)
                continue
            except Exception:
                # The thread must not end: nothing else corrects what a watch missed.
                log.exception("unexpected error in the full list; retrying", again_s=_RETRY_MAX_S)
                stop.wait(_RETRY_MAX_S)
                continue
            pauses = backoff(1.0, _RETRY_MAX_S)
            stop.wait(self._every_s)

    def once(self) -> None:
        """List once.

        Raises:
            KubernetesFailed: a list failed.
        """
        seasons, seasons_version = self._list(self._kubernetes.list_seasons)
        bodies, jobs_version = self._list(self._kubernetes.list_jobs)
        readable = [season for season in map(read_season, seasons) if season is not None]
        jobs = [job for job in map(read_job, bodies) if job is not None]
        blind = self._cache.replace(Season, readable, seasons_version)
        blind += self._cache.replace(ObservedJob, jobs, jobs_version)
        if blind:
            log.error("a watch is blind", missed=[f"{one.kind} {one.name}" for one in blind[:5]])
        self.blind = blind
        if self.at is None:
            self._reconciler.plan_slots.restore(jobs)
        self._reconciler.keep_only(readable)
        stop_jobs_of_terminating_namespaces(self._kubernetes, jobs)
        for season in readable:
            self._queue.add(season.key)
        self.at = time.monotonic()
        metrics.resync.set_to_current_time()

    def _list(self, list_in: Any) -> tuple[list[Any], int]:
        lists = [list_in(namespace) for namespace in self._namespaces]
        items = [item for listed in lists for item in listed[0]]
        # The watch delivers what is newer than the oldest of the lists.
        return items, min(listed[1] for listed in lists)
