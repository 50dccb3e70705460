"""Prometheus metrics of the API.

Labels are bounded: `endpoint` is a route's template, everything else is ``unknown``; `method` is
one of HTTP's own, or ``other``.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from f1_api.cache import AnswerCache

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"))
_BUCKETS = (
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
)  # fmt: skip


class Metrics:
    """The metrics of one running API, in a registry of their own."""

    def __init__(self, cache: AnswerCache) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._requests = Counter(
            "http_requests",
            "Requests answered.",
            ["method", "endpoint", "status"],
            registry=self.registry,
        )
        self._latency = Histogram(
            "http_request_latency_seconds",
            "From the request's headers to the answer's last byte.",
            ["method", "endpoint"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._cached = Counter(
            "f1_api_cache_hits", "Requests answered from the cache.", registry=self.registry
        )
        for name, text, read in (
            ("f1_api_cache_bytes", "Memory that cached answers take.", lambda: cache.size),
            ("f1_api_cache_answers", "Answers in the cache.", lambda: len(cache)),
            (
                "f1_api_cache_certain",
                "1 while changes are heard of and the cache is used.",
                lambda: cache.certain,
            ),
        ):
            Gauge(name, text, registry=self.registry).set_function(read)
        # Looking up a label's child costs more than counting.
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count(
        self, method: str, endpoint: str, status: int, seconds: float, *, cached: bool
    ) -> None:
        """Count a request, whether it came from the cache or not."""
        method = method if method in _METHODS else "other"
        children = self._children.get((method, endpoint, status))
        if children is None:
            children = self._children[method, endpoint, status] = (
                self._requests.labels(method, endpoint, str(status)),
                self._latency.labels(method, endpoint),
            )
        children[0].inc()
        children[1].observe(seconds)
        if cached:
            self._cached.inc()

    def render(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)
