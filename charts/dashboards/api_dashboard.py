"""The API: rate, errors and latency by endpoint, the cache, its processes."""

from grafana_foundation_sdk.builders.dashboard import Dashboard
from panels import API, GREEN, NO_PROBES, RED, YELLOW, Query, bars, board, lines, number, row

_CLIENTS = f"{API}, {NO_PROBES}"
_REQUESTS = f"http_requests_total{{{_CLIENTS}}}"
_ERRORS = f'http_requests_total{{{_CLIENTS}, status=~"5.."}}'
_BUCKETS = f"http_request_latency_seconds_bucket{{{_CLIENTS}}}"


def dashboard() -> Dashboard:
    """The dashboard."""
    built = board(
        "api",
        "F1 / API",
        "Requests of clients, without probes: how many, how fast, how many fail; the cache.",
    )
    for panel in (
        number(
            "Requests",
            "Requests of clients a second.",
            Query(f"sum({_rate(_REQUESTS)})"),
            unit="reqps",
            runbooks=["F1ApiDown"],
        ),
        number(
            "Errors",
            "Share of responses that are 5xx.",
            Query(_error_ratio()),
            unit="percentunit",
            steps=[(0.001, YELLOW), (0.05, RED)],
            decimals=2,
            runbooks=["F1ApiErrorRateHigh"],
        ),
        number(
            "Latency, p95",
            "95% of responses were sent within this time; the objective is 500 ms.",
            Query(_quantile(0.95)),
            unit="s",
            steps=[(0.25, YELLOW), (0.5, RED)],
            runbooks=["F1ApiLatencyErrorBudgetBurn"],
        ),
        number(
            "From the cache",
            "Share of requests that were answered from memory.",
            Query(f"sum({_rate(f'f1_api_cache_hits_total{{{API}}}')}) / sum({_rate(_REQUESTS)})"),
            unit="percentunit",
        ),
        number(
            "Cache in use",
            "Pods that hear of changes and use their cache, of all.",
            Query(f"sum(f1_api_cache_certain{{{API}}}) / count(f1_api_cache_certain{{{API}}})"),
            unit="percentunit",
            first=RED,
            steps=[(0.5, YELLOW), (1, GREEN)],
            runbooks=["F1DatabaseUnavailable"],
        ),
        number(
            "Connections",
            "Open connections of clients, of all pods.",
            Query(f"sum(f1_api_connections{{{API}}})"),
        ),
    ):
        built = built.with_panel(panel)
    built = built.with_row(row("All endpoints"))
    for panel_of_all in (
        lines(
            "Responses by status",
            "Responses a second.",
            Query(f"sum by (status) ({_rate(_REQUESTS)})", "{{status}}"),
            unit="reqps",
            stacked=True,
            width=8,
            runbooks=["F1ApiErrorRateHigh"],
        ),
        lines(
            "Share of 5xx",
            "More than 5% for 5 minutes is a page.",
            Query(_error_ratio(), "5xx"),
            unit="percentunit",
            steps=[(0.05, RED)],
            width=8,
            runbooks=["F1ApiErrorRateHigh", "F1ApiAvailabilityErrorBudgetBurn"],
        ),
        lines(
            "Latency",
            "Time from the request's headers to the response's last byte.",
            *(Query(_quantile(q), f"p{q * 100:g}") for q in (0.5, 0.95, 0.99)),
            unit="s",
            steps=[(0.5, RED)],
            width=8,
            runbooks=["F1ApiLatencyErrorBudgetBurn"],
        ),
    ):
        built = built.with_panel(panel_of_all)
    built = built.with_row(row("By endpoint"))
    for by_endpoint in (
        lines(
            "Requests by endpoint",
            "The ten busiest; an endpoint is a route's template.",
            Query(f"topk(10, sum by (endpoint) ({_rate(_REQUESTS)}))", "{{endpoint}}"),
            unit="reqps",
            height=9,
            runbooks=["F1ApiDown"],
        ),
        lines(
            "Latency by endpoint, p95",
            "The ten slowest.",
            Query(f"topk(10, {_quantile(0.95, 'endpoint')})", "{{endpoint}}"),
            unit="s",
            steps=[(0.5, RED)],
            height=9,
            runbooks=["F1ApiLatencyErrorBudgetBurn"],
        ),
        bars(
            "Share of 5xx by endpoint",
            "The ten worst, now.",
            Query(f"topk(10, {_error_ratio('endpoint')})", "{{endpoint}}"),
            width=12,
            height=9,
            steps=[(0.001, YELLOW), (0.05, RED)],
            runbooks=["F1ApiErrorRateHigh"],
        ),
        bars(
            "Slowest endpoints, mean",
            "Mean latency of the ten slowest, now.",
            Query(f"topk(10, {_mean()})", "{{endpoint}}"),
            unit="s",
            width=12,
            height=9,
            steps=[(0.25, YELLOW), (0.5, RED)],
            runbooks=["F1ApiLatencyErrorBudgetBurn"],
        ),
    ):
        built = built.with_panel(by_endpoint)
    built = built.with_row(row("Cache and processes"))
    for inside in (
        lines(
            "Answers from the cache",
            "Requests a second that were answered from memory, and all.",
            Query(f"sum({_rate(f'f1_api_cache_hits_total{{{API}}}')})", "from the cache"),
            Query(f"sum({_rate(_REQUESTS)})", "all"),
            unit="reqps",
            width=6,
        ),
        lines(
            "Memory of the cache",
            "By pod; at F1_API_CACHE_MB the oldest answers are dropped.",
            Query(f"f1_api_cache_bytes{{{API}}}", "{{pod}}"),
            unit="bytes",
            width=6,
        ),
        lines(
            "Answers in the cache",
            "By pod; a change of the data drops them all.",
            Query(f"f1_api_cache_answers{{{API}}}", "{{pod}}"),
            width=6,
        ),
        lines(
            "CPU",
            "Cores in use by each pod; one process uses one at most.",
            Query(_rate(f"process_cpu_seconds_total{{{API}}}"), "{{pod}}"),
            width=6,
            runbooks=["F1ApiLatencyErrorBudgetBurn"],
        ),
    ):
        built = built.with_panel(inside)
    return built


def _rate(series: str) -> str:
    return f"rate({series}[$__rate_interval])"


def _quantile(q: float, by: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, sum by ({labels}) ({_rate(_BUCKETS)}))"


def _mean() -> str:
    total, count = (
        f"sum by (endpoint) ({_rate(f'http_request_latency_seconds_{part}{{{_CLIENTS}}}')})"
        for part in ("sum", "count")
    )
    return f"{total} / ({count} > 0)"


def _error_ratio(by: str = "") -> str:
    """0 where there are requests and no errors, not nothing."""
    total = f"sum by ({by}) ({_rate(_REQUESTS)})" if by else f"sum({_rate(_REQUESTS)})"
    errors = f"sum by ({by}) ({_rate(_ERRORS)})" if by else f"sum({_rate(_ERRORS)})"
    return f"({errors} or 0 * {total}) / ({total} > 0)"
