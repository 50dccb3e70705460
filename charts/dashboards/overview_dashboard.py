"""Overview: pods, SLOs and their error budgets, Seasons, the database."""

from collections.abc import Iterator

from grafana_foundation_sdk.builders.dashboard import Dashboard
from panels import (
    ALL,
    API,
    GREEN,
    LEDGER,
    OPERATOR,
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
    rows,
)

_SLOS = {
    "ingest_runs": "ingest: runs on time",
    "api_availability": "API: no 5xx",
    "api_latency": "API: within 500 ms",
    "processing_lag": "processing: within 10 min",
}


def dashboard() -> Dashboard:
    """The dashboard."""
    return board(
        "overview",
        "F1 / Overview",
        "Whether the installation works, keeps its objectives, and what needs a person.",
        since="now-24h",
        parts=_parts(),
    )


def _parts() -> Iterator[Part]:
    yield number(
        "Pods that respond",
        "Pods of each program that answer Prometheus.",
        Query(f"sum(up{{{API}}})", "API"),
        Query(f"sum(up{{{WORKER}}})", "worker"),
        Query(f"sum(up{{{OPERATOR}}})", "operator"),
        width=6,
        first=RED,
        steps=[(1, GREEN)],
        runbooks=["F1ApiDown", "F1WorkerDown", "F1OperatorDown"],
    )
    yield number(
        "API uptime",
        "Share of the time shown in which at least one pod of the API responded.",
        Query(f"avg_over_time(max(up{{{API}}})[$__range:$__rate_interval])"),
        unit="percentunit",
        first=RED,
        steps=[(0.99, YELLOW), (0.999, GREEN)],
        decimals=2,
        runbooks=["F1ApiDown"],
    )
    yield number(
        "Database",
        "Whether the programs can use Postgres.",
        Query(f"min(max by (job) (f1_database_up{{{LEDGER}}}))"),
        first=RED,
        steps=[(1, GREEN)],
        words={"0": ("unavailable", RED), "1": ("available", GREEN)},
        runbooks=["F1DatabaseUnavailable"],
    )
    yield number(
        "Firing alerts",
        "Alerts of this release that fire now; each has a runbook.",
        Query(f'count(ALERTS{{{RECORDED}, alertstate="firing", alertname=~"F1.+"}}) or vector(0)'),
        width=5,
        steps=[(1, RED)],
    )
    yield number(
        "Captures that need a person",
        "Captures that are held or quarantined.",
        Query(f'sum(max by (state) (f1_ledger_captures{{{LEDGER}, state=~"held|quarantined"}}))'),
        width=5,
        steps=[(1, YELLOW)],
        runbooks=["F1CapturesQuarantined", "F1CapturesHeld"],
    )
    yield Row("Service level objectives")
    yield bars(
        "Error budget left",
        "Of the time shown: 100% is unused, 0% is used up. docs/slo.md has the definitions.",
        *(Query(_left(slo), legend) for slo, legend in _SLOS.items()),
        first=RED,
        steps=[(0.1, YELLOW), (0.5, GREEN)],
        runbooks=["F1IngestErrorBudgetBurn", "F1ApiAvailabilityErrorBudgetBurn"],
    )
    yield lines(
        "Burn rate over 1 hour",
        "How many times faster than allowed the error budget is used: above 1 it does not "
        "last, 14.4 for an hour is a page.",
        *(
            Query(
                f"f1:{slo}:error_ratio_1h{{{RECORDED}}} / on () "
                f'(1 - f1:slo:objective{{{RECORDED}, slo="{slo}"}})',
                legend,
            )
            for slo, legend in _SLOS.items()
        ),
        width=16,
        steps=[(1, YELLOW), (14.4, RED)],
        runbooks=["F1ApiLatencyErrorBudgetBurn", "F1ProcessingLagErrorBudgetBurn"],
    )
    yield Row("Seasons")
    yield rows(
        "Seasons",
        "1 where a condition holds. Stalled and Degraded Seasons need a person.",
        Query(f"max by (season, condition) (f1_operator_season_condition{{{OPERATOR}}})"),
        columns=("season", "condition"),
        runbooks=["F1SeasonStalled", "F1SeasonDegraded"],
    )
    yield lines(
        "Seasons by phase",
        "What the operator has seen; docs/seasons describes the phases.",
        Query(f"max by (phase) (f1_operator_seasons{{{OPERATOR}}}) > 0", "{{phase}}"),
        stacked=True,
        runbooks=["F1OperatorStuck"],
    )
    yield Row("Database and programs")
    yield lines(
        "Short query of each program",
        "A connection's check and a query without tables, as each program measures it.",
        Query(f"max by (job) (f1_database_probe_seconds{{{LEDGER}}})", "{{job}}"),
        unit="s",
        steps=[(0.5, YELLOW)],
        width=9,
        runbooks=["F1DatabaseSlow", "F1DatabaseUnavailable"],
    )
    yield lines(
        "Memory by pod",
        "Resident memory of each process.",
        Query(f"max by (pod) (process_resident_memory_bytes{{{ALL}}})", "{{pod}}"),
        unit="bytes",
        width=9,
        runbooks=["F1CrashLoop"],
    )
    yield rows(
        "Versions",
        "Builds that run; two of one program are an unfinished rollout.",
        Query(f"count by (program, version) (f1_build_info{{{ALL}}})"),
        width=6,
    )


def _left(slo: str) -> str:
    objective = f'f1:slo:objective{{{RECORDED}, slo="{slo}"}}'
    return f"1 - ({_bad_share(slo)}) / on () (1 - {objective})"


def _bad_share(slo: str) -> str:
    if slo == "processing_lag":
        return f"avg(avg_over_time(f1:processing_lag:bad{{{RECORDED}}}[$__range]))"
    if slo == "ingest_runs":
        bad = _runs('outcome!~"on_time|source_unavailable"')
        counted = _runs('outcome!="source_unavailable"')
        return f"{bad} / ({counted} > 0)"
    bad, all_ = {
        "api_availability": ("errors", "requests"),
        "api_latency": ("slow", "measured"),
    }[slo]
    bad_sum = f"sum(increase(f1:api_{bad}:count{{{RECORDED}}}[$__range]))"
    return f"{bad_sum} / (sum(increase(f1:api_{all_}:count{{{RECORDED}}}[$__range])) > 0)"


def _runs(outcome: str) -> str:
    count = f"f1:ingest_runs:count{{{RECORDED}, {outcome}}}"
    return f"sum({count} - min_over_time({count}[$__range]))"
