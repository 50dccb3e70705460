"""The ledger's gauges describe the whole installation."""

import socket
import threading
import time
from importlib.metadata import version

import sqlalchemy as sa
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from f1_core.metrics.build_info import show_build
from f1_core.metrics.exporter import WAIT_S, LedgerCollector
from f1_devkit.servers.ports import LOOPBACK
from f1_devkit.servers.postgres import Postgres

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
_BUDGETS = """
    INSERT INTO budgets (source, opens_at, per_window, window_s, limited_since)
    VALUES ('jolpica', '2024-06-01Z', 200, 3600, '2024-06-01 00:01Z');
    INSERT INTO budget_requests (source, claimant, granted_at, counts_until, burst_until)
    VALUES ('jolpica', 'poll', now(), now() + interval '1 hour', now()),
           ('jolpica', 'poll', now(), now() - interval '1 hour', now());
    INSERT INTO budget_claims (claim_id, source, claimant, reserved, since, alive_until)
    VALUES ('a/0/waiting', 'jolpica', 'poll', 1, now(), now() + interval '5 s'),
           ('a/0/held', 'jolpica', 'poll', 1, now(), now() + interval '5 s'),
           ('b/0/waiting', 'jolpica', 'poll', 1, now(), now() - interval '5 s')
"""


def _registry(engine: sa.Engine, keep_s: float = 5.0) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(LedgerCollector(engine, keep_s=keep_s))
    return registry


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
    # Captures that wait for a schedule or are processed again are not late.
    assert 60 <= (value("f1_ledger_oldest_open_seconds") or 0) < 120
    newest = {"source": "jolpica"}
    assert value("f1_source_newest_capture_timestamp_seconds", newest) == 1716940800
    assert value("f1_budget_spent_requests", newest) == 0
    assert value("f1_ledger_waiting_slices", {"state": "held"}) == 0
    assert value("f1_ledger_swept_timestamp_seconds") == 1717200000
    assert value("f1_ledger_changed_objects") == 0


def test_without_a_database_there_are_no_samples() -> None:
    away = sa.create_engine("postgresql+psycopg2://f1@127.0.0.1:1/f1")
    registry = CollectorRegistry()
    registry.register(LedgerCollector(away))
    assert registry.get_sample_value("f1_ledger_oldest_open_seconds") is None


def test_a_database_that_answers_is_up_and_has_an_accepted_schema(engine: sa.Engine) -> None:
    value = _registry(engine).get_sample_value
    assert value("f1_database_up") == 1
    assert value("f1_database_schema_accepted") == 1
    assert 0 < (value("f1_database_probe_seconds") or 0) < 1


def test_a_schema_that_is_not_accepted_is_shown_and_no_figures_are_read(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9900'"))
    value = _registry(engine).get_sample_value
    assert (value("f1_database_up"), value("f1_database_schema_accepted")) == (1, 0)
    assert value("f1_ledger_oldest_open_seconds") is None


def test_a_database_that_accepts_but_does_not_respond_delays_no_scrape() -> None:
    with socket.create_server((LOOPBACK, 0)) as silent:
        url = f"postgresql+psycopg2://f1@{LOOPBACK}:{silent.getsockname()[1]}/f1"
        registry = _registry(sa.create_engine(url, connect_args={"connect_timeout": 30}))
        began = time.monotonic()
        assert registry.get_sample_value("f1_database_up") == 0
        assert registry.get_sample_value("f1_ledger_oldest_open_seconds") is None
        assert time.monotonic() - began < 2 * 2
        # One try at a time: scrapes do not pile up connections.
        [reader] = [thread for thread in threading.enumerate() if thread.name == "ledger"]
        assert reader.daemon, "it must not keep the process alive"
        assert (registry.get_sample_value("f1_database_probe_seconds") or 0) > 2 * WAIT_S


def test_a_database_that_goes_away_is_down_and_its_figures_are_gone(
    private_postgres: Postgres,
) -> None:
    registry = _registry(sa.create_engine(private_postgres.url("f1")), keep_s=0)
    assert registry.get_sample_value("f1_database_up") == 1
    assert registry.get_sample_value("f1_ledger_oldest_open_seconds") == 0
    private_postgres.stop()
    assert registry.get_sample_value("f1_database_up") == 0
    assert registry.get_sample_value("f1_ledger_oldest_open_seconds") is None
    private_postgres.start()
    assert registry.get_sample_value("f1_database_up") == 1


def test_scrapes_share_what_was_read_seconds_ago(engine: sa.Engine) -> None:
    registry = _registry(engine, keep_s=60)
    assert registry.get_sample_value("f1_ledger_captures", {"state": "held"}) == 0
    with engine.begin() as connection:
        connection.execute(text(_CAPTURES))
    assert registry.get_sample_value("f1_ledger_captures", {"state": "held"}) == 0
    assert _registry(engine).get_sample_value("f1_ledger_captures", {"state": "held"}) == 1


def test_a_budgets_gauges(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text(_BUDGETS))
    value = _registry(engine).get_sample_value
    labels = {"source": "jolpica"}
    assert value("f1_budget_limit_requests", labels) == 200
    assert value("f1_budget_spent_requests", labels) == 1
    assert value("f1_budget_waiting", labels) == 1
    assert value("f1_budget_opens_timestamp_seconds", labels) == 1717200000
    assert value("f1_budget_rate_limited_since_timestamp_seconds", labels) == 1717200060


def test_the_build_metric_has_the_program_and_its_version() -> None:
    registry = CollectorRegistry()
    show_build("f1-core", registry)
    labels = {"program": "f1-core", "version": version("f1-core")}
    assert registry.get_sample_value("f1_build_info", labels) == 1
