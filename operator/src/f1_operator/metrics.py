"""The operator's own metrics, served at /metrics."""

from collections.abc import Callable, Iterable, Iterator
from typing import get_args

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from f1_core.metrics.build_info import show_build
from f1_operator.season.condition import READY, STALLED
from f1_operator.season.resource import Phase, Season

_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

reconcile_seconds = Histogram(
    "f1_operator_reconcile_seconds", "Duration of the reconcile of one Season.", buckets=_BUCKETS
)
reconciles = Counter(
    "f1_operator_reconciles_total", "Reconciles of one Season, by outcome.", ["outcome"]
)
queue_depth = Gauge("f1_operator_queue_depth", "Seasons that wait in the queue.")
seasons = Gauge("f1_operator_seasons", "Seasons by phase.", ["phase"])
oldest_seen = Gauge(
    "f1_operator_oldest_seen_timestamp_seconds",
    "Oldest time of a last reconcile over all Seasons; 0 without Seasons.",
)
resync = Gauge("f1_operator_resync_timestamp_seconds", "When all Seasons were last listed.")
watch_events = Counter("f1_operator_watch_events_total", "Changes delivered by watches.", ["kind"])
watch_restarts = Counter(
    "f1_operator_watch_restarts_total", "Watches that failed and were restarted."
)
leading = Gauge("f1_operator_leading", "1 while this replica holds the Lease.")
plans = Gauge("f1_operator_plans_running", "Plan Jobs that run, of F1_OPERATOR_PLANS_AT_ONCE.")
kubernetes_requests = Counter(
    "f1_operator_kubernetes_requests_total",
    "Requests to Kubernetes; code 0: no response. Watches are not counted.",
    ["verb", "resource", "code"],
)
kubernetes_seconds = Histogram(
    "f1_operator_kubernetes_seconds", "Duration of requests to Kubernetes.", ["verb", "resource"]
)
api_requests = Counter(
    "f1_operator_api_requests_total", "Requests to our API; code 0: no response.", ["code"]
)


class SeasonConditions(Collector):
    """Whether each Season is Ready, Stalled or Degraded; a Season that is gone has no series.

    The label `season` is `namespace/name`. `Degraded` is a phase, the others are conditions.

    Attributes:
        read: returns the Seasons in the cache of this replica.
    """

    def __init__(self) -> None:
        self.read: Callable[[], Iterable[Season]] = tuple

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """The metric without its series."""
        yield self._family()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Three series per Season."""
        family = self._family()
        for season in self.read():
            holding = {one.type for one in season.status.conditions if one.status == "True"}
            if season.status.phase == "Degraded":
                holding.add("Degraded")
            for condition in (READY, STALLED, "Degraded"):
                family.add_metric([season.key, condition], condition in holding)
        yield family

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily(
            "f1_operator_season_condition",
            "1 if the condition of the Season holds, 0 if not or if that is unknown.",
            labels=["season", "condition"],
        )


season_conditions = SeasonConditions()
REGISTRY.register(season_conditions)
show_build("f1-operator")


def read_from(
    *,
    seasons_now: Callable[[], Iterable[Season]],
    count: Callable[[str], int],
    depth: Callable[[], int],
    oldest: Callable[[], float],
) -> None:
    """Read these at each scrape: Seasons and their phases, the queue, the oldest reconcile."""
    season_conditions.read = seasons_now
    for phase in get_args(Phase):
        seasons.labels(phase).set_function(lambda phase=phase: count(phase))  # type: ignore[misc]
    queue_depth.set_function(depth)
    oldest_seen.set_function(oldest)
