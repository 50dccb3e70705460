"""The running operator: threads that reconcile, a thread that lists, and kopf that watches."""

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import kopf
import structlog

from f1_core.errors import ExitCode
from f1_core.program.probes import ProbeServer
from f1_core.program.supervision import Supervised
from f1_core.retry import backoff
from f1_operator import metrics
from f1_operator.api.client import SeasonApi
from f1_operator.health import Health
from f1_operator.kube.cache import Cache
from f1_operator.kube.client import Kubernetes, KubernetesFailed
from f1_operator.kube.connection import connect
from f1_operator.kube.lease import Lease
from f1_operator.kube.watch import watch_registry, watch_settings
from f1_operator.kube.workqueue import WorkQueue
from f1_operator.reconcile.namespace_termination import stop_jobs_of_terminating_namespaces
from f1_operator.reconcile.reconciler import Reconciler
from f1_operator.reconcile.resync import Resync
from f1_operator.settings import Settings
from f1_operator.uninstall import release_if_namespace_terminates

log = structlog.get_logger()
_RELAY_S = 0.5
_WATCH_RETRY_S, _WATCH_RETRY_MAX_S = 1.0, 30.0
# kopf's names of its tasks.
_OWNER_OF_WATCHERS, _WATCHER = "multidimensional multitasker", "watcher for "


