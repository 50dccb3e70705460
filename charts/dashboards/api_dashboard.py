"""The API: rate, errors and latency by endpoint, the cache, its processes."""

from collections.abc import Iterator

from grafana_foundation_sdk.builders.dashboard import Dashboard
from panels import (
    API,
    GREEN,
    NO_PROBES,
    RED,
    YELLOW,
    Part,
    Query,
    Row,
    bars,
    board,
    lines,
    number,
    quantile,
    rate,
)

_CLIENTS = f"{API}, {NO_PROBES}"
_REQUESTS = f"http_requests_total{{{_CLIENTS}}}"
_ERRORS = f'http_requests_total{{{_CLIENTS}, status=~"5.."}}'
_BUCKETS = f"http_request_latency_seconds_bucket{{{_CLIENTS}}}"


def dashboard() -> Dashboard:
    """The dashboard."""
    return board(
        "api",
        "F1 / API",
        "Requests of clients, without probes: how many, how fast, how many fail; the cache.",
        parts=_parts(),
    )


def _parts() -> Iterator[Part]:
    yield number(
        "Requests",
        "Requests of clients a second.",
        Query(f"sum({rate(_REQUESTS)})"),
        unit="reqps",
        runbooks=["F1ApiDown"],
    )
    yield number(
        "Errors",
        "Share of responses that are 5xx.",
        Query(_error_ratio()),
        unit="percentunit",
        steps=[(0.001, YELLOW), (0.05, RED)],
        decimals=2,
        runbooks=["F1ApiErrorRateHigh"],
    )
    yield number(
        "Latency, p95",
        "95% of responses were sent within this time; the objective is 500 ms.",
        Query(quantile(0.95, _BUCKETS)),
        unit="s",
        steps=[(0.25, YELLOW), (0.5, RED)],
        runbooks=["F1ApiLatencyErrorBudgetBurn"],
    )
    yield number(
        "From the cache",
        "Share of requests that were answered from memory.",
        Query(f"sum({rate(f'f1_api_cache_hits_total{{{API}}}')}) / sum({rate(_REQUESTS)})"),
        unit="percentunit",
    )
    yield number(
        "Cache in use",
        "Pods that hear of changes and use their cache, of all.",
        Query(f"sum(f1_api_cache_certain{{{API}}}) / count(f1_api_cache_certain{{{API}}})"),
        unit="percentunit",
        first=RED,
        steps=[(0.5, YELLOW), (1, GREEN)],
        runbooks=["F1DatabaseUnavailable"],
    )
    yield number(
        "Connections",
        "Open connections of clients, of all pods.",
        Query(f"sum(f1_api_connections{{{API}}})"),
    )
    yield Row("All endpoints")
    yield lines(
        "Responses by status",
        "Responses a second.",
        Query(f"sum by (status) ({rate(_REQUESTS)})", "{{status}}"),
        unit="reqps",
        stacked=True,
        width=8,
        runbooks=["F1ApiErrorRateHigh"],
    )
    yield lines(
        "Share of 5xx",
        "More than 5% for 5 minutes is a page.",
        Query(_error_ratio(), "5xx"),
        unit="percentunit",
        steps=[(0.05, RED)],
        width=8,
        runbooks=["F1ApiErrorRateHigh", "F1ApiAvailabilityErrorBudgetBurn"],
    )
    yield lines(
        "Latency",
        "Time from the request's headers to the response's last byte.",
        *(Query(quantile(q, _BUCKETS), f"p{q * 100:g}") for q in (0.5, 0.95, 0.99)),
        unit="s",
        steps=[(0.5, RED)],
        width=8,
        runbooks=["F1ApiLatencyErrorBudgetBurn"],
    )
    yield Row("By endpoint")
    yield lines(
        "Requests by endpoint",
        "The ten busiest; an endpoint is a route's template.",
        Query(f"topk(10, sum by (endpoint) ({rate(_REQUESTS)}))", "{{endpoint}}"),
        unit="reqps",
        height=9,
        runbooks=["F1ApiDown"],
    )
    yield lines(
        "Latency by endpoint, p95",
        "The ten slowest.",
        Query(f"topk(10, {quantile(0.95, _BUCKETS, 'endpoint')})", "{{endpoint}}"),
        unit="s",
        steps=[(0.5, RED)],
        height=9,
        runbooks=["F1ApiLatencyErrorBudgetBurn"],
    )
    yield bars(
        "Share of 5xx by endpoint",
        "The ten worst, now.",
        Query(f"topk(10, {_error_ratio('endpoint')})", "{{endpoint}}"),
        width=12,
        height=9,
        steps=[(0.001, YELLOW), (0.05, RED)],
        runbooks=["F1ApiErrorRateHigh"],
    )
    yield bars(
        "Slowest endpoints, mean",
        "Mean latency of the ten slowest, now.",
        Query(f"topk(10, {_mean()})", "{{endpoint}}"),
        unit="s",
        width=12,
        height=9,
        steps=[(0.25, YELLOW), (0.5, RED)],
        runbooks=["F1ApiLatencyErrorBudgetBurn"],
    )
    yield Row("Cache and processes")
    yield lines(
        "Answers from the cache",
        "Requests a second that were answered from memory, and all.",
        Query(f"sum({rate(f'f1_api_cache_hits_total{{{API}}}')})", "from the cache"),
        Query(f"sum({rate(_REQUESTS)})", "all"),
        unit="reqps",
        width=6,
    )
    yield lines(
        "Memory of the cache",
        "By pod; at F1_API_CACHE_MB the oldest answers are dropped.",
        Query(f"f1_api_cache_bytes{{{API}}}", "{{pod}}"),
        unit="bytes",
        width=6,
    )
    yield lines(
        "Answers in the cache",
        "By pod; a change of the data drops them all.",
        Query(f"f1_api_cache_answers{{{API}}}", "{{pod}}"),
        width=6,
    )
    yield lines(
        "CPU",
        "Cores in use by each pod; one process uses one at most.",
        Query(rate(f"process_cpu_seconds_total{{{API}}}"), "{{pod}}"),
        width=6,
        runbooks=["F1ApiLatencyErrorBudgetBurn"],
    )


def _mean() -> str:
    total, count = (
        f"sum by (endpoint) ({rate(f'http_request_latency_seconds_{part}{{{_CLIENTS}}}')})"
        for part in ("sum", "count")
    )
    return f"{total} / ({count} > 0)"


def _error_ratio(by: str = "") -> str:
    """The series, or 0 where there are requests but no errors."""
    total = f"sum by ({by}) ({rate(_REQUESTS)})" if by else f"sum({rate(_REQUESTS)})"
    errors = f"sum by ({by}) ({rate(_ERRORS)})" if by else f"sum({rate(_ERRORS)})"
    return f"({errors} or 0 * {total}) / ({total} > 0)"
