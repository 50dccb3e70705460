"""Service levels, from what Postgres and this process have counted."""

from f1_api.metrics import Metrics
from f1_api.models import Answers, Objectives, ProcessingLag, ScheduledRuns
from f1_api.pool import Snapshot


def read(snapshot: Snapshot, metrics: Metrics) -> Objectives:
    """Read them; what nothing was counted for is null."""
    runs, on_time, source_unavailable = snapshot.rows("runs_on_time")[0]
    counted = runs - source_unavailable
    now_s, captures, p95_s = snapshot.rows("processing_lag")[0]
    answered = metrics.answered()
    return Objectives(
        scheduled_runs=ScheduledRuns(
            runs=runs,
            on_time=on_time,
            source_unavailable=source_unavailable,
            ratio=on_time / counted if counted else None,
        ),
        processing_lag=ProcessingLag(
            now_seconds=_rounded(now_s), captures=captures, p95_seconds=_rounded(p95_s)
        ),
        answers=Answers(
            since=metrics.started_at,
            requests=answered.requests,
            p95_ms=_rounded(answered.p95_ms),
            error_ratio=answered.errors / answered.requests if answered.requests else None,
        ),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
