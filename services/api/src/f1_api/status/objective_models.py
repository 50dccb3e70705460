"""What the service is meant to reach, and what it reaches."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct


class ScheduledRuns(Struct, frozen=True, kw_only=True):
    """Runs of ingest that a CronJob scheduled, over 28 days; those that never began are in none."""

    runs: Annotated[int, Meta(description="scheduled at least ten minutes ago")]
    on_time: Annotated[int, Meta(description="succeeded within ten minutes of their schedule")]
    source_unavailable: Annotated[
        int, Meta(description="failed because their source was unavailable")
    ]
    ratio: Annotated[
        float | None,
        Meta(description="on_time / (runs - source_unavailable); null: no such run"),
    ]
    objective: float = 0.99


class ProcessingLag(Struct, frozen=True, kw_only=True):
    """From a capture's announcement to its rows."""

    now_seconds: Annotated[
        float | None, Meta(description="of the oldest new pending capture; null: none")
    ]
    captures: Annotated[int, Meta(description="announced in the last 28 days and processed")]
    p95_seconds: Annotated[
        float | None,
        Meta(description="of those; one read again counts to its last reading; null: none"),
    ]
    objective_seconds: float = 600.0


class Answers(Struct, frozen=True, kw_only=True):
    """What this process has answered, probes and metrics aside."""

    since: Annotated[datetime, Meta(description="start of this process")]
    requests: int
    p95_ms: Annotated[
        float | None, Meta(description="estimated from the histogram in /metrics; null: no request")
    ]
    error_ratio: Annotated[
        float | None,
        Meta(description="responses with status 500 and above / all; null: no request"),
    ]
    objective_ms: float = 500.0


class Objectives(Struct, frozen=True):
    """Service levels: measured, and meant."""

    scheduled_runs: ScheduledRuns
    processing_lag: ProcessingLag
    answers: Annotated[Answers, Meta(description="of the process that responds")]
