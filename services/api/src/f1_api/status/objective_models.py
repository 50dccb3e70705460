"""Models of service level objectives and measured service levels."""

from datetime import datetime
from typing import Annotated

from msgspec import Struct

from f1_api.descriptions import doc


class ScheduledRuns(Struct, frozen=True, kw_only=True):
    """Scheduled runs of ingest in 28 days; runs that never began are not counted."""

    runs: Annotated[int, doc("scheduled at least ten minutes ago")]
    on_time: Annotated[int, doc("succeeded within ten minutes of their schedule")]
    source_unavailable: Annotated[int, doc("failed because their source was unavailable")]
    ratio: Annotated[float | None, doc("on_time / (runs - source_unavailable); null: no such run")]
    objective: float = 0.99


class ProcessingLag(Struct, frozen=True, kw_only=True):
    """From a capture's announcement to its rows."""

    now_seconds: Annotated[float | None, doc("of the oldest new pending capture; null: none")]
    captures: Annotated[int, doc("announced in the last 28 days and processed")]
    p95_seconds: Annotated[
        float | None, doc("of those, until they were last processed; null: none")
    ]
    objective_seconds: float = 600.0


class Answers(Struct, frozen=True, kw_only=True):
    """Responses of this process, without probes and metrics."""

    since: Annotated[datetime, doc("start of this process")]
    requests: int
    p95_ms: Annotated[
        float | None, doc("estimated from the histogram in /metrics; null: no request")
    ]
    error_ratio: Annotated[
        float | None, doc("responses with status 500 and above / all; null: no request")
    ]
    objective_ms: float = 500.0


class Objectives(Struct, frozen=True):
    """Measured service levels, and their objectives."""

    scheduled_runs: ScheduledRuns
    processing_lag: ProcessingLag
    answers: Annotated[Answers, doc("of the process that responds")]
