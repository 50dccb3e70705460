"""Prometheus gauges of the ledger, for whichever program shows them."""

from collections.abc import Iterator

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from f1_core import unreadable
from f1_core.schema import CAPTURE_STATES


class LedgerCollector(Collector):
    """Gauges read from the ledger at each scrape: truth, whatever process did the work."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def register(self) -> None:
        """Show these gauges in this process's /metrics."""
        REGISTRY.register(self)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name the metrics without asking the database."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask the ledger; without a database there are no samples, which an alert sees."""
        try:
            with self._engine.connect() as connection:
                states: dict[str, int] = dict(
                    connection.execute(
                        text("SELECT state, count(*) FROM captures GROUP BY state")
                    ).all()
                )
                oldest = connection.execute(text(_OLDEST_OPEN)).scalar()
                freshness = connection.execute(text(_FRESHNESS)).all()
                waiting: dict[str, int] = dict(connection.execute(text(_WAITING)).all())
                spent = connection.execute(text(_SPENT)).all()
                swept = connection.execute(text(_SWEPT)).scalar()
                passed_over = unreadable.count(connection)
                changed = connection.execute(text(_CHANGED)).scalar()
        except SQLAlchemyError:
            return
        captures = GaugeMetricFamily(
            "f1_ledger_captures", "Captures in the ledger by state.", labels=["state"]
        )
        for state in CAPTURE_STATES:
            captures.add_metric([state], states.get(state, 0))
        yield captures
        yield GaugeMetricFamily(
            "f1_ledger_oldest_open_seconds",
            "Age of the oldest capture that was never processed and could be; 0: there is none.",
            value=float(oldest or 0),
        )
        fresh = GaugeMetricFamily(
            "f1_source_newest_capture_timestamp_seconds",
            "When the newest capture of a source was fetched.",
            labels=["source"],
        )
        for source, newest in freshness:
            fresh.add_metric([source], float(newest))
        yield fresh
        slices = GaugeMetricFamily(
            "f1_ledger_waiting_slices",
            "Slices of captures, of archives too, that wait for a person or a later capture.",
            labels=["state"],
        )
        for state in ("held", "quarantined"):
            slices.add_metric([state], waiting.get(state, 0))
        yield slices
        budget = GaugeMetricFamily(
            "f1_budget_spent_requests",
            "Requests to a source that count towards its sliding hour now.",
            labels=["source"],
        )
        for source, requests in spent:
            budget.add_metric([source], requests)
        yield budget
        yield GaugeMetricFamily(
            "f1_ledger_swept_timestamp_seconds",
            "When the last full sweep over S3 ended; 0 if there was none.",
            value=float(swept or 0),
        )
        yield GaugeMetricFamily(
            "f1_unreadable_objects",
            "Objects in S3 that sweeps passed over: no captures or decisions, or of other data.",
            value=passed_over,
        )
        yield GaugeMetricFamily(
            "f1_ledger_changed_objects",
            "Captures whose raw object was changed after it was read; their rows are kept.",
            value=float(changed or 0),
        )


# Not what is processed once more, nor what waits for something that was not captured.
_OLDEST_OPEN = """
    SELECT extract(epoch FROM now() - min(announced_at))::float
      FROM captures
     WHERE state IN ('pending', 'processing')
       AND finished_at IS NULL
       AND (attempts > 0 OR coalesce(not_before, '-infinity') <= now())
"""
_FRESHNESS = """
    SELECT source, extract(epoch FROM max(fetched_at))::float FROM captures GROUP BY source
"""
_WAITING = """
    SELECT state, count(*) FROM slice_captures
     WHERE state IN ('held', 'quarantined') GROUP BY state
"""
_SPENT = """
    SELECT b.source, count(r.request_id)
      FROM budgets b
      LEFT JOIN budget_requests r ON r.source = b.source AND r.counts_until > now()
     GROUP BY b.source
"""
_CHANGED = """
    SELECT count(*) FROM captures WHERE changed IS NOT NULL AND state = 'quarantined'
"""
_SWEPT = "SELECT extract(epoch FROM swept_at)::float FROM installation"
