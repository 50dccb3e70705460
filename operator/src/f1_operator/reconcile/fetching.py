"""The Job that fetches rounds: adjust the running one, or start the next."""

from dataclasses import dataclass

from f1_core.rounds import format_rounds
from f1_operator.jobs.manifests import fetch_job, work_text
from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.actions import Action, CreateJob, DeleteJob, PatchJob
from f1_operator.names import TASK_BACKFILL, TASK_REFRESH
from f1_operator.reconcile.gap import Gap, unsettled
from f1_operator.reconcile.observed import Observed


@dataclass(frozen=True)
class Fetching:
    """The state of the fetch Job.

    Attributes:
        job: the running Job, or the one to be created; None: nothing is fetched.
        suspended: it exists and is suspended.
        active: its pods.
    """

    actions: tuple[Action, ...] = ()
    job: str | None = None
    suspended: bool = False
    active: int = 0


def fetching(observed: Observed, gap: Gap | None) -> Fetching:
    """Decide about the fetch Job. `gap` is None while it is not known what is missing.

    One at a time: rounds added meanwhile wait until it ends. That loses no time, because the
    source's request budget limits the rate, and a running Job need not be deleted.
    """
    live = [job for job in observed.fetch_jobs if not job.finished]
    obsolete = [job for job in live if not _is_current(observed, job)]
    stop = tuple(DeleteJob(job, _why(observed, job)) for job in obsolete if not job.deleting)
    kept = [job for job in live if job not in obsolete and not job.deleting]
    if kept:
        patches = [patch for job in kept if (patch := _patch(observed, job)) is not None]
        return Fetching(
            actions=(*stop, *patches),
            job=kept[0].name,
            suspended=observed.season.spec.suspend,
            active=sum(job.active for job in kept),
        )
    if live:
        # A Job that is being deleted may still fetch: wait until its pods are gone.
        return Fetching(actions=stop, job=live[0].name, active=sum(job.active for job in live))
    if gap is None or observed.season.spec.suspend:
        return Fetching()
    return _start(observed, gap)


def _is_current(observed: Observed, job: ObservedJob) -> bool:
    season = observed.season
    if job.work != work_text(season):
        return False
    return all(season.spec.requests_round(number) for number in job.unfinished_rounds)


def _why(observed: Observed, job: ObservedJob) -> str:
    if job.work != work_text(observed.season):
        return "the Season's source or resources changed"
    gone = [n for n in job.unfinished_rounds if not observed.season.spec.requests_round(n)]
    return f"the Season does not request rounds {format_rounds(gone)} any more"


def _patch(observed: Observed, job: ObservedJob) -> PatchJob | None:
    spec = observed.season.spec
    parallelism = min(spec.parallelism, len(job.rounds))
    suspend = spec.suspend if job.suspended != spec.suspend else None
    scale = parallelism if job.parallelism != parallelism else None
    if suspend is None and scale is None:
        return None
    return PatchJob(job, suspend=suspend, parallelism=scale)


def _start(observed: Observed, gap: Gap) -> Fetching:
    if gap.to_fetch:
        fetched = unsettled(observed, work_text(observed.season))
        rounds = tuple(number for number in gap.to_fetch if number not in fetched)
        if not rounds:
            return Fetching()  # find_gap() reports what is late
        task, stamp = TASK_BACKFILL, gap.fetch_stamp
    elif gap.to_refresh:
        task, rounds, stamp = TASK_REFRESH, gap.to_refresh, gap.refresh_stamp
    else:
        return Fetching()
    manifest = fetch_job(
        observed.season, observed.job_settings, task=task, rounds=rounds, stamp=stamp
    )
    name = manifest["metadata"]["name"]
    if any(job.name == name for job in observed.jobs):
        # It ended, and find_gap() reports the rounds that it left.
        return Fetching()
    what = "fetches" if task == TASK_BACKFILL else "fetches corrections of"
    why = f"Job {name} {what} rounds {format_rounds(rounds)} from {observed.season.spec.source}"
    return Fetching(actions=(CreateJob(manifest, why),), job=name)
