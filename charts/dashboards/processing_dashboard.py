"""Processing: duration and waiting time of captures, the ledger, aggregates, snapshots."""

from collections.abc import Iterator

from grafana_foundation_sdk.builders.dashboard import Dashboard
from panels import LEDGER, RED, WORKER, YELLOW, Part, Query, Row, board, lines, number, quantile

_SECONDS = f"f1_processing_seconds_bucket{{{WORKER}}}"
_LAG = f"f1_processing_lag_seconds_bucket{{{WORKER}}}"
_AGGREGATED = f'{WORKER}, resource=~"laps|pitstops"'


def dashboard() -> Dashboard:
    """The dashboard."""
    return board(
        "processing",
        "F1 / Processing",
        "From captures in S3 to rows and aggregates in Postgres.",
        parts=_parts(),
    )


def _parts() -> Iterator[Part]:
    yield number(
        "Oldest capture that waits",
        "Age of the oldest new capture that could be processed; 0: there is none.",
        Query(f"max(f1_ledger_oldest_open_seconds{{{LEDGER}}})"),
        unit="s",
        width=6,
        steps=[(300, YELLOW), (600, RED)],
        runbooks=["F1ProcessingLagErrorBudgetBurn"],
    )
    yield number(
        "Captures that wait",
        "Pending, or at a worker.",
        Query(f'sum(max by (state) (f1_ledger_captures{{{LEDGER}, state=~"pending|processing"}}))'),
        width=6,
        runbooks=["F1ProcessingLagErrorBudgetBurn"],
    )
    yield number(
        "Need a person",
        "Captures that are held, and that are quarantined.",
        Query(f'max(f1_ledger_captures{{{LEDGER}, state="held"}})', "held"),
        Query(f'max(f1_ledger_captures{{{LEDGER}, state="quarantined"}})', "quarantined"),
        width=6,
        steps=[(1, YELLOW)],
        runbooks=["F1CapturesHeld", "F1CapturesQuarantined"],
    )
    yield number(
        "Raw objects unreadable or changed",
        "Objects in S3 that sweeps passed over, and captures whose object is another one now.",
        Query(
            f"max(f1_unreadable_objects{{{LEDGER}}}) + max(f1_ledger_changed_objects{{{LEDGER}}})"
        ),
        width=6,
        steps=[(1, RED)],
        runbooks=["F1RawObjectsUnreadable"],
    )
    yield Row("Duration and lag")
    yield lines(
        "Processing duration",
        "From reading a capture in S3 to its commit.",
        *(Query(quantile(q, _SECONDS), f"p{q * 100:g}") for q in (0.5, 0.95, 0.99)),
        unit="s",
        width=8,
        runbooks=["F1ProcessingSlow"],
    )
    yield lines(
        "Duration by resource, p95",
        "Archives take minutes; others hundredths of a second.",
        Query(quantile(0.95, _SECONDS, "resource"), "{{resource}}"),
        unit="s",
        width=8,
        runbooks=["F1ProcessingSlow"],
    )
    yield lines(
        "Lag of new captures",
        "From the announcement by ingest to the commit of the rows, waits included.",
        *(Query(quantile(q, _LAG), f"p{q * 100:g}") for q in (0.5, 0.95)),
        unit="s",
        width=8,
        runbooks=["F1ProcessingLagErrorBudgetBurn"],
    )
    yield lines(
        "Aggregation latency",
        "Mean time in which a capture of laps or pit stops became rows and aggregates, which "
        "are one transaction: over an hour, and over a day for the trend.",
        Query(_mean("1h"), "1 hour"),
        Query(_mean("1d"), "1 day"),
        unit="s",
        runbooks=["F1ProcessingSlow"],
    )
    yield lines(
        "Wait of the oldest capture",
        "The objective is 10 minutes.",
        Query(f"max(f1_ledger_oldest_open_seconds{{{LEDGER}}})", "oldest"),
        unit="s",
        steps=[(600, RED)],
        runbooks=["F1ProcessingLagErrorBudgetBurn"],
    )
    yield Row("Ledger")
    yield lines(
        "Captures by state",
        "All captures that were ever made.",
        Query(f"max by (state) (f1_ledger_captures{{{LEDGER}}})", "{{state}}"),
        stacked=True,
        width=8,
        runbooks=["F1CapturesQuarantined"],
    )
    yield lines(
        "Captures processed",
        "By what became of them, a second.",
        Query(
            f"sum by (state) (rate(f1_processed_files_total{{{WORKER}}}[$__rate_interval]))",
            "{{state}}",
        ),
        unit="cps",
        width=8,
        stacked=True,
        runbooks=["F1WorkerDown"],
    )
    yield lines(
        "Slices that wait",
        "Slices of captures, of archives too, that are held or quarantined.",
        Query(f"max by (state) (f1_ledger_waiting_slices{{{LEDGER}}})", "{{state}}"),
        width=8,
        runbooks=["F1CapturesHeld"],
    )
    yield Row("Worker")
    yield lines(
        "Seasons whose Parquet files are behind",
        "Files under processed/ in S3 are written when a season has been quiet for a minute.",
        Query(f"max(f1_snapshots_behind{{{WORKER}}})", "behind"),
        width=6,
        runbooks=["F1SnapshotsBehind"],
    )
    yield lines(
        "Time since the last full sweep",
        "A sweep over S3 finds captures whose announcement was lost; it runs once a day.",
        Query(f"time() - (max(f1_ledger_swept_timestamp_seconds{{{LEDGER}}}) > 0)", "last sweep"),
        unit="s",
        steps=[(172800, RED)],
        width=6,
        runbooks=["F1SweepOverdue", "F1DatabaseBehindS3"],
    )
    yield lines(
        "Errors of threads",
        "Unexpected errors in 15 minutes; after each the thread's work begins again.",
        Query(
            f"sum by (thread) (increase(f1_thread_failures_total{{{WORKER}}}[15m]))",
            "{{thread}}",
        ),
        width=6,
        runbooks=["F1ThreadFailing"],
    )
    yield lines(
        "CPU of workers",
        "Cores in use by each pod.",
        Query(f"rate(process_cpu_seconds_total{{{WORKER}}}[$__rate_interval])", "{{pod}}"),
        width=6,
        runbooks=["F1ProcessingSlow"],
    )


def _mean(window: str) -> str:
    total, count = (
        f"sum(rate(f1_processing_seconds_{part}{{{_AGGREGATED}}}[{window}]))"
        for part in ("sum", "count")
    )
    return f"{total} / {count}"
