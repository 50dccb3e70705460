"""The worker's own settings, from the environment with the prefix F1_WORKER_."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from f1_core.program.listening import ANY
from f1_core.settings import Port, Seconds

Hours = Seconds
Count = Annotated[int, Field(ge=1, le=100)]


class WorkerSettings(BaseSettings, env_prefix="F1_WORKER_", extra="ignore"):
    """How a worker works.

    Attributes:
        database_patience_s: how long an unavailable Postgres is waited for at the start.
        lease_s: a capture whose worker does not beat for so long is taken over.
        batch: captures claimed at once, to be read ahead.
        readers: threads that read S3 and parse.
        attempts: failures, or dead workers, before a capture is quarantined.
        backoff_s: after a first failure; doubled by every other.
        not_yet_s: a capture that waits for another is processed again after this time.
        suspect_every_s: turns of captures that failed before, among fresh ones.
        lock_timeout_s: waiting for another capture's race.
        poll_s: looking for work, though nothing woke the worker.
        sweep_every_s, sweep_back_h: looking for lost announcements, among objects so old.
        full_sweep_every_h: looking at all of S3.
        grace_s: from SIGTERM until the capture in progress is cancelled.
        stall_s: a loop without an iteration for so long fails the liveness probe.
        snapshot_quiet_s: nothing of a season may happen for so long before its Parquet files are
            written; 0: none are written by itself.
        metrics_port: of /metrics, /healthz and /readyz; 0 for none.
    """

    database_patience_s: Annotated[float, Field(ge=0)] = 60.0
    lease_s: Seconds = 30.0
    batch: Count = 8
    readers: Count = 3
    attempts: Count = 5
    backoff_s: Seconds = 2.0
    not_yet_s: Seconds = 600.0
    suspect_every_s: Seconds = 5.0
    lock_timeout_s: Seconds = 30.0
    poll_s: Seconds = 5.0
    sweep_every_s: Seconds = 300.0
    sweep_back_h: Hours = 50.0
    full_sweep_every_h: Hours = 24.0
    grace_s: Seconds = 20.0
    stall_s: Seconds = 300.0
    snapshot_quiet_s: Annotated[float, Field(ge=0)] = 60.0
    metrics_port: Port = 9101
    metrics_host: str = ANY  # probes and Prometheus come from outside the pod
