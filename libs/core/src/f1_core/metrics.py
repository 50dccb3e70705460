"""Prometheus metrics that more than one program shows, and the server that shows them."""

import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIServer

from prometheus_client import REGISTRY, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from f1_core.schema import CAPTURE_STATES


def serve(port: int, host: str = "0.0.0.0") -> tuple[WSGIServer, threading.Thread]:  # noqa: S104
    """Serve /metrics from a thread; stop it with `server.shutdown()`."""
    return start_http_server(port, addr=host)


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
            "Age of the oldest capture that waits or is worked on; 0 if there is none.",
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


_OLDEST_OPEN = """
    SELECT extract(epoch FROM now() - min(announced_at))::float
      FROM captures
     WHERE state IN ('pending', 'processing')
"""
_FRESHNESS = """
    SELECT source, extract(epoch FROM max(fetched_at))::float FROM captures GROUP BY source
"""
