"""kopf's part: it tells of changes. Its handlers only remember them and ask for a look.

Handlers of `on.event` alone leave no annotation and no finalizer on anything. They are not tried
again when they fail, so they do nothing that can: the work queue does, and tries again.
"""

import logging
from typing import Any

import kopf

from f1_operator import metrics, names
from f1_operator.cache import Cache
from f1_operator.resync import read_job, read_season
from f1_operator.workqueue import WorkQueue


def watch_settings() -> kopf.OperatorSettings:
    """Settings of kopf, each with its reason."""
    # It would log that a handler succeeded at each change of each object.
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)
    settings = kopf.OperatorSettings()
    # A watch whose connection is cut silently stays blind for ever otherwise (kopf issues 204, 698,
    # 957, 1276). The apiserver sends a bookmark every 60 s; 70 s without one means: reconnect.
    settings.watching.inactivity_timeout = 70
    # The server ends each watch after 5 minutes, the client soon after that if it does not.
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 330
    # kopf would wait for a connection as long as for an answer: 5 minutes.
    settings.watching.connect_timeout = 10
    settings.networking.connect_timeout = 10
    settings.networking.request_timeout = 30
    # Only Jobs of ours are sent to us.
    settings.watching.label_selectors["batch", "v1", "jobs"] = names.MANAGED
    # Watching CRDs and namespaces needs rights in the whole cluster, and we need neither.
    settings.scanning.disabled = True
    # Events for people are written by us, once each.
    settings.posting.enabled = False
    # Never used, since no handler here needs one; ours all the same.
    settings.persistence.finalizer = f"{names.GROUP}/kopf"
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=names.GROUP)
    settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix=names.GROUP)
    # Nothing of ours waits in kopf's queues: an exit need not take 5 seconds.
    settings.queueing.idle_timeout = 1
    settings.queueing.exit_timeout = 0.5
    # Kubernetes kills the pod after its grace period anyway.
    settings.process.ultimate_exiting_timeout = 20
    return settings


def watch_registry(cache: Cache, queue: WorkQueue) -> kopf.OperatorRegistry:
    """Kopf's handlers."""
    registry = kopf.OperatorRegistry()

    async def season(event: Any, **_: Any) -> None:
        season_told(cache, queue, event["type"], event["object"])

    async def job(event: Any, **_: Any) -> None:
        job_told(cache, queue, event["type"], event["object"])

    kopf.on.event(names.GROUP, names.VERSION, names.PLURAL, registry=registry)(season)
    kopf.on.event("batch", "v1", "jobs", registry=registry)(job)
    kopf.on.login(registry=registry)(login)
    return registry


def login(**arguments: Any) -> kopf.ConnectionInfo | None:
    """The pod's service account, whose token kopf reads again when it is refused; or kubeconfig."""
    in_cluster = kopf.login_with_service_account(**arguments)
    return in_cluster or kopf.login_with_kubeconfig(**arguments)


def season_told(cache: Cache, queue: WorkQueue, kind: str | None, body: Any) -> None:
    """A Season came, changed or went."""
    metrics.watch_events.labels("Season").inc()
    season = read_season(body)
    if season is None:
        return
    deleted = kind == "DELETED"
    if cache.season_told(season, deleted=deleted):
        queue.add(season.key)
    if deleted:
        # Its year is free for another one.
        for other in cache.seasons():
            if other.spec.year == season.spec.year:
                queue.add(other.key)


def job_told(cache: Cache, queue: WorkQueue, kind: str | None, body: Any) -> None:
    """A Job of ours came, changed or went."""
    metrics.watch_events.labels("Job").inc()
    job = read_job(body)
    if job is None:
        return
    if cache.job_told(job, deleted=kind == "DELETED"):
        queue.add(job.season_key)
