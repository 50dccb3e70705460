"""The operator's own metrics, served at /metrics."""

from collections.abc import Callable
from typing import get_args

from prometheus_client import Counter, Gauge, Histogram

from f1_operator.season import Phase

_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

reconcile_seconds = Histogram(
    "f1_operator_reconcile_seconds", "Time to look at one Season and act.", buckets=_BUCKETS
)
reconciles = Counter(
    "f1_operator_reconciles_total", "Looks at one Season, by how they ended.", ["outcome"]
)
queue_depth = Gauge("f1_operator_queue_depth", "Seasons that wait to be looked at.")
seasons = Gauge("f1_operator_seasons", "Seasons by phase.", ["phase"])
oldest_seen = Gauge(
    "f1_operator_oldest_seen_timestamp_seconds",
    "When the Season was last looked at that waits longest; 0 without Seasons.",
)
resync = Gauge("f1_operator_resync_timestamp_seconds", "When all Seasons were last listed.")
watch_events = Counter("f1_operator_watch_events_total", "Changes told by watches.", ["kind"])
watch_restarts = Counter(
    "f1_operator_watch_restarts_total", "Watches that failed and were started again."
)
leading = Gauge("f1_operator_leading", "1 while this replica holds the Lease.")
plans = Gauge("f1_operator_plans_running", "Plan Jobs that run, of F1_OPERATOR_PLANS_AT_ONCE.")
kubernetes_requests = Counter(
    "f1_operator_kubernetes_requests_total",
    "Calls to Kubernetes; code 0: not answered. Watches are not counted.",
    ["verb", "resource", "code"],
)
kubernetes_seconds = Histogram(
    "f1_operator_kubernetes_seconds", "Time of calls to Kubernetes.", ["verb", "resource"]
)
api_requests = Counter(
    "f1_operator_api_requests_total", "Calls to our API; code 0: not answered.", ["code"]
)


def read_from(
    *, count: Callable[[str], int], depth: Callable[[], int], oldest: Callable[[], float]
) -> None:
    """Read these gauges when they are asked for: Seasons of a phase, the queue, the oldest look."""
    for phase in get_args(Phase):
        seasons.labels(phase).set_function(lambda phase=phase: count(phase))  # type: ignore[misc]
    queue_depth.set_function(depth)
    oldest_seen.set_function(oldest)
