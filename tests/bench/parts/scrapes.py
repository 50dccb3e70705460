"""A scrape's reads from Postgres, with a ledger of many years, relative to a count of captures."""

import statistics
import time
from collections.abc import Callable, Iterator

import sqlalchemy as sa
from measured.installation import servers
from measured.report import Figure
from sqlalchemy import text

from f1_core.metrics.exporter import LedgerCollector
from f1_core.postgres import database

_ROWS = 100_000
_REPEATS = 15
_CAPTURES = text(
    """
    INSERT INTO captures (capture_key, source, resource, season, capture_order, fetched_at, state,
                          finished_at, pages)
    SELECT 'raw/jolpica/laps/2024/' || n, 'jolpica', 'laps', 2024, n, now() - n * interval '1 min',
           CASE WHEN n % 1000 = 0 THEN 'quarantined' ELSE 'processed' END,
           now(), jsonb_build_array(jsonb_build_object('sha256', repeat('0', 64)))
      FROM generate_series(1, :rows) AS n
    """
)
_RUNS = text(
    """
    INSERT INTO ingest_runs (run_id, kind, source, season, scheduled_at, started_at, finished_at,
                             outcome)
    SELECT 'run-' || n, 'poll', 'jolpica', 2024, at, at, at + interval '10 s', 'succeeded'
      FROM generate_series(1, :rows) AS n, LATERAL (SELECT now() - n * interval '5 min' AS at) AS t
    """
)
_REFERENCE = text("SELECT state, count(*) FROM captures GROUP BY state")


def scrapes() -> Iterator[Figure]:
    """The first scrape of a process, which reads all runs, and the later ones."""
    with servers() as (_, postgres, _s3):
        url = postgres.create_database("scraped")
        database.migrate(url)
        engine = sa.create_engine(database.sqlalchemy_url(url))
        with engine.begin() as connection:
            for rows in (_CAPTURES, _RUNS):
                connection.execute(rows, {"rows": _ROWS})
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
            connection.execute(_REFERENCE)
            counted = statistics.median(
                _seconds(lambda: connection.execute(_REFERENCE).all()) for _ in range(_REPEATS)
            )
        collector = LedgerCollector(engine, keep_s=0)
        first = _seconds(lambda: list(collector.collect()))
        later = statistics.median(
            _seconds(lambda: list(collector.collect())) for _ in range(_REPEATS)
        )
        engine.dispose()
    for name, seconds, aim in (("first", first, None), ("a later", later, 4.0)):
        yield Figure(
            f"{name} scrape of the ledger, {_ROWS:,} captures and runs",
            f"{1000 * seconds:.0f} ms",
            "captures counted by state",
            f"{1000 * counted:.0f} ms",
            seconds / counted,
            aim,
            at_most=True,
        )


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
