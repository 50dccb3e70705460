"""Prometheus metrics that all programs export: the database, the ledger, ingest.

A scrape reads Postgres in a thread and waits for it at most `WAIT_S`, so that a database that does
not respond delays no scrape. Figures are kept for `KEEP_S`, so that frequent scrapes of several
pods add little load.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from f1_core.errors import SchemaMismatch
from f1_core.metrics.ingest import IngestMetrics
from f1_core.metrics.ledger import read_budgets, read_ledger
from f1_core.postgres.database import check_schema

WAIT_S = 1.5
"""How long a scrape waits for the database."""
KEEP_S = 5.0
"""How long figures are kept before they are read again."""
GIVE_UP_S = 5.0
"""A probe that takes longer fails."""
# Postgres cancels a statement that takes longer than GIVE_UP_S.
_PROBE = text("SET LOCAL statement_timeout = '5s'; SELECT 1")


@dataclass(frozen=True)
class _Reading:
    """The result of one attempt. Without a database, `metrics` is empty."""

    up: bool
    seconds: float
    schema_accepted: bool = False
    metrics: tuple[Metric, ...] = ()


class LedgerCollector(Collector):
    """Figures of the whole installation, from Postgres.

    `f1_database_up` and `f1_database_probe_seconds` always exist; all other metrics are absent
    while the database does not respond, or has an incompatible schema.
    """

    def __init__(self, engine: Engine, *, keep_s: float = KEEP_S) -> None:
        self._engine = engine
        self._keep_s = keep_s
        self._ingest = IngestMetrics()
        self._lock = threading.Lock()
        self._reader: threading.Thread | None = None
        self._probing_since: float | None = None
        self._reading = _Reading(up=False, seconds=0.0)
        self._read_at = float("-inf")

    def register(self, registry: CollectorRegistry = REGISTRY) -> None:
        """Add these metrics to this process's /metrics."""
        registry.register(self)

    def describe(self) -> Iterator[Metric]:
        """Describe no metrics, so that registering them needs no database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """All metrics, after waiting at most `WAIT_S` for the database."""
        self._start_reading().join(WAIT_S)
        reading, since = self._reading, self._probing_since
        probing_s = time.monotonic() - since if since is not None else 0.0
        up = reading.up and probing_s < GIVE_UP_S
        yield GaugeMetricFamily(
            "f1_database_up", "1 if the last query of Postgres succeeded, otherwise 0.", value=up
        )
        yield GaugeMetricFamily(
            "f1_database_probe_seconds",
            "Duration of a connection's check and a query without tables, in seconds, "
            "including one in progress.",
            value=max(reading.seconds, probing_s),
        )
        if up:
            yield GaugeMetricFamily(
                "f1_database_schema_accepted",
                "1 if this program is compatible with the schema of the database, otherwise 0.",
                value=reading.schema_accepted,
            )
            yield from reading.metrics

    def _start_reading(self) -> threading.Thread:
        """The thread that reads, or the last one if its figures are still valid."""
        with self._lock:
            running = self._reader is not None and self._reader.is_alive()
            new = time.monotonic() - self._read_at < self._keep_s
            if self._reader is None or not (running or new):
                self._reader = threading.Thread(target=self._read, name="ledger", daemon=True)
                self._reader.start()
            return self._reader

    def _read(self) -> None:
        began = self._probing_since = time.monotonic()
        seconds: float | None = None
        try:
            with self._engine.connect() as connection:
                connection.execute(_PROBE)
                seconds = time.monotonic() - began
                self._probing_since = None
                try:
                    check_schema(connection)
                except SchemaMismatch:
                    self._reading = _Reading(up=True, seconds=seconds)
                    return
                metrics = (
                    *read_ledger(connection),
                    *read_budgets(connection),
                    *self._ingest.read(connection),
                )
                self._reading = _Reading(
                    up=True, seconds=seconds, schema_accepted=True, metrics=metrics
                )
        except SQLAlchemyError:
            # If only a query after the probe failed, the database is up, without figures.
            self._reading = _Reading(
                up=seconds is not None,
                seconds=seconds or time.monotonic() - began,
                schema_accepted=seconds is not None,
            )
        finally:
            self._probing_since = None
            self._read_at = time.monotonic()
