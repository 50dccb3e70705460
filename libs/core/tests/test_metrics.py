"""The ledger's gauges tell the truth whatever process did the work."""

import sqlalchemy as sa
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from f1_core.metrics import LedgerCollector

_CAPTURES = """
    INSERT INTO captures (capture_key, source, resource, season, capture_order, fetched_at, state,
                          attempts, not_before, finished_at, announced_at)
    VALUES
        ('a', 'jolpica', 'laps', 2024, 1, '2024-05-26Z', 'held', 0, NULL, now(), now()),
        ('b', 'jolpica', 'laps', 2024, 2, '2024-05-27Z', 'pending', 0, now() + interval '1 h', NULL,
         now() - interval '1 day'),
        ('c', 'jolpica', 'laps', 2024, 3, '2024-05-28Z', 'pending', 0, NULL, now(),
         now() - interval '1 day'),
        ('d', 'jolpica', 'laps', 2024, 4, '2024-05-29Z', 'processing', 0, NULL, NULL,
         now() - interval '1 min')
"""


def test_the_ledgers_gauges(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text(_CAPTURES))
        connection.execute(text("INSERT INTO budgets VALUES ('jolpica', now())"))
        connection.execute(text("INSERT INTO installation (swept_at) VALUES ('2024-06-01Z')"))
    registry = CollectorRegistry()
    registry.register(LedgerCollector(engine))
    value = registry.get_sample_value
    assert value("f1_ledger_captures", {"state": "pending"}) == 2
    assert value("f1_ledger_captures", {"state": "held"}) == 1
    assert value("f1_ledger_captures", {"state": "quarantined"}) == 0
    # Neither what waits for a schedule nor what is processed once more is late.
    assert 60 <= (value("f1_ledger_oldest_open_seconds") or 0) < 120
    newest = {"source": "jolpica"}
    assert value("f1_source_newest_capture_timestamp_seconds", newest) == 1716940800
    assert value("f1_budget_spent_requests", newest) == 0
    assert value("f1_ledger_waiting_slices", {"state": "held"}) == 0
    assert value("f1_ledger_swept_timestamp_seconds") == 1717200000


def test_without_a_database_there_are_no_samples() -> None:
    away = sa.create_engine("postgresql+psycopg2://f1@127.0.0.1:1/f1")
    registry = CollectorRegistry()
    registry.register(LedgerCollector(away))
    assert registry.get_sample_value("f1_ledger_oldest_open_seconds") is None