class Operator:
    """The operator with all its parts; `run` runs it.

    Attributes:
        port: of /metrics, /healthz and /readyz, after `run` started.
    """

    def __init__(self, settings: Settings) -> None:
        operator = settings.operator
        self.stop = threading.Event()
        self.port: int | None = None
        self._settings = operator
        timeout_s = operator.request_timeout_s
        self._queue = WorkQueue()
        self._cache = Cache()
        kubernetes = Kubernetes(connect(operator.workers + 2), timeout_s)
        self._kubernetes = kubernetes
        api = SeasonApi(settings.api, timeout_s=timeout_s)
        self._reconciler = Reconciler(
            self._cache,
            kubernetes,
            api,
            settings=operator,
            jobs=settings.jobs,
            wake=self._queue.add,
        )
        self._resync = Resync(
            kubernetes,
            self._cache,
            self._reconciler,
            self._queue,
            namespaces=operator.namespaces,
            every_s=operator.resync_s,
        )
        self._health = Health(self._cache, self._reconciler, self._resync, operator.stuck_after_s)
        metrics.read_from(
            seasons_now=self._cache.seasons,
            count=self._cache.count,
            depth=self._queue.__len__,
            oldest=self._health.oldest_seen,
        )
        # A connection of its own, so that renewing does not wait for other requests.
        self._lease = Lease(
            Kubernetes(connect(1), min(timeout_s, operator.lease_s / 6)),
            namespace=operator.namespace,
            name=operator.lease,
            identity=operator.identity or socket.gethostname(),
            lease_s=operator.lease_s,
        )

    def run(self) -> None:
        """Wait for the Lease, then reconcile until SIGTERM or `stop`."""
        settings = self._settings
        with ExitStack() as stack:
            probes = ProbeServer(
                settings.metrics_host,
                settings.metrics_port,
                alive=self._health.problems,
                ready=self._health.starting,
                port_setting="F1_OPERATOR_METRICS_PORT",
            )
            self.port = stack.enter_context(probes).port
            if not self._lease.acquire(self.stop):
                return
            stack.callback(self._lease.release)
            self._health.begin()
            threads = [
                self._thread("lease", lambda: self._lease.keep(self.stop, _exit_without_lease)),
                self._thread("resync", lambda: self._resync.run(self.stop)),
            ]
            while self._resync.at is None and not self.stop.wait(0.05):
                pass  # decide nothing before the first full list
            threads += [self._thread(f"worker-{n}", self.work) for n in range(settings.workers)]
            try:
                asyncio.run(self._watch())
            finally:
                self.stop.set()
                self._queue.close()
                # One deadline for all threads: the steps below need some of the 30 s of grace.
                ends = time.monotonic() + settings.request_timeout_s + 5
                for thread in threads:
                    thread.join(timeout=max(0.0, ends - time.monotonic()))
                # The SIGTERM may come from the deletion of the operator's own namespace.
                stop_jobs_of_terminating_namespaces(self._kubernetes, self._cache.jobs())
                release_if_namespace_terminates(self._kubernetes, settings)
            log.info("stopped")

    def work(self) -> None:
        """Reconcile Seasons from the queue, until it is closed."""
        while (key := self._queue.get()) is not None:
            try:
                with structlog.contextvars.bound_contextvars(season=key):
                    self._reconcile(key)
            finally:
                self._queue.done(key)

    def _reconcile(self, key: str) -> None:
        began = time.monotonic()
        try:
            again_s = self._reconciler.reconcile(key)
        except KubernetesFailed as error:
            delay_s = self._queue.fail(key)
            metrics.reconciles.labels("failed").inc()
            log.warning("reconcile failed; retrying", error=str(error), again_s=delay_s)
        except Exception:
            delay_s = self._queue.fail(key)
            metrics.reconciles.labels("bug").inc()
            log.exception("unexpected error; retrying", again_s=delay_s)
        else:
            self._queue.succeed(key)
            metrics.reconciles.labels("done").inc()
            if again_s is not None:
                self._queue.add(key, again_s)
        finally:
            ended = time.monotonic()
            metrics.reconcile_seconds.observe(ended - began)
            season = self._cache.season(key)
            if season is not None:
                self._reconciler.reconciled(season, ended)

    async def _watch(self) -> None:
        """Watch until SIGTERM, SIGINT or `stop`, and restart failed watches.

        kopf retries lost connections and 5xx, and ends with an exception at everything else: an
        HTTP 410 (Gone), a right that is missing for some minutes, an ERROR event in the stream.
        """
        pauses = backoff(_WATCH_RETRY_S, _WATCH_RETRY_MAX_S)
        while not self.stop.is_set():
            began = time.monotonic()
            error = await self._watch_once()
            if self.stop.is_set() or error is None:
                return
            if time.monotonic() - began > 2 * _WATCH_RETRY_MAX_S:
                pauses = backoff(_WATCH_RETRY_S, _WATCH_RETRY_MAX_S)
            retry_s = next(pauses)
            metrics.watch_restarts.inc()
            log.warning("watch failed, restarting it", error=repr(error)[:300], again_s=retry_s)
            await asyncio.to_thread(self.stop.wait, retry_s)

    async def _watch_once(self) -> BaseException | None:
        """Run kopf until `stop` or an error, which is returned."""
        watch = asyncio.create_task(
            kopf.operator(
                registry=watch_registry(self._cache, self._queue),
                settings=watch_settings(),
                clusterwide=not self._settings.namespaces,
                namespaces=self._settings.namespaces,
                standalone=True,
            )
        )
        while not watch.done():
            await asyncio.wait({watch}, timeout=_RELAY_S)
            self._handle_signals()
            _end_orphaned_watchers()
            if self.stop.is_set():
                watch.cancel()
        return None if watch.cancelled() else watch.exception()

    def _handle_signals(self) -> None:
        """Handle SIGTERM and SIGINT here: kopf's own handlers do nothing once it has ended."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, self.stop.set)

    def _thread(self, name: str, target: Callable[[], None]) -> Supervised:
        thread = Supervised(name, target, self.stop, longest_pause_s=5.0)
        thread.start()
        self._health.watch(thread)
        return thread


def _end_orphaned_watchers() -> None:
    """Cancel kopf's watchers when the task that owns them has ended, so that kopf ends, too.

    kopf cancels a watcher and its pause flag together. The watcher then takes its cancellation for
    a pause, sends its request again, and waits for a login that never comes.
    """
    tasks = {task.get_name(): task for task in asyncio.all_tasks()}
    if _OWNER_OF_WATCHERS not in tasks:
        for name, task in tasks.items():
            if name.startswith(_WATCHER):
                task.cancel()


def _exit_without_lease() -> None:
    # Another replica may work already: exit at once, even during an action.
    os._exit(ExitCode.LEASE_LOST)
