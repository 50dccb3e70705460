"""A scheduled run is counted once, by its outcome in time."""

import functools
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from f1_core.metrics.exporter import LedgerCollector
from f1_core.metrics.ingest import RECENT

_RUN = text(
    """
    INSERT INTO ingest_runs (run_id, kind, source, season, scheduled_at, started_at, finished_at,
                             outcome)
    VALUES (gen_random_uuid()::text, :kind, 'jolpica', 2024, :scheduled_at, :started_at,
            :finished_at, :outcome)
    """
)


@functools.cache
def now(engine: sa.Engine) -> datetime:
    """The minute in which the test with this engine began."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


def run(
    engine: sa.Engine,
    minutes_ago: float,
    outcome: str | None,
    *,
    took_min: float = 1,
    kind: str = "poll",
    scheduled: bool = True,
) -> None:
    """Enter a run that was scheduled `minutes_ago`; without an outcome it has not ended."""
    at = now(engine) - timedelta(minutes=minutes_ago)
    values = {
        "kind": kind,
        "scheduled_at": at if scheduled else None,
        "started_at": at,
        "finished_at": at + timedelta(minutes=took_min) if outcome else None,
        "outcome": outcome,
    }
    with engine.begin() as connection:
        connection.execute(_RUN, values)


class Scrape:
    """The metrics of one scrape."""

    def __init__(self, engine: sa.Engine) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(LedgerCollector(engine, keep_s=0))

    def runs(self, kind: str = "poll") -> dict[str, float]:
        """Scheduled runs by outcome, without zeros."""
        return self._by_outcome("f1_ingest_scheduled_runs_total", kind)

    def in_a_row(self, kind: str = "poll") -> dict[str, float]:
        """Failures in a row by outcome, without zeros."""
        return self._by_outcome("f1_ingest_failures_in_a_row", kind)

    def value(self, name: str, **labels: str) -> float | None:
        """One sample."""
        return self._registry.get_sample_value(name, labels)

    def _by_outcome(self, name: str, kind: str) -> dict[str, float]:
        return {
            sample.labels["outcome"]: sample.value
            for metric in self._registry.collect()
            for sample in metric.samples
            if sample.name == name and sample.labels["kind"] == kind and sample.value
        }


def test_each_scheduled_run_is_counted_by_its_outcome_after_ten_minutes(engine: sa.Engine) -> None:
    run(engine, 60, "succeeded")
    run(engine, 55, "succeeded", took_min=11)
    run(engine, 50, "failed")
    run(engine, 45, "source_unavailable")
    run(engine, 40, "store_unavailable")
    run(engine, 35, "stopped")
    run(engine, 30, None)  # its pod was killed
    run(engine, 2, "succeeded")
    assert Scrape(engine).runs() == {
        "on_time": 2,
        "late": 2,
        "failed": 1,
        "source_unavailable": 1,
        "store_unavailable": 1,
        "stopped": 1,
    }


def test_a_run_that_may_still_be_in_time_is_not_counted_yet(engine: sa.Engine) -> None:
    run(engine, 5, "failed")
    scrape = Scrape(engine)
    assert scrape.runs() == {}
    # The series exists with 0, so that the first failure is an increase.
    labels = {"kind": "poll", "source": "jolpica", "outcome": "failed"}
    assert scrape.value("f1_ingest_scheduled_runs_total", **labels) == 0


def test_the_tries_of_one_run_count_once(engine: sa.Engine) -> None:
    run(engine, 30, "failed")
    run(engine, 30, "succeeded", took_min=4)
    run(engine, 25, "source_unavailable")
    run(engine, 25, "failed", took_min=4)
    assert Scrape(engine).runs() == {"on_time": 1, "source_unavailable": 1}


def test_a_success_that_comes_too_late_changes_no_count(engine: sa.Engine) -> None:
    run(engine, 60, "failed")
    scrape = Scrape(engine)
    assert scrape.runs() == {"failed": 1}
    run(engine, 60, "succeeded", took_min=20)
    assert scrape.runs() == {"failed": 1}


def test_runs_by_hand_and_of_seasons_are_not_scheduled(engine: sa.Engine) -> None:
    run(engine, 30, "failed", kind="round", scheduled=False)
    assert Scrape(engine).runs("round") == {}


def test_old_runs_are_read_once_and_counted_with_the_new(engine: sa.Engine) -> None:
    old = RECENT.total_seconds() / 60 + 1000
    run(engine, old, "succeeded")
    run(engine, old - 5, "failed")
    scrape = Scrape(engine)
    assert scrape.runs() == {"on_time": 1, "failed": 1}
    run(engine, 3, "succeeded")
    assert scrape.runs() == {"on_time": 2, "failed": 1}
    assert Scrape(engine).runs() == scrape.runs()


def test_the_newest_schedule_and_success_are_shown_however_old(engine: sa.Engine) -> None:
    run(engine, 60 * 24 * 31, "succeeded")
    run(engine, 60 * 24 * 30, "succeeded")
    run(engine, 10, "failed")
    run(engine, 60 * 24 * 20, "succeeded", kind="backfill")
    scrape = Scrape(engine)
    ten_minutes_ago = (now(engine) - timedelta(minutes=10)).timestamp()
    month_ago = (now(engine) - timedelta(days=30) + timedelta(minutes=1)).timestamp()
    assert scrape.value("f1_ingest_last_scheduled_timestamp_seconds", kind="poll") == (
        ten_minutes_ago
    )
    assert scrape.value(
        "f1_ingest_last_success_timestamp_seconds", kind="poll", source="jolpica"
    ) == (month_ago)
    assert scrape.value("f1_ingest_last_scheduled_timestamp_seconds", kind="backfill")


def test_failures_in_a_row_end_with_a_success(engine: sa.Engine) -> None:
    run(engine, 90, "failed")
    run(engine, 80, "succeeded")
    run(engine, 70, "source_unavailable")
    run(engine, 60, "source_unavailable")
    run(engine, 50, "failed")
    scrape = Scrape(engine)
    assert scrape.in_a_row() == {"source_unavailable": 2, "failed": 1}
    run(engine, 40, "succeeded")
    assert scrape.in_a_row() == {}
