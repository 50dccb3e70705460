"""Metrics of ingest's runs, read from `ingest_runs`: their pods end before they can be scraped.

A scheduled run is what a CronJob starts at one time: the attempts of its pods count once. Its
outcome is that of `ON_TIME` after its schedule and never changes later, since a counter that falls
would be read as a restart.

Rows of the last days are read each time, through the index on `started_at`; all older ones once a
day, into memory.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy import Connection, text

from f1_core.postgres.queries import query

ON_TIME = timedelta(minutes=10)
OUTCOMES = (
    "on_time",  # succeeded within ON_TIME of its schedule
    "late",  # had not ended by then
    "failed",
    "source_unavailable",
    "store_unavailable",
    "stopped",
)
FAILURES = ("failed", "source_unavailable", "store_unavailable")

RECENT = timedelta(days=8)
_BASE_EVERY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Series(NamedTuple):
    kind: str
    source: str


_Counts = dict[_Series, Counter[str]]
_Times = dict[tuple[_Series, str], float]
"""Seconds since 1970, by series and `scheduled` or `success`; absent: none."""


class IngestMetrics:
    """Reads the metrics, and caches the counts of old runs."""

    def __init__(self) -> None:
        self._base: _Counts = {}
        self._base_newest: _Times = {}
        self._base_until = _EPOCH

    def read(self, connection: Connection) -> Iterator[Metric]:
        """All metrics of ingest's runs."""
        now: datetime = connection.scalar(text("SELECT now()"))
        if self._base_until < now - RECENT - _BASE_EVERY:
            until = now - RECENT
            self._base = _counts(connection, _EPOCH, until)
            self._base_newest = _newest(connection, _EPOCH)
            self._base_until = until
        counts = {series: Counter(found) for series, found in self._base.items()}
        for series, found in _counts(connection, self._base_until, now + RECENT).items():
            counts.setdefault(series, Counter()).update(found)
        yield _by_outcome(
            CounterMetricFamily,
            "f1_ingest_scheduled_runs",
            "Runs that CronJobs scheduled, by outcome 10 minutes after their schedule.",
            counts,
            OUTCOMES,
        )
        newest = dict(self._base_newest)
        for key, at in _newest(connection, self._base_until).items():
            newest[key] = max(at, newest.get(key, at))
        yield from _times(newest)
        failed: _Counts = defaultdict(Counter)
        for kind, source, outcome, runs in connection.execute(_IN_A_ROW, {"recent": RECENT}):
            failed[_Series(kind, source)][outcome] = runs
        yield _by_outcome(
            GaugeMetricFamily,
            "f1_ingest_failures_in_a_row",
            "Scheduled runs of the last 8 days that failed since one succeeded, by outcome.",
            failed,
            FAILURES,
        )


def _by_outcome(
    kind: type[CounterMetricFamily] | type[GaugeMetricFamily],
    name: str,
    about: str,
    counts: _Counts,
    outcomes: Iterable[str],
) -> Metric:
    family = kind(name, about, labels=["kind", "source", "outcome"])
    for series, found in sorted(counts.items()):
        for outcome in outcomes:
            family.add_metric([*series, outcome], found[outcome])
    return family


def _counts(connection: Connection, since: datetime, until: datetime) -> _Counts:
    found: _Counts = defaultdict(Counter)
    parameters = {"since": since, "until": until, "on_time": ON_TIME}
    for kind, source, outcome, runs in connection.execute(_COUNTS, parameters):
        # Without an outcome yet, the series exists with 0 before its first run is counted.
        counts = found[_Series(kind, source)]
        if outcome is not None:
            counts[outcome] = runs
    return found


def _newest(connection: Connection, since: datetime) -> _Times:
    return {
        (_Series(kind, source), what): at
        for kind, source, scheduled, success in connection.execute(_NEWEST, {"since": since})
        for what, at in (("scheduled", scheduled), ("success", success))
        if at is not None
    }


def _times(newest: _Times) -> Iterator[GaugeMetricFamily]:
    scheduled = GaugeMetricFamily(
        "f1_ingest_last_scheduled_timestamp_seconds",
        "Schedule of the newest run that a CronJob started.",
        labels=["kind"],
    )
    succeeded = GaugeMetricFamily(
        "f1_ingest_last_success_timestamp_seconds",
        "End of the newest run that succeeded.",
        labels=["kind", "source"],
    )
    by_kind: dict[str, float] = {}
    for (series, what), at in sorted(newest.items()):
        if what == "success":
            succeeded.add_metric(series, at)
        else:
            by_kind[series.kind] = max(at, by_kind.get(series.kind, at))
    for kind, at in by_kind.items():
        scheduled.add_metric([kind], at)
    yield from (scheduled, succeeded)


# Of several attempts in time, a success counts first, then failures of other systems. 30 s more,
# since an attempt that ended in time may be committed a moment later.
_COUNTS = query(__name__, "run_counts")
_NEWEST = query(__name__, "newest_runs")
_IN_A_ROW = query(__name__, "failed_in_a_row")
