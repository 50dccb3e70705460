"""Sees every Season at least every few minutes, whatever the watches missed."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import msgspec
import structlog

from f1_operator import metrics
from f1_operator.cache import Blind, Cache
from f1_operator.controller import Controller
from f1_operator.dying import stop_jobs_of_dying_namespaces
from f1_operator.jobs import ObservedJob
from f1_operator.kubernetes_api import Kubernetes, KubernetesFailed
from f1_operator.season import Season
from f1_operator.workqueue import WorkQueue

log = structlog.get_logger()
_FIRST_RETRY_S = 1.0
_RETRY_MAX_S = 15.0


class Resync:
    """Lists all Seasons and Jobs again and again, and asks for a look at each Season.

    Attributes:
        at: when the last full list came, by `time.monotonic`; None: none came yet.
        blind: changes that a watch should have told before it.
    """

    def __init__(
        self,
        kubernetes: Kubernetes,
        cache: Cache,
        controller: Controller,
        queue: WorkQueue,
        *,
        namespaces: Sequence[str],
        every_s: float,
    ) -> None:
        self._kubernetes = kubernetes
        self._cache = cache
        self._controller = controller
        self._queue = queue
        self._namespaces: tuple[str | None, ...] = tuple(namespaces) or (None,)
        self._every_s = every_s
        self.at: float | None = None
        self.blind: list[Blind] = []

    def run(self, stop: threading.Event) -> None:
        """Do it until told to stop."""
        retry_s = _FIRST_RETRY_S
        while not stop.is_set():
            try:
                self.once()
            except KubernetesFailed as error:
                log.warning("could not list Seasons and Jobs", error=str(error), again_s=retry_s)
                stop.wait(retry_s)
                retry_s = min(retry_s * 2, _RETRY_MAX_S)
                continue
            except Exception:
                # The thread must not end: nothing else sees what a watch missed.
                log.exception("a bug in the full list; tried again", again_s=_RETRY_MAX_S)
                stop.wait(_RETRY_MAX_S)
                continue
            retry_s = _FIRST_RETRY_S
            stop.wait(self._every_s)

    def once(self) -> None:
        """One full list.

        Raises:
            KubernetesFailed: it did not come.
        """
        seasons, seasons_version = self._list(self._kubernetes.list_seasons)
        jobs, jobs_version = self._list(self._kubernetes.list_jobs)
        readable = [season for season in map(read_season, seasons) if season is not None]
        observed = [job for job in map(read_job, jobs) if job is not None]
        blind = self._cache.replace_seasons(readable, seasons_version)
        blind += self._cache.replace_jobs(observed, jobs_version)
        if blind:
            log.error("a watch is blind", missed=[f"{one.kind} {one.name}" for one in blind[:5]])
        self.blind = blind
        if self.at is None:
            self._controller.turns.remember(observed)
        self._controller.forget_all_but(readable)
        stop_jobs_of_dying_namespaces(self._kubernetes, observed)
        for season in readable:
            self._queue.add(season.key)
        self.at = time.monotonic()
        metrics.resync.set_to_current_time()

    def _list(self, ask: Any) -> tuple[list[Any], int]:
        answers = [ask(namespace) for namespace in self._namespaces]
        items = [item for answer in answers for item in answer[0]]
        # What is newer than the oldest of the lists is left to the watch.
        return items, min(answer[1] for answer in answers)


def read_season(body: Any) -> Season | None:
    """A Season; None, and a line in the log, if the CRD in the cluster is not ours."""
    try:
        return Season.read(body)
    except msgspec.ValidationError as error:
        metadata = body.get("metadata", {})
        name = f"{metadata.get('namespace')}/{metadata.get('name')}"
        log.warning("a Season cannot be read: is the CRD another?", name=name, error=str(error))
        return None


def read_job(body: Any) -> ObservedJob | None:
    """A Job of ours; None if it only looks like one."""
    try:
        return ObservedJob.read(body)
    except (KeyError, ValueError, TypeError) as error:
        name = body.get("metadata", {}).get("name")
        log.warning("a Job with our label is not ours", job=name, error=str(error))
        return None
