"""A Season that is being deleted: with Retain nothing holds it; with Purge its rows go first."""

from msgspec import structs

from f1_operator import names
from f1_operator.actions import CreateJob, DeleteJob, SetFinalizers
from f1_operator.conditions import READY, RECONCILING, STALLED, false, true, update
from f1_operator.events import Event
from f1_operator.jobs import ObservedJob
from f1_operator.manifests import purge_job
from f1_operator.season import Status
from f1_operator.view import Decision, View

_REMOVING = "its rows are being removed"


def decide_deletion(view: View) -> Decision:
    """What to do about a Season with a deletionTimestamp."""
    metadata = view.season.metadata
    if names.FINALIZER not in metadata.finalizers:
        return Decision(status=view.season.status)
    why_not = _why_not_purge(view)
    if why_not is not None:
        purges = tuple(DeleteJob(job) for job in view.of_task(names.TASK_PURGE))
        release = SetFinalizers(_without_ours(view), Event("Warning", "NotPurged", why_not))
        return Decision(_if_refused(view), (release, *purges))
    return _purge(view)


def _why_not_purge(view: View) -> str | None:
    season = view.season
    if names.RELEASE in season.metadata.annotations:
        return "let go by annotation: its rows stay"
    if season.spec.deletion_policy == "Retain":
        return "deletionPolicy is Retain: its rows stay"
    if view.rival is not None:
        return f"the year is {view.rival.key}'s: its rows stay"
    if view.namespace_going:
        return (
            f"namespace {view.operator_namespace} is being deleted, where its rows would be purged "
            f"from: they stay; remove them with f1-worker purge {season.spec.year}"
        )
    return None


def _purge(view: View) -> Decision:
    # What still fetches would bring back what is being removed.
    fetching = [job for job in view.jobs if job.task != names.TASK_PURGE and not job.finished]
    if fetching:
        stop = tuple(DeleteJob(job) for job in fetching if not job.deleting)
        what = view.refused or "its Jobs are being stopped"
        status = _waiting(view, what, failing=view.refused is not None)
        return Decision(status, stop, at_work=True)
    job = next(iter(view.of_task(names.TASK_PURGE)), None)
    if job is not None:
        return _follow(view, job)
    manifest = purge_job(view.season, view.job_settings, view.operator_namespace)
    start = CreateJob(manifest, f"Job {manifest['metadata']['name']} removes its rows")
    status = _waiting(view, view.refused or _REMOVING, failing=view.refused is not None)
    return Decision(status, (start,), at_work=True)


def _follow(view: View, job: ObservedJob) -> Decision:
    if job.outcome == "Complete":
        told = Event("Normal", "Purged", "its rows are removed; the raw objects in S3 stay")
        release = SetFinalizers(_without_ours(view), told)
        return Decision(_if_refused(view), (release, DeleteJob(job)))
    said = view.refused or view.reasons.get((job.name, 0))
    again = (DeleteJob(job),) if job.outcome == "Failed" and not job.deleting else ()
    status = _waiting(view, said or _REMOVING, failing=bool(said))
    return Decision(status, again, at_work=True)


def _if_refused(view: View) -> Status:
    """The status as it is, unless Kubernetes refused to let the Season go."""
    if view.refused is None:
        return view.season.status
    return _waiting(view, view.refused, failing=True)


def _without_ours(view: View) -> tuple[str, ...]:
    return tuple(one for one in view.season.metadata.finalizers if one != names.FINALIZER)


def _waiting(view: View, what: str, *, failing: bool = False) -> Status:
    season = view.season
    let_go = (
        f"kubectl annotate season -n {season.metadata.namespace} {season.metadata.name} "
        f"{names.RELEASE}=true"
    )
    message = f"being deleted: {what}"
    if failing:
        message += f"; it is tried again. To let it go with its rows kept: {let_go}"
    findings = {
        READY: false("PurgeFailing" if failing else "Purging", message),
        RECONCILING: true("Purging", message),
        STALLED: false("Purging", message),
    }
    kept = tuple(one for one in season.status.conditions if one.type not in findings)
    changed = update(
        season.status.conditions,
        findings,
        generation=season.metadata.generation,
        now=view.now,
    )
    return structs.replace(
        season.status,
        observed_generation=season.metadata.generation,
        conditions=(*kept, *changed),
    )
