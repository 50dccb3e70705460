"""The Job that fetches rounds: steer the one that runs, or start the next."""

from dataclasses import dataclass

from f1_core.rounds import format_rounds
from f1_operator.actions import Action, CreateJob, DeleteJob, PatchJob
from f1_operator.jobs import ObservedJob
from f1_operator.manifests import fetch_job, work_text
from f1_operator.names import TASK_BACKFILL, TASK_REFRESH
from f1_operator.view import View
from f1_operator.work import Work


@dataclass(frozen=True)
class Fetching:
    """What fetches.

    Attributes:
        job: the Job at work, or just started; None: nothing is fetched.
        suspended: it is there and paused.
        active: its pods.
    """

    actions: tuple[Action, ...] = ()
    job: str | None = None
    suspended: bool = False
    active: int = 0


def fetching(view: View, work: Work | None) -> Fetching:
    """Decide about the fetch Job. `work` is None while it is not known what is missing.

    One at a time: rounds added meanwhile wait for it to end. That loses no time, because the
    source's request budget is what takes it, and a Job that runs need not be killed.
    """
    live = [job for job in view.fetch_jobs if not job.finished]
    unwanted = [job for job in live if not _wanted(view, job)]
    stop = tuple(DeleteJob(job, _why(view, job)) for job in unwanted if not job.deleting)
    kept = [job for job in live if job not in unwanted and not job.deleting]
    if kept:
        steered = [action for job in kept if (action := _steer(view, job)) is not None]
        return Fetching(
            actions=(*stop, *steered),
            job=kept[0].name,
            suspended=view.season.spec.suspend,
            active=sum(job.active for job in kept),
        )
    if live:
        # What is being deleted may still fetch: wait until its pods are gone.
        return Fetching(actions=stop, job=live[0].name, active=sum(job.active for job in live))
    if work is None or view.season.spec.suspend:
        return Fetching()
    return _start(view, work)


def _wanted(view: View, job: ObservedJob) -> bool:
    season = view.season
    if job.work != work_text(season):
        return False
    return all(season.spec.wants(number) for number in job.unfinished_rounds)


def _why(view: View, job: ObservedJob) -> str:
    if job.work != work_text(view.season):
        return "source or resources are others now"
    gone = [n for n in job.unfinished_rounds if not view.season.spec.wants(n)]
    return f"rounds {format_rounds(gone)} are not asked for any more"


def _steer(view: View, job: ObservedJob) -> PatchJob | None:
    spec = view.season.spec
    parallelism = min(spec.parallelism, len(job.rounds))
    suspend = spec.suspend if job.suspended != spec.suspend else None
    scale = parallelism if job.parallelism != parallelism else None
    if suspend is None and scale is None:
        return None
    return PatchJob(job, suspend=suspend, parallelism=scale)


def _start(view: View, work: Work) -> Fetching:
    if work.to_fetch:
        task, rounds, stamp = TASK_BACKFILL, work.to_fetch, work.fetch_stamp
    elif work.to_refresh:
        task, rounds, stamp = TASK_REFRESH, work.to_refresh, work.refresh_stamp
    else:
        return Fetching()
    manifest = fetch_job(view.season, view.job_settings, task=task, rounds=rounds, stamp=stamp)
    name = manifest["metadata"]["name"]
    if any(job.name == name for job in view.jobs):
        # Done already, and the ledger does not show it yet; survey() says so when it takes long.
        return Fetching()
    what = "fetches" if task == TASK_BACKFILL else "looks for corrections of"
    why = f"Job {name} {what} rounds {format_rounds(rounds)} from {view.season.spec.source}"
    return Fetching(actions=(CreateJob(manifest, why),), job=name)
