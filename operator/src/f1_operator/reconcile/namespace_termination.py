"""The operator stops its Jobs in a terminating namespace, or the namespace may hang.

Kubernetes (seen on v1.36.3) removes a namespace's pods first and waits for them before it removes
anything else. A failed pod of an Indexed Job with backoffLimitPerIndex keeps the Job's finalizer
until a pod replaces it (`canRemoveFinalizer` in its Job controller), and no pod can be created in
a terminating namespace: each waits for the other until the Job's activeDeadlineSeconds. When the
Job is deleted, its pods lose the finalizer.
"""

from collections.abc import Iterable

import structlog

from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.actions import DeleteJob
from f1_operator.kube.client import Kubernetes, KubernetesFailed

log = structlog.get_logger()


def stop_jobs_of_terminating_namespaces(kubernetes: Kubernetes, jobs: Iterable[ObservedJob]) -> int:
    """Delete unfinished Jobs whose namespace is being deleted; returns how many.

    A failed request is logged; the next resync retries it.
    """
    live = [job for job in jobs if not job.finished and not job.deleting]
    stopped = 0
    for namespace in sorted({job.namespace for job in live}):
        try:
            if not kubernetes.is_terminating(namespace):
                continue
            for job in live:
                if job.namespace == namespace:
                    kubernetes.delete_job(DeleteJob(job))
                    log.info(
                        "stopped Job of a terminating namespace", namespace=namespace, job=job.name
                    )
                    stopped += 1
        except KubernetesFailed as error:
            log.warning(
                "could not stop the Jobs of a terminating namespace",
                namespace=namespace,
                error=str(error),
            )
    return stopped
