"""Before an uninstall, or the end of the namespace: stop Jobs and remove our finalizer."""

import time

import structlog
from msgspec import ValidationError

from f1_core.errors import F1Error
from f1_operator import names
from f1_operator.kube.actions import DeleteJob, SetFinalizers
from f1_operator.kube.client import Conflict, Kubernetes, KubernetesFailed, NotFound
from f1_operator.kube.objects import read_job
from f1_operator.season.resource import Season
from f1_operator.settings import OperatorSettings

log = structlog.get_logger()
_PAUSE_S = 1.0
_TRIES = 5


class StillRunning(F1Error):
    """The operator's pods did not end in time; they would add the finalizers again."""


def stop_deployment(
    kubernetes: Kubernetes, namespace: str, deployment: str, *, patience_s: float
) -> None:
    """Scale the operator's Deployment to zero and wait until its pods are gone.

    Raises:
        StillRunning: pods are left after `patience_s`.
        KubernetesFailed: a request failed.
    """
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{deployment}/scale"
    try:
        scale = kubernetes.merge(path, {"spec": {"replicas": 0}})
    except NotFound:
        log.info("Deployment not found", deployment=deployment)
        return
    selector = scale["status"]["selector"]
    deadline = time.monotonic() + patience_s
    while pods := kubernetes.pods_of(namespace, selector):
        if time.monotonic() > deadline:
            left = ", ".join(pod["metadata"]["name"] for pod in pods)
            raise StillRunning(f"pods {left} are still running after {patience_s:.0f} s")
        time.sleep(_PAUSE_S)


def stop_jobs(kubernetes: Kubernetes, settings: OperatorSettings) -> int:
    """Delete unfinished Jobs, since the settings that they read are deleted with the release.

    An operator that is installed again fetches what is missing.

    Raises:
        KubernetesFailed: a request failed.
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
    """Remove our finalizer from all Seasons served; returns how many had it.

    Raises:
        KubernetesFailed: a request failed.
    """
    released = 0
    for namespace in settings.namespaces or (None,):
        try:
            bodies, _ = kubernetes.list_seasons(namespace)
        except NotFound:
            return released  # the resource itself is gone
        for body in bodies:
            released += _release(kubernetes, body)
    return released


def release_if_namespace_terminates(kubernetes: Kubernetes, settings: OperatorSettings) -> None:
    """Release Seasons when the operator stops because its namespace is being deleted.

    Kubernetes deletes pods among the first objects, and Seasons among the last: a finalizer that
    is left now would keep the namespace for ever.
    """
    try:
        if kubernetes.is_terminating(settings.namespace):
            release_seasons(kubernetes, settings)
    except KubernetesFailed as error:
        log.warning("could not release Seasons; run f1-operator release", error=str(error))


def _release(kubernetes: Kubernetes, body: object) -> bool:
    try:
        season = Season.read(body)
    except ValidationError as error:
        log.warning("cannot read Season; left unchanged", error=str(error))
        return False
    for _ in range(_TRIES):
        finalizers = season.metadata.finalizers
        if names.FINALIZER not in finalizers:
            return False
        others = tuple(one for one in finalizers if one != names.FINALIZER)
        try:
            kubernetes.set_finalizers(season, SetFinalizers(others))
        except NotFound:
            return False
        except Conflict:
            season = Season.read(kubernetes.get_season(season))
            continue
        log.info("released", season=season.key)
        return True
    raise Conflict(season.key, 409, "it was changed at each attempt")
