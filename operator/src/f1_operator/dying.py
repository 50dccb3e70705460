"""Jobs in a namespace that is being deleted are stopped by us, or it may hang.

Kubernetes (seen on v1.36.3) removes a namespace's pods first and waits for them before it removes
anything else. A failed pod of an Indexed Job with backoffLimitPerIndex is held by the Job's
finalizer until a pod replaces it (`canRemoveFinalizer` in its Job controller), and in a namespace
that goes no pod can be created: each waits for the other until the Job's activeDeadlineSeconds. A
Job that is deleted lets go of its pods.
"""

from collections.abc import Iterable

import structlog

from f1_operator.actions import DeleteJob
from f1_operator.jobs import ObservedJob
from f1_operator.kubernetes_api import Kubernetes, KubernetesFailed

log = structlog.get_logger()


def stop_jobs_of_dying_namespaces(kubernetes: Kubernetes, jobs: Iterable[ObservedJob]) -> int:
    """Delete unfinished Jobs whose namespace is being deleted; returns how many.

    What cannot be asked or done is logged: the next look tries again.
    """
    live = [job for job in jobs if not job.finished and not job.deleting]
    stopped = 0
    for namespace in sorted({job.namespace for job in live}):
        try:
            if not kubernetes.is_going(namespace):
                continue
            for job in live:
                if job.namespace == namespace:
                    kubernetes.delete_job(DeleteJob(job))
                    log.info("stopped with its namespace", namespace=namespace, job=job.name)
                    stopped += 1
        except KubernetesFailed as error:
            log.warning("could not look after a namespace", namespace=namespace, error=str(error))
    return stopped
