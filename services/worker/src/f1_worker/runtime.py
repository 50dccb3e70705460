"""A worker as the command runs it: its loop, the threads beside it, and its probes."""

import signal
import threading
import time
from collections import Counter
from contextlib import ExitStack

import structlog
from sqlalchemy import Engine

from f1_core.metrics.build_info import show_build
from f1_core.metrics.exporter import LedgerCollector
from f1_core.program.probes import ProbeServer
from f1_core.program.supervision import Supervised, problems
from f1_core.store.rawstore import RawStore
from f1_worker.health import Health
from f1_worker.loop import Worker
from f1_worker.publish.snapshotter import Snapshotter
from f1_worker.queue.listen import Listener, Sweeper
from f1_worker.settings import WorkerSettings

log = structlog.get_logger()

_SIGNALS = {signal.SIGTERM, signal.SIGINT}


def run(
    worker: Worker, engine: Engine, store: RawStore, settings: WorkerSettings, *, drain: bool
) -> Counter[str]:
    """Work until SIGTERM or SIGINT, or with `drain` until no capture is open.

    Returns:
        The number of captures by state.
    """
    with ExitStack() as stack:
        # Before other threads start, since they inherit it: one of them waits for these signals,
        # while this thread may execute a statement.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        stack.callback(worker.stop.set)
        stopping = (worker, settings.grace_s)
        threading.Thread(target=_stop_on_signal, args=stopping, daemon=True).start()
        sweeper = Sweeper(engine, store, settings, worker.stop)
        threads: list[Supervised] = [Listener(engine, worker.wake, worker.stop)]
        if not drain:
            threads.append(sweeper)
            if settings.snapshot_quiet_s:
                threads.append(Snapshotter(engine, store, settings.snapshot_quiet_s, worker.stop))
        if settings.metrics_port:
            show_build("f1-worker")
            LedgerCollector(engine).register()
            health = Health(
                lambda: worker.turned_at,
                settings.stall_s,
                lambda: problems([*threads, *filter(None, [worker.heartbeat])]),
            )
            server = ProbeServer(
                settings.metrics_host,
                settings.metrics_port,
                alive=health.alive,
                ready=health.ready,
                port_setting="F1_WORKER_METRICS_PORT",
                state=health.state,
            )
            stack.enter_context(server)
        for thread in threads:
            thread.start()
        if not drain:
            return worker.run()
        sweeper.sweep()
        done = worker.drain()
        if settings.snapshot_quiet_s and not worker.stop.is_set():
            # No capture follows, so no season must be quiet first.
            Snapshotter(engine, store, 0.0, worker.stop).check()
        return done


def _stop_on_signal(worker: Worker, grace_s: float) -> None:
    number = signal.sigwait(_SIGNALS)
    log.info("stopping", signal=signal.Signals(number).name)
    worker.stop.set()
    worker.wake.set()
    time.sleep(grace_s)
    log.warning("the capture in progress is cancelled")
    worker.cancel()
