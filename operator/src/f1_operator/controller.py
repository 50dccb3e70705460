"""Looks at one Season: reads what is, decides, and does it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import structlog

from f1_operator import metrics
from f1_operator.actions import Action, CreateJob, DeleteJob, PatchJob, SetFinalizers
from f1_operator.api_client import ApiUnreachable, SeasonApi
from f1_operator.cache import Cache
from f1_operator.conditions import READY
from f1_operator.decide import decide
from f1_operator.events import Event, told_by
from f1_operator.jobs import ObservedJob
from f1_operator.kubernetes_api import (
    Conflict,
    Kubernetes,
    KubernetesFailed,
    NamespaceGoing,
    NotThere,
    Refused,
)
from f1_operator.names import MANAGER
from f1_operator.progress import Progress
from f1_operator.reasons import needs_reasons, read_reasons
from f1_operator.season import Season, Status
from f1_operator.settings import JobSettings, OperatorSettings
from f1_operator.turns import PlanTurns, waiting_seasons
from f1_operator.view import Decision, View

log = structlog.get_logger()
_JOB_NAME = "batch.kubernetes.io/job-name"


@dataclass
class _Memory:
    """What is remembered of a Season between looks, and may be lost: paces and patience."""

    seen_at: float = field(default_factory=time.monotonic)
    poll_s: float = 0.0
    silent_since: datetime | None = None
    namespace_going: bool = False
    reasons: dict[tuple[str, int], str] = field(default_factory=dict)


class Controller:
    """Looks at Seasons. Safe to share between threads, one at a time for each Season.

    Args:
        wake: asks for another look at a Season, by its key.
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
        self.turns = PlanTurns(settings.plans_at_once)
        self._kubernetes = kubernetes
        self._api = api
        self._settings = settings
        self._jobs = jobs
        self._wake = wake
        self._now = now
        self._lock = threading.Lock()
        self._memories: dict[str, _Memory] = {}

    def look(self, key: str) -> float | None:
        """Look at the Season of that `namespace/name` and act.

        Returns:
            After how many seconds to look again; None: when something changes.

        Raises:
            KubernetesFailed: something could not be done; look again.
        """
        season = self.cache.season(key)
        if season is None:
            return None
        memory = self._memory(season)
        view = self._view(season, memory)
        decision = decide(view)
        try:
            season = self._act(season, decision)
        except NamespaceGoing:
            if not season.deleting:
                return None
            memory.namespace_going = True
            return 0.0
        except Refused as error:
            self._write(season, decide(replace(view, refused=error.detail)).status)
            raise
        except (Conflict, NotThere):
            self._read_again(season)
            return 0.0
        self._hold_turn(season, decision)
        return self._pace(season, decision, memory, view)

    def forget_all_but(self, seasons: list[Season]) -> None:
        """Drop what is remembered of Seasons that are gone."""
        alive = {one.metadata.uid for one in seasons}
        with self._lock:
            gone = [uid for uid in self._memories if uid not in alive]
            for uid in gone:
                del self._memories[uid]
        for uid in gone:
            if self.turns.release(uid):
                self._wake_next()

    def seen(self, season: Season, at: float) -> None:
        """A look at the Season ended, well or not; for the liveness probe."""
        self._memory(season).seen_at = at

    def seen_at(self, season: Season) -> float:
        """When the last look ended, or when the Season was first heard of."""
        return self._memory(season).seen_at

    # --- reading ---------------------------------------------------------------------------------

    def _memory(self, season: Season) -> _Memory:
        with self._lock:
            return self._memories.setdefault(season.metadata.uid, _Memory())

    def _view(self, season: Season, memory: _Memory) -> View:
        now = self._now().replace(microsecond=0)
        jobs = self.cache.jobs_of(season)
        rival = self.cache.rival_of(season)
        self._learn_reasons(season, jobs, memory, now)
        progress, problem = None, None
        if not season.deleting and rival is None:
            progress, problem = self._ask(season, memory, now)
        return View(
            season=season,
            now=now,
            job_settings=self._jobs,
            jobs=jobs,
            progress=progress,
            api_problem=problem,
            rival=rival,
            plan_turn=lambda: self.turns.ask(season, self._waiting()),
            reasons=memory.reasons,
            operator_namespace=self._settings.namespace,
            namespace_going=memory.namespace_going,
        )

    def _ask(
        self, season: Season, memory: _Memory, now: datetime
    ) -> tuple[Progress | None, str | None]:
        try:
            progress = self._api.progress(season)
        except ApiUnreachable as error:
            memory.silent_since = memory.silent_since or now
            silent_s = (now - memory.silent_since).total_seconds()
            log.warning("the API was asked in vain", season=season.key, error=str(error))
            # A short silence changes nothing that was said; but something has to be said.
            said = season.status.condition(READY) is not None
            patient = said and silent_s < self._settings.api_patience_s
            return None, None if patient else str(error)
        memory.silent_since = None
        return progress, None

    def _learn_reasons(
        self, season: Season, jobs: tuple[ObservedJob, ...], memory: _Memory, now: datetime
    ) -> None:
        names = {job.name for job in jobs}
        memory.reasons = {key: why for key, why in memory.reasons.items() if key[0] in names}
        told = season.status.rounds.failures if season.status.rounds else ()
        known = memory.reasons.keys() | {(one.job, one.round) for one in told}
        for job in jobs:
            if needs_reasons(job, known, now):
                pods = self._kubernetes.pods_of(job.namespace, f"{_JOB_NAME}={job.name}")
                memory.reasons |= read_reasons(job, pods)

    def _read_again(self, season: Season) -> None:
        try:
            self.cache.wrote_season(Season.read(self._kubernetes.get_season(season)))
        except NotThere:
            self.cache.lost_season(season.metadata.uid)

    # --- doing -----------------------------------------------------------------------------------

    def _act(self, season: Season, decision: Decision) -> Season:
        for action in decision.actions:
            season = self._do(season, action)
        return self._say(season, decision)

    def _say(self, season: Season, decision: Decision) -> Season:
        return season if _let_go(season, decision) else self._write(season, decision.status)

    def _write(self, season: Season, status: Status) -> Season:
        before = season.status
        if status != before:
            body = self._kubernetes.set_status(season, status)
            season = Season.read(body)
            self.cache.wrote_season(season)
            for event in told_by(before, status):
                self._tell(season, event)
        return season

    def _do(self, season: Season, action: Action) -> Season:
        match action:
            case CreateJob():
                body = self._kubernetes.create_job(action)
                self.cache.wrote_job(ObservedJob.read(body))
                log.info("created", season=season.key, job=body["metadata"]["name"])
                if action.why:
                    self._tell(season, Event("Normal", "JobCreated", action.why))
            case DeleteJob(job=job):
                body = self._kubernetes.delete_job(action)
                if body is None:
                    self.cache.lost_job(job.uid)
                else:
                    self.cache.wrote_job(ObservedJob.read(body))
                log.info("deleted", season=season.key, job=job.name, why=action.why)
                if action.why:
                    told = f"Job {job.name} is stopped: {action.why}"
                    self._tell(season, Event("Normal", "JobDeleted", told))
            case PatchJob(job=job, suspend=suspend, parallelism=parallelism):
                body = self._kubernetes.patch_job(action)
                if body is None:
                    self.cache.lost_job(job.uid)
                    return season
                self.cache.wrote_job(ObservedJob.read(body))
                patched = {"suspend": suspend, "parallelism": parallelism}
                log.info("patched", season=season.key, job=job.name, **patched)
            case SetFinalizers():
                season = self._set_finalizers(season, action)
        return season

    def _set_finalizers(self, season: Season, action: SetFinalizers) -> Season:
        changed = Season.read(self._kubernetes.set_finalizers(season, action))
        log.info("finalizers", season=season.key, now=list(action.finalizers))
        if changed.deleting and not changed.metadata.finalizers:
            self.cache.lost_season(changed.metadata.uid)
        else:
            self.cache.wrote_season(changed)
        if action.event is not None:
            self._tell(season, action.event)
        return changed

    def _tell(self, season: Season, event: Event) -> None:
        now = self._now().strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            self._kubernetes.tell(season, event, MANAGER, now)
        except KubernetesFailed as error:
            # An event is a courtesy; in a namespace that goes there can be none.
            log.warning("could not post an event", season=season.key, error=str(error))

    # --- turns and paces -------------------------------------------------------------------------

    def _waiting(self) -> list[Season]:
        return waiting_seasons(self.cache.seasons(), self.cache.jobs())

    def _hold_turn(self, season: Season, decision: Decision) -> None:
        if not decision.planning and self.turns.release(season.metadata.uid):
            self._wake_next()
        metrics.plans.set(len(self.turns))

    def _wake_next(self) -> None:
        for season in self._waiting()[: self._settings.plans_at_once]:
            self._wake(season.key)

    def _pace(
        self, season: Season, decision: Decision, memory: _Memory, view: View
    ) -> float | None:
        """Ask often while something happens, less often while nothing changes."""
        if not decision.at_work:
            memory.poll_s = 0.0
            return _until(season.status.next_refresh, view.now)
        changed = bool(decision.actions) or season.status != view.season.status
        slowest = self._settings.poll_max_s
        first = self._settings.poll_s
        memory.poll_s = first if changed or not memory.poll_s else min(memory.poll_s * 1.5, slowest)
        return memory.poll_s


def _let_go(season: Season, decision: Decision) -> bool:
    """Whether the Season is gone by what was just done: there is no status left to write."""
    released = any(isinstance(action, SetFinalizers) for action in decision.actions)
    return season.deleting and (released or not season.metadata.finalizers)


def _until(time: datetime | None, now: datetime) -> float | None:
    return None if time is None else max((time - now).total_seconds(), 1.0)
