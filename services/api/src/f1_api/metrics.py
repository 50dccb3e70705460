"""Prometheus metrics of the API.

Labels are bounded: `endpoint` is a route's template, everything else is ``unknown``; `method` is
one of HTTP's own, or ``other``.

Only the event loop's thread counts requests, in plain numbers. The locks of the client library's
counters would add a twentieth to the cost of a cached answer.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from f1_api.http.cache import AnswerCache

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"))
_BUCKETS = (
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
)  # fmt: skip
_BOUNDS = (*map(str, _BUCKETS), "+Inf")


_PROBES = frozenset(("/livez", "/healthz", "/readyz"))
"""Endpoints for programs, which request them every few seconds."""


class Answered(NamedTuple):
    """Responses to users; `p95_ms` is None without any."""

    requests: int
    errors: int
    p95_ms: float | None


class _Latency:
    """A histogram of latencies: a number for each bucket, and the sum in seconds."""

    __slots__ = ("buckets", "total")

    def __init__(self) -> None:
        self.buckets = [0] * len(_BOUNDS)
        self.total = 0.0


class Metrics(Collector):
    """The metrics of one running API, in a separate registry."""

    def __init__(self, cache: AnswerCache) -> None:
        self.started_at = datetime.now(UTC)
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._requests: dict[tuple[str, str, int], int] = {}
        self._latency: dict[tuple[str, str], _Latency] = {}
        self._hits = 0
        for name, text, read in (
            ("f1_api_cache_bytes", "Memory of cached responses, in bytes.", lambda: cache.size),
            ("f1_api_cache_answers", "Responses in the cache.", lambda: len(cache)),
            (
                "f1_api_cache_certain",
                "1 while notifications of changes arrive and the cache is used, otherwise 0.",
                lambda: cache.certain,
            ),
        ):
            Gauge(name, text, registry=self.registry).set_function(read)
        self.registry.register(self)

    def count(
        self, method: str, endpoint: str, status: int, seconds: float, *, cached: bool
    ) -> None:
        """Count a request, whether it came from the cache or not; from one thread only."""
        method = method if method in _METHODS else "other"
        key = (method, endpoint, status)
        self._requests[key] = self._requests.get(key, 0) + 1
        latency = self._latency.get((method, endpoint))
        if latency is None:
            latency = self._latency[method, endpoint] = _Latency()
        latency.buckets[bisect_left(_BUCKETS, seconds)] += 1
        latency.total += seconds
        self._hits += cached

    def show_connections(self, read: Callable[[], int]) -> None:
        """Add a gauge for the number of connections of clients."""
        Gauge("f1_api_connections", "Connections of clients.", registry=self.registry).set_function(
            read
        )

    def count_refused(self, status: int) -> None:
        """Count a request that was refused before it had a method or an address."""
        key = ("other", "unknown", status)
        self._requests[key] = self._requests.get(key, 0) + 1

    def answered(self) -> Answered:
        """All responses since the start, except those to probes."""
        requests = {
            key: count for key, count in self._requests.copy().items() if key[1] not in _PROBES
        }
        latencies = [
            latency.buckets
            for (_, endpoint), latency in self._latency.copy().items()
            if endpoint not in _PROBES
        ]
        errors = sum(count for (_, _, status), count in requests.items() if status >= 500)
        buckets = [sum(counts) for counts in zip(*latencies, strict=True)]
        return Answered(sum(requests.values()), errors, _quantile_ms(0.95, buckets))

    def render(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)

    def collect(self) -> Iterator[Metric]:
        """For the registry; from any thread."""
        requests = CounterMetricFamily(
            "http_requests", "Requests answered.", labels=["method", "endpoint", "status"]
        )
        for (method, endpoint, status), count in self._requests.copy().items():
            requests.add_metric([method, endpoint, str(status)], count)
        yield requests
        latencies = HistogramMetricFamily(
            "http_request_latency_seconds",
            "Time from the request's headers to the response's last byte.",
            labels=["method", "endpoint"],
        )
        for labels, latency in self._latency.copy().items():
            counts = list(zip(_BOUNDS, accumulate(latency.buckets), strict=True))
            latencies.add_metric(list(labels), counts, latency.total)
        yield latencies
        hits = CounterMetricFamily("f1_api_cache_hits", "Requests served from the cache.")
        hits.add_metric([], self._hits)
        yield hits


def _quantile_ms(part: float, buckets: Sequence[int]) -> float | None:
    """As Prometheus' ``histogram_quantile``: values are spread evenly within a bucket, and values
    above the last bound count as that bound.
    """
    rank = sum(buckets) * part
    if not rank:
        return None
    below = 0
    for low, high, count in zip((0.0, *_BUCKETS), _BUCKETS, buckets, strict=False):
        if below + count >= rank:
            return 1000 * (low + (high - low) * (rank - below) / count)
        below += count
    return 1000 * _BUCKETS[-1]
