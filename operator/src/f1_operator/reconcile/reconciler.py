"""Reconciles one Season: observes it, decides, and carries out the decision."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import structlog

from f1_operator import metrics
from f1_operator.api.client import ApiUnreachable, SeasonApi
from f1_operator.api.progress import Progress
from f1_operator.jobs.failure_reasons import needs_reasons, read_reasons
from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.actions import Action, CreateJob, DeleteJob, PatchJob, SetFinalizers
from f1_operator.kube.cache import Cache
from f1_operator.kube.client import (
    Conflict,
    Kubernetes,
    KubernetesFailed,
    NamespaceTerminating,
    NotFound,
    Refused,
)
from f1_operator.names import MANAGER
from f1_operator.reconcile.decide import decide
from f1_operator.reconcile.observed import Decision, Observed
from f1_operator.reconcile.plan_slots import PlanSlots, waiting_seasons
from f1_operator.season.condition import READY
from f1_operator.season.events import Event, events_between
from f1_operator.season.resource import Season, Status
from f1_operator.settings import JobSettings, OperatorSettings

log = structlog.get_logger()
_JOB_NAME = "batch.kubernetes.io/job-name"


@dataclass
class _Memory:
    """State of a Season between reconciles; it may be lost at a restart."""

    reconciled_at: float = field(default_factory=time.monotonic)
    poll_s: float = 0.0
    unreachable_since: datetime | None = None
    namespace_terminating: bool = False
    reasons: dict[tuple[str, int], str] = field(default_factory=dict)


class Reconciler:
    """Reconciles Seasons. Safe to share between threads, one at a time for each Season.

    Args:
        wake: adds a Season to the queue, by its key.
        now: the time; a test may set it.
    """

    def __init__(
        self,
        cache: Cache,
        kubernetes: Kubernetes,
        api: SeasonApi,
        *,
        settings: OperatorSettings,
        jobs: JobSettings,
        wake: Callable[[str], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.cache = cache
        self.plan_slots = PlanSlots(settings.plans_at_once)
        self._kubernetes = kubernetes
        self._api = api
        self._settings = settings
        self._jobs = jobs
        self._wake = wake
        self._now = now
        self._lock = threading.Lock()
        self._memories: dict[str, _Memory] = {}

    def reconcile(self, key: str) -> float | None:
        """Reconcile the Season of that `namespace/name`.

        Returns:
            After how many seconds to reconcile again; None: when something changes.

        Raises:
            KubernetesFailed: a request failed; retry.
        """
        season = self.cache.season(key)
        if season is None:
            return None
        memory = self._memory(season)
        observed = self._observe(season, memory)
        decision = decide(observed)
        try:
            season = self._act(season, decision)
        except NamespaceTerminating:
            if not season.deleting:
                return None
            memory.namespace_terminating = True
            return 0.0
        except Refused as error:
            self._write(season, decide(replace(observed, refused=error.detail)).status)
            raise
        except (Conflict, NotFound):
            self._refresh_cache(season)
            return 0.0
        self._release_plan_slot(season, decision)
        return self._requeue_after(season, decision, memory, observed)

    def keep_only(self, seasons: list[Season]) -> None:
        """Drop the state of all other Seasons, which no longer exist."""
        existing = {one.metadata.uid for one in seasons}
        with self._lock:
            gone = [uid for uid in self._memories if uid not in existing]
            for uid in gone:
                del self._memories[uid]
        for uid in gone:
            if self.plan_slots.release(uid):
                self._wake_next()

    def reconciled(self, season: Season, at: float) -> None:
        """A reconcile of the Season ended, with or without success; for the liveness probe."""
        self._memory(season).reconciled_at = at

    def reconciled_at(self, season: Season) -> float:
        """When the last reconcile ended, or when the Season was first seen."""
        return self._memory(season).reconciled_at

    # --- observing -------------------------------------------------------------------------------

    def _memory(self, season: Season) -> _Memory:
        with self._lock:
            return self._memories.setdefault(season.metadata.uid, _Memory())

    def _observe(self, season: Season, memory: _Memory) -> Observed:
        now = self._now().replace(microsecond=0)
        jobs = self.cache.jobs_of(season)
        rival = self.cache.rival_of(season)
        self._read_failure_reasons(season, jobs, memory, now)
        progress, problem = None, None
        if not season.deleting and rival is None:
            progress, problem = self._request_progress(season, memory, now)
        return Observed(
            season=season,
            now=now,
            job_settings=self._jobs,
            jobs=jobs,
            progress=progress,
            api_problem=problem,
            rival=rival,
            plan_slot=lambda: self.plan_slots.acquire(season, self._waiting()),
            reasons=memory.reasons,
            operator_namespace=self._settings.namespace,
            namespace_terminating=memory.namespace_terminating,
        )

    def _request_progress(
        self, season: Season, memory: _Memory, now: datetime
    ) -> tuple[Progress | None, str | None]:
        try:
            progress = self._api.progress(season)
        except ApiUnreachable as error:
            memory.unreachable_since = memory.unreachable_since or now
            unreachable_s = (now - memory.unreachable_since).total_seconds()
            log.warning("API request failed", season=season.key, error=str(error))
            # A short outage does not change conditions; a new Season needs its first ones.
            has_conditions = season.status.condition(READY) is not None
            patient = has_conditions and unreachable_s < self._settings.api_patience_s
            return None, None if patient else str(error)
        memory.unreachable_since = None
        return progress, None

    def _read_failure_reasons(
        self, season: Season, jobs: tuple[ObservedJob, ...], memory: _Memory, now: datetime
    ) -> None:
        names = {job.name for job in jobs}
        memory.reasons = {key: why for key, why in memory.reasons.items() if key[0] in names}
        reported = season.status.rounds.failures if season.status.rounds else ()
        known = memory.reasons.keys() | {(one.job, one.round) for one in reported}
        for job in jobs:
            if needs_reasons(job, known, now):
                pods = self._kubernetes.pods_of(job.namespace, f"{_JOB_NAME}={job.name}")
                memory.reasons |= read_reasons(job, pods)

    def _refresh_cache(self, season: Season) -> None:
        try:
            self.cache.wrote(Season.read(self._kubernetes.get_season(season)))
        except NotFound:
            self.cache.lost(season)

    # --- acting ----------------------------------------------------------------------------------

    def _act(self, season: Season, decision: Decision) -> Season:
        for action in decision.actions:
            season = self._do(season, action)
        return season if _is_gone(season, decision) else self._write(season, decision.status)

    def _write(self, season: Season, status: Status) -> Season:
        before = season.status
        if status != before:
            body = self._kubernetes.set_status(season, status)
            season = Season.read(body)
            self.cache.wrote(season)
            for event in events_between(before, status):
                self._post(season, event)
        return season

    def _do(self, season: Season, action: Action) -> Season:
        match action:
            case CreateJob():
                body = self._kubernetes.create_job(action)
                self.cache.wrote(ObservedJob.read(body))
                log.info("created", season=season.key, job=body["metadata"]["name"])
                if action.why:
                    self._post(season, Event("Normal", "JobCreated", action.why))
            case DeleteJob(job=job):
                body = self._kubernetes.delete_job(action)
                if body is None:
                    self.cache.lost(job)
                else:
                    self.cache.wrote(ObservedJob.read(body))
                log.info("deleted", season=season.key, job=job.name, why=action.why)
                if action.why:
                    message = f"deleted Job {job.name}: {action.why}"
                    self._post(season, Event("Normal", "JobDeleted", message))
            case PatchJob(job=job, suspend=suspend, parallelism=parallelism):
                body = self._kubernetes.patch_job(action)
                if body is None:
                    self.cache.lost(job)
                    return season
                self.cache.wrote(ObservedJob.read(body))
                patched = {"suspend": suspend, "parallelism": parallelism}
                log.info("patched", season=season.key, job=job.name, **patched)
            case SetFinalizers():
                season = self._set_finalizers(season, action)
        return season

    def _set_finalizers(self, season: Season, action: SetFinalizers) -> Season:
        changed = Season.read(self._kubernetes.set_finalizers(season, action))
        log.info("finalizers", season=season.key, now=list(action.finalizers))
        if changed.deleting and not changed.metadata.finalizers:
            self.cache.lost(changed)
        else:
            self.cache.wrote(changed)
        if action.event is not None:
            self._post(season, action.event)
        return changed

    def _post(self, season: Season, event: Event) -> None:
        now = self._now().strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            self._kubernetes.post_event(season, event, MANAGER, now)
        except KubernetesFailed as error:
            # Events are optional, and a terminating namespace accepts none.
            log.warning("could not post an event", season=season.key, error=str(error))

    # --- plan slots and requeueing ---------------------------------------------------------------

    def _waiting(self) -> list[Season]:
        return waiting_seasons(self.cache.seasons(), self.cache.jobs())

    def _release_plan_slot(self, season: Season, decision: Decision) -> None:
        if not decision.planning and self.plan_slots.release(season.metadata.uid):
            self._wake_next()
        metrics.plans.set(len(self.plan_slots))

    def _wake_next(self) -> None:
        for season in self._waiting()[: self._settings.plans_at_once]:
            self._wake(season.key)

    def _requeue_after(
        self, season: Season, decision: Decision, memory: _Memory, observed: Observed
    ) -> float | None:
        """Poll often while something changes, more rarely while nothing does."""
        if not decision.at_work:
            memory.poll_s = 0.0
            return _until(season.status.next_refresh, observed.now)
        changed = bool(decision.actions) or season.status != observed.season.status
        slowest = self._settings.poll_max_s
        first = self._settings.poll_s
        memory.poll_s = first if changed or not memory.poll_s else min(memory.poll_s * 1.5, slowest)
        return memory.poll_s


def _is_gone(season: Season, decision: Decision) -> bool:
    """Whether the actions ended the Season: there is no status left to write."""
    released = any(isinstance(action, SetFinalizers) for action in decision.actions)
    return season.deleting and (released or not season.metadata.finalizers)


def _until(time: datetime | None, now: datetime) -> float | None:
    return None if time is None else max((time - now).total_seconds(), 1.0)
