"""The worker's own settings, from the environment with the prefix F1_WORKER_."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from f1_core.program.listening import ANY
from f1_core.settings import Port, Seconds

Hours = Seconds
Count = Annotated[int, Field(ge=1, le=100)]


class WorkerSettings(BaseSettings, env_prefix="F1_WORKER_", extra="ignore"):
    """Settings of a worker.

    Attributes:
        database_patience_s: how long to wait for an unavailable Postgres at the start.
        lease_s: time without a heartbeat after which another worker may claim a capture.
        batch: captures that are claimed together and read ahead.
        readers: threads that read S3 and parse.
        attempts: failures, or dead workers, until a capture is quarantined.
        backoff_s: pause after the first failure; each other failure doubles it.
        not_yet_s: a capture that waits for another is processed again after this time.
        suspect_every_s: interval of captures that failed before, among new ones.
        lock_timeout_s: wait for the lock of a race that another worker has.
        poll_s: interval of polls for captures without notification.
        sweep_every_s, sweep_back_h: interval of sweeps of recent objects, and their age.
        full_sweep_every_h: interval of sweeps of all of S3.
        grace_s: time from SIGTERM until the capture in progress is cancelled.
        stall_s: time without an iteration of the loop after which the liveness probe fails.
        snapshot_quiet_s: time without changes of a season until its Parquet files are written; 0:
            they are not written automatically.
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
    metrics_host: str = ANY  # probes and Prometheus connect from outside the pod
