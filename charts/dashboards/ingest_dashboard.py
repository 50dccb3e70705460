"""Ingest: success of scheduled runs, freshness of the data, request budgets."""

from collections.abc import Iterator

from grafana_foundation_sdk.builders.dashboard import Dashboard
from panels import (
    GREEN,
    LEDGER,
    RECORDED,
    RED,
    WORKER,
    YELLOW,
    Part,
    Query,
    Row,
    bars,
    board,
    lines,
    number,
)

_RUNS = f"f1:ingest_runs:count{{{RECORDED}}}"


def dashboard() -> Dashboard:
    """The dashboard."""
    return board(
        "ingest",
        "F1 / Ingest",
        "Scheduled runs, freshness of each source, request budgets and S3.",
        since="now-24h",
        parts=_parts(),
    )


def _parts() -> Iterator[Part]:
    yield number(
        "Runs on time",
        "Share of scheduled runs of the time shown that succeeded within 10 minutes; an outage "
        "of the source does not count.",
        Query(f"{_counted('=', 'on_time')} / ({_counted('!=', 'source_unavailable')} > 0)"),
        unit="percentunit",
        first=RED,
        steps=[(0.99, GREEN)],
        decimals=2,
        runbooks=["F1IngestErrorBudgetBurn"],
    )
    yield number(
        "Newest scheduled poll",
        "Time since the schedule of the newest poll; one starts every 5 minutes.",
        Query(f'time() - max(f1_ingest_last_scheduled_timestamp_seconds{{{LEDGER}, kind="poll"}})'),
        unit="s",
        steps=[(900, RED)],
        runbooks=["F1IngestMissing"],
    )
    yield number(
        "Newest success",
        "Time since a run of each kind succeeded.",
        Query(
            "time() - max by (kind) (f1_ingest_last_success_timestamp_seconds"
            f'{{{LEDGER}, kind=~"poll|backfill"}})',
            "{{kind}}",
        ),
        unit="s",
        width=6,
        runbooks=["F1IngestErrorBudgetBurn"],
    )
    yield number(
        "Failures in a row",
        "Scheduled runs that failed since one succeeded, of the kind that has most.",
        Query(
            f"max(sum by (kind, source) (max by (kind, source, outcome) "
            f"(f1_ingest_failures_in_a_row{{{LEDGER}}})))"
        ),
        width=5,
        steps=[(1, YELLOW), (3, RED)],
        runbooks=["F1SourceUnavailable", "F1IngestErrorBudgetBurn"],
    )
    yield number(
        "Rate limited for",
        "How long a source has answered HTTP 429 only; 0: its last answer was another one.",
        Query(f"max({_limited_for()})"),
        unit="s",
        width=5,
        steps=[(60, YELLOW), (1800, RED)],
        runbooks=["F1SourceRateLimited"],
    )
    yield Row("Success and failure")
    yield lines(
        "Scheduled runs in the hour before, by outcome",
        "Each run counts once, by what had become of it 10 minutes after its schedule.",
        Query(f"sum by (outcome) ({_RUNS} - min_over_time({_RUNS}[1h]))", "{{outcome}}"),
        stacked=True,
        runbooks=["F1IngestErrorBudgetBurn"],
    )
    yield lines(
        "Failures in a row, by outcome",
        "Scheduled runs that failed since one succeeded.",
        Query(
            f"sum by (kind, outcome) (max by (kind, source, outcome) "
            f"(f1_ingest_failures_in_a_row{{{LEDGER}}}))",
            "{{kind}}, {{outcome}}",
        ),
        runbooks=["F1SourceUnavailable"],
    )
    yield Row("Freshness")
    yield lines(
        "Age of the newest capture",
        "Outside of race weekends a source has nothing new for days: see the schedule.",
        Query(
            f"time() - max by (source) (f1_source_newest_capture_timestamp_seconds{{{LEDGER}}})",
            "{{source}}",
        ),
        unit="s",
        runbooks=["F1IngestMissing"],
    )
    yield lines(
        "Time since the newest schedule and success",
        "A schedule without a success is a failing run.",
        Query(
            f"time() - max by (kind) (f1_ingest_last_scheduled_timestamp_seconds{{{LEDGER}}})",
            "{{kind}}: schedule",
        ),
        Query(
            "time() - max by (kind) (f1_ingest_last_success_timestamp_seconds"
            f'{{{LEDGER}, kind=~"poll|backfill"}})',
            "{{kind}}: success",
        ),
        unit="s",
        runbooks=["F1IngestMissing"],
    )
    yield Row("Request budgets and S3")
    yield bars(
        "Request budget in use",
        "Requests that count towards a source's sliding hour, of those it allows.",
        Query(f"f1:budget_used:ratio{{{RECORDED}}}", "{{source}}"),
        width=6,
        steps=[(0.9, YELLOW), (1, RED)],
        runbooks=["F1RequestBudgetExhausted"],
    )
    yield lines(
        "Requests that count, and their limit",
        "A backfill may use all but the share that is kept for the poll.",
        Query(f"max by (source) (f1_budget_spent_requests{{{LEDGER}}})", "{{source}}: in use"),
        Query(f"max by (source) (f1_budget_limit_requests{{{LEDGER}}})", "{{source}}: limit"),
        width=9,
        runbooks=["F1RequestBudgetExhausted"],
    )
    yield lines(
        "Captures that wait for a request",
        "They wait in turn, the poll first.",
        Query(f"max by (source) (f1_budget_waiting{{{LEDGER}}})", "{{source}}"),
        width=9,
        runbooks=["F1RequestBudgetExhausted"],
    )
    yield lines(
        "Source closed or rate limited for",
        "Time until the budget opens, and time since a source answers HTTP 429 only.",
        Query(
            "clamp_min(max by (source) "
            f"(f1_budget_opens_timestamp_seconds{{{LEDGER}}}) - time(), 0)",
            "{{source}}: opens in",
        ),
        Query(_limited_for(), "{{source}}: HTTP 429 for"),
        unit="s",
        runbooks=["F1SourceRateLimited"],
    )
    yield lines(
        "S3 requests of the worker, by outcome",
        "After their retries. Runs of ingest that S3 refused are counted as store_unavailable.",
        Query(
            f"sum by (outcome) (rate(f1_s3_requests_total{{{WORKER}}}[$__rate_interval]))",
            "{{outcome}}",
        ),
        unit="reqps",
        runbooks=["F1S3Refusing"],
    )


def _counted(matches: str, outcome: str) -> str:
    count = f'f1:ingest_runs:count{{{RECORDED}, outcome{matches}"{outcome}"}}'
    return f"sum({count} - min_over_time({count}[$__range]))"


def _limited_for() -> str:
    since = f"max by (source) (f1_budget_rate_limited_since_timestamp_seconds{{{LEDGER}}})"
    return f"(time() - ({since} > 0)) or 0 * {since}"
