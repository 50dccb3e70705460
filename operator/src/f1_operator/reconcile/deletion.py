"""A Season that is being deleted: with deletionPolicy Purge its rows are removed first."""

from msgspec import structs

from f1_operator import names
from f1_operator.jobs.manifests import purge_job
from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.actions import CreateJob, DeleteJob, SetFinalizers
from f1_operator.reconcile.observed import Decision, Observed
from f1_operator.season.condition import READY, RECONCILING, STALLED, false, true
from f1_operator.season.events import Event
from f1_operator.season.resource import Status

_REMOVING = "removing its rows"


def decide_deletion(observed: Observed) -> Decision:
    """The decision about a Season with a deletionTimestamp."""
    metadata = observed.season.metadata
    if names.FINALIZER not in metadata.finalizers:
        return Decision(status=observed.season.status)
    why_not = _why_not_purge(observed)
    if why_not is not None:
        purges = tuple(DeleteJob(job) for job in observed.of_task(names.TASK_PURGE))
        release = SetFinalizers(_without_ours(observed), Event("Warning", "NotPurged", why_not))
        return Decision(_if_refused(observed), (release, *purges))
    return _purge(observed)


def _why_not_purge(observed: Observed) -> str | None:
    season = observed.season
    if names.RELEASE in season.metadata.annotations:
        return "released by annotation: its rows are kept"
    if season.spec.deletion_policy == "Retain":
        return "deletionPolicy is Retain: its rows are kept"
    if observed.rival is not None:
        return f"Season {observed.rival.key} owns the year: its rows are kept"
    if observed.namespace_terminating:
        return (
            f"namespace {observed.operator_namespace}, where the purge would run, is terminating: "
            f"its rows are kept; remove them with f1-worker purge {season.spec.year}"
        )
    return None


def _purge(observed: Observed) -> Decision:
    # A Job that still fetches would add rows again.
    fetching = [job for job in observed.jobs if job.task != names.TASK_PURGE and not job.finished]
    if fetching:
        stop = tuple(DeleteJob(job) for job in fetching if not job.deleting)
        what = observed.refused or "stopping its Jobs"
        status = _waiting(observed, what, failing=observed.refused is not None)
        return Decision(status, stop, at_work=True)
    job = next(iter(observed.of_task(names.TASK_PURGE)), None)
    if job is not None:
        return _follow(observed, job)
    manifest = purge_job(observed.season, observed.job_settings, observed.operator_namespace)
    start = CreateJob(manifest, f"Job {manifest['metadata']['name']} removes its rows")
    status = _waiting(observed, observed.refused or _REMOVING, failing=observed.refused is not None)
    return Decision(status, (start,), at_work=True)


def _follow(observed: Observed, job: ObservedJob) -> Decision:
    if job.outcome == "Complete":
        event = Event("Normal", "Purged", "removed its rows; the raw objects in S3 are kept")
        release = SetFinalizers(_without_ours(observed), event)
        return Decision(_if_refused(observed), (release, DeleteJob(job)))
    problem = observed.refused or observed.reasons.get((job.name, 0))
    again = (DeleteJob(job),) if job.outcome == "Failed" and not job.deleting else ()
    status = _waiting(observed, problem or _REMOVING, failing=bool(problem))
    return Decision(status, again, at_work=True)


def _if_refused(observed: Observed) -> Status:
    """The status as it is, unless Kubernetes refused to remove the finalizer."""
    if observed.refused is None:
        return observed.season.status
    return _waiting(observed, observed.refused, failing=True)


def _without_ours(observed: Observed) -> tuple[str, ...]:
    return tuple(one for one in observed.season.metadata.finalizers if one != names.FINALIZER)


def _waiting(observed: Observed, what: str, *, failing: bool = False) -> Status:
    season = observed.season
    release = (
        f"kubectl annotate season -n {season.metadata.namespace} {season.metadata.name} "
        f"{names.RELEASE}=true"
    )
    message = f"deleting: {what}"
    if failing:
        message += f"; retrying. To delete it and keep its rows: {release}"
    values = {
        READY: false("PurgeFailing" if failing else "Purging", message),
        RECONCILING: true("Purging", message),
        STALLED: false("Purging", message),
    }
    kept = tuple(one for one in season.status.conditions if one.type not in values)
    return structs.replace(
        season.status,
        observed_generation=season.metadata.generation,
        conditions=(*kept, *observed.conditions(values)),
    )
