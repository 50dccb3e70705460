"""Metrics of ingest's runs, read from `ingest_runs`: the pods that ran are gone when scraped.

A scheduled run is what a CronJob starts at one time: its pods' attempts count once. What it is
counted as is decided by what had happened `ON_TIME` after its schedule, and never changes later:
a counter that falls would be read as a restart.

Rows of the last days are read each time, through the index on `started_at`; all older ones once a
day, into memory.
"""

from collections import defaultdict
from collections.abc import Iterator
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


class _Newest(NamedTuple):
    """Seconds since 1970; None: there was none."""

    scheduled: float | None = None
    success: float | None = None

    def later(self, other: "_Newest") -> "_Newest":
        return _Newest(_later(self.scheduled, other.scheduled), _later(self.success, other.success))


def _later(a: float | None, b: float | None) -> float | None:
    return max((at for at in (a, b) if at is not None), default=None)


class IngestMetrics:
    """Reads the metrics, and remembers what old runs add to them."""

    def __init__(self) -> None:
        self._base: dict[_Series, dict[str, int]] = {}
        self._base_newest: dict[_Series, _Newest] = {}
        self._base_until = _EPOCH

    def read(self, connection: Connection) -> Iterator[Metric]:
        """All metrics of ingest's runs."""
        now: datetime = connection.scalar(text("SELECT now()"))
        if self._base_until < now - RECENT - _BASE_EVERY:
            until = now - RECENT
            self._base = _counts(connection, _EPOCH, until)
            self._base_newest = _newest(connection, _EPOCH)
            self._base_until = until
        counts = {series: dict(found) for series, found in self._base.items()}
        for series, found in _counts(connection, self._base_until, now + RECENT).items():
            total = counts.setdefault(series, {})
            for outcome, number in found.items():
                total[outcome] = total.get(outcome, 0) + number
        yield _counter(counts)
        newest = dict(self._base_newest)
        for series, times in _newest(connection, self._base_until).items():
            newest[series] = newest.get(series, _Newest()).later(times)
        yield from _times(newest)
        yield _in_a_row(connection)


def _counts(
    connection: Connection, since: datetime, until: datetime
) -> dict[_Series, dict[str, int]]:
    found: dict[_Series, dict[str, int]] = defaultdict(dict)
    parameters = {"since": since, "until": until, "on_time": ON_TIME}
    for kind, source, outcome, runs in connection.execute(_COUNTS, parameters):
        # No outcome yet: the series is there with 0 before its first run is counted.
        counts = found[_Series(kind, source)]
        if outcome is not None:
            counts[outcome] = runs
    return found


def _counter(counts: dict[_Series, dict[str, int]]) -> CounterMetricFamily:
    family = CounterMetricFamily(
        "f1_ingest_scheduled_runs",
        "Runs that CronJobs scheduled, by outcome 10 minutes after their schedule.",
        labels=["kind", "source", "outcome"],
    )
    for series, found in sorted(counts.items()):
        for outcome in OUTCOMES:
            family.add_metric([*series, outcome], found.get(outcome, 0))
    return family


def _newest(connection: Connection, since: datetime) -> dict[_Series, _Newest]:
    rows = connection.execute(_NEWEST, {"since": since})
    return {_Series(kind, source): _Newest(*times) for kind, source, *times in rows}


def _times(newest: dict[_Series, _Newest]) -> Iterator[GaugeMetricFamily]:
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
    for series, times in sorted(newest.items()):
        if times.scheduled is not None:
            by_kind[series.kind] = max(times.scheduled, by_kind.get(series.kind, 0.0))
        if times.success is not None:
            succeeded.add_metric(series, times.success)
    for kind, at in by_kind.items():
        scheduled.add_metric([kind], at)
    yield from (scheduled, succeeded)


def _in_a_row(connection: Connection) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "f1_ingest_failures_in_a_row",
        "Scheduled runs of the last 8 days that failed since one succeeded, by outcome.",
        labels=["kind", "source", "outcome"],
    )
    found: dict[_Series, dict[str, int]] = defaultdict(dict)
    for kind, source, outcome, runs in connection.execute(_IN_A_ROW, {"recent": RECENT}):
        found[_Series(kind, source)][outcome] = runs
    for series, failures in sorted(found.items()):
        for outcome in FAILURES:
            family.add_metric([*series, outcome], failures.get(outcome, 0))
    return family


# Of several tries in time, success wins, then what is not ours. Half a minute more than 10: a try
# that ended in time may be committed a moment later.
_COUNTS = query(__name__, "run_counts")
_NEWEST = query(__name__, "newest_runs")
_IN_A_ROW = query(__name__, "failed_in_a_row")
