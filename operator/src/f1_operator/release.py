"""Before the operator is uninstalled, or goes with its namespace: let go of what only it would."""

import time

import structlog
from msgspec import ValidationError

from f1_core.errors import F1Error
from f1_operator import names
from f1_operator.actions import DeleteJob, SetFinalizers
from f1_operator.kubernetes_api import Conflict, Kubernetes, KubernetesFailed, NotThere
from f1_operator.resync import read_job
from f1_operator.season import Season
from f1_operator.settings import OperatorSettings

log = structlog.get_logger()
_PAUSE_S = 1.0
_TRIES = 5


class StillRunning(F1Error):
    """The operator's pods did not end in time: they would put the finalizers back."""


def stop_deployment(
    kubernetes: Kubernetes, namespace: str, deployment: str, *, patience_s: float
) -> None:
    """Scale the operator's Deployment to nothing and wait until its pods are gone.

    Raises:
        StillRunning: they are not, after `patience_s`.
        KubernetesFailed: a call was refused.
    """
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{deployment}/scale"
    try:
        scale = kubernetes.merge(path, {"spec": {"replicas": 0}})
    except NotThere:
        log.info("there is no such Deployment", deployment=deployment)
        return
    selector = scale["status"]["selector"]
    deadline = time.monotonic() + patience_s
    while pods := kubernetes.pods_of(namespace, selector):
        if time.monotonic() > deadline:
            left = ", ".join(pod["metadata"]["name"] for pod in pods)
            raise StillRunning(f"after {patience_s:.0f} s there are still the pods {left}")
        time.sleep(_PAUSE_S)


def stop_jobs(kubernetes: Kubernetes, settings: OperatorSettings) -> int:
    """Delete the Jobs at work: the settings they read go with the release.

    What they have not fetched, an operator that comes back will see.

    Raises:
        KubernetesFailed: a call was refused.
    """
    stopped = 0
    for namespace in settings.namespaces or (None,):
        for body in kubernetes.list_jobs(namespace)[0]:
            job = read_job(body)
            if job is not None and not job.finished and not job.deleting:
                kubernetes.delete_job(DeleteJob(job))
                stopped += 1
    return stopped


def release_seasons(kubernetes: Kubernetes, settings: OperatorSettings) -> int:
    """Take our finalizer off all Seasons served; returns how many had it.

    Raises:
        KubernetesFailed: a call was refused.
    """
    released = 0
    for namespace in settings.namespaces or (None,):
        try:
            bodies, _ = kubernetes.list_seasons(namespace)
        except NotThere:
            return released  # the resource itself is gone
        for body in bodies:
            released += _release(kubernetes, body)
    return released


def release_if_namespace_goes(kubernetes: Kubernetes, settings: OperatorSettings) -> None:
    """Do that at the operator's end, if it is the end of the namespace that it runs in.

    Kubernetes deletes its pod among the first things, and Seasons among the last: whose finalizer
    is not taken away now would hold the namespace for ever.
    """
    try:
        if kubernetes.is_going(settings.namespace):
            release_seasons(kubernetes, settings)
    except KubernetesFailed as error:
        log.warning("could not let go of Seasons; see `f1-operator release`", error=str(error))


def _release(kubernetes: Kubernetes, body: object) -> bool:
    try:
        season = Season.read(body)
    except ValidationError as error:
        log.warning("a Season cannot be read and is left alone", error=str(error))
        return False
    for _ in range(_TRIES):
        finalizers = season.metadata.finalizers
        if names.FINALIZER not in finalizers:
            return False
        others = tuple(one for one in finalizers if one != names.FINALIZER)
        try:
            kubernetes.set_finalizers(season, SetFinalizers(others))
        except NotThere:
            return False
        except Conflict:
            season = Season.read(kubernetes.get_season(season))
            continue
        log.info("released", season=season.key)
        return True
    raise Conflict(season.key, 409, "it is being changed all the time")
