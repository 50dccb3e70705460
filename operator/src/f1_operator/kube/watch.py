"""Watches by kopf. Its handlers only store changes in the cache and add Seasons to the queue.

Handlers of `on.event` leave no annotation and no finalizer on objects. kopf does not retry them,
so they do nothing that can fail; the work queue retries.
"""

import logging
from typing import Any

import kopf

from f1_operator import metrics, names
from f1_operator.kube.cache import Cache
from f1_operator.kube.objects import read_job, read_season
from f1_operator.kube.workqueue import WorkQueue


def watch_settings() -> kopf.OperatorSettings:
    """Settings of kopf, each with its reason."""
    # kopf logs a success at each change of each object.
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)
    settings = kopf.OperatorSettings()
    # Without it, a watch stays blind for ever after a silent cut (kopf issues 204, 698,
    # 957, 1276). The apiserver sends a bookmark every 60 s; 70 s without one means: reconnect.
    settings.watching.inactivity_timeout = 70
    # The server ends each watch after 5 minutes, the client soon after that if it does not.
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 330
    # kopf would wait for a connection as long as for a response: 5 minutes.
    settings.watching.connect_timeout = 10
    settings.networking.connect_timeout = 10
    settings.networking.request_timeout = 30
    # Watch only the operator's Jobs.
    settings.watching.label_selectors["batch", "v1", "jobs"] = names.MANAGED
    # Watching CRDs and namespaces needs rights in the whole cluster, and is not needed.
    settings.scanning.disabled = True
    # The reconciler posts events, once each.
    settings.posting.enabled = False
    # Not used, since no handler needs them; set to our prefix nevertheless.
    settings.persistence.finalizer = f"{names.GROUP}/kopf"
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=names.GROUP)
    settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix=names.GROUP)
    # kopf's queues are empty: do not wait 5 seconds at exit.
    settings.queueing.idle_timeout = 1
    settings.queueing.exit_timeout = 0.5
    # Kubernetes kills the pod after its grace period anyway.
    settings.process.ultimate_exiting_timeout = 20
    return settings


def watch_registry(cache: Cache, queue: WorkQueue) -> kopf.OperatorRegistry:
    """The handlers of Seasons and Jobs."""
    registry = kopf.OperatorRegistry()

    async def season(event: Any, **_: Any) -> None:
        metrics.watch_events.labels("Season").inc()
        found = read_season(event["object"])
        if found is None:
            return
        deleted = event["type"] == "DELETED"
        if cache.observe(found, deleted=deleted):
            queue.add(found.key)
        if deleted:
            # Another Season may own its year now.
            for other in cache.seasons():
                if other.spec.year == found.spec.year:
                    queue.add(other.key)

    async def job(event: Any, **_: Any) -> None:
        metrics.watch_events.labels("Job").inc()
        found = read_job(event["object"])
        if found is not None and cache.observe(found, deleted=event["type"] == "DELETED"):
            queue.add(found.season_key)

    kopf.on.event(names.GROUP, names.VERSION, names.PLURAL, registry=registry)(season)
    kopf.on.event("batch", "v1", "jobs", registry=registry)(job)
    kopf.on.login(registry=registry)(login)
    return registry


def login(**arguments: Any) -> kopf.ConnectionInfo | None:
    """The pod's service account, whose token kopf reads again after a 401; or kubeconfig."""
    in_cluster = kopf.login_with_service_account(**arguments)
    return in_cluster or kopf.login_with_kubeconfig(**arguments)
