"""The status page: measured service levels, missing ones, and commands for people."""

import csv
import doctest
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import f1_api.http.csv_tables
import f1_api.pages.filters
from f1_api.http.cache import AnswerCache
from f1_api.metrics import Metrics
from f1_api.status.tables import TABLES

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def now() -> datetime:
    """The same time for all runs of a test."""
    return datetime.now(UTC).replace(microsecond=0)


def _run(
    season: Any, now: datetime, minutes_ago: float, took_minutes: float | None, outcome: str | None
) -> None:
    """A run with its age and outcome."""
    scheduled = now - timedelta(minutes=minutes_ago)
    took = None if took_minutes is None else scheduled + timedelta(minutes=took_minutes)
    season.execute(
        "INSERT INTO ingest_runs"
        " (run_id, kind, source, season, scheduled_at, started_at, finished_at, outcome)"
        " VALUES (gen_random_uuid()::text, 'poll', 'synthetic', 2024,"
        " :scheduled, :scheduled, :finished, :outcome)",
        scheduled=scheduled,
        finished=took,
        outcome=outcome,
    )


def _objectives(api: Any) -> Any:
    return api.json("/?format=json")["objectives"]


def test_runs_count_by_their_schedule_except_with_an_unavailable_source(
    fresh_api: Any, season: Any, now: datetime
) -> None:
    _run(season, now, 60, 1, "succeeded")
    _run(season, now, 55, 12, "succeeded")  # too late
    _run(season, now, 50, 1, "failed")
    _run(season, now, 50, 3, "succeeded")  # the next pod for the same schedule
    _run(season, now, 45, 1, "source_unavailable")
    _run(season, now, 40, None, None)  # killed, so without an outcome
    _run(season, now, 5, None, None)  # may still be on time
    _run(season, now, 60 * 24 * 28 + 30, 1, "failed")  # not in the last 28 days
    assert _objectives(fresh_api)["scheduled_runs"] == {
        "runs": 5,
        "on_time": 2,
        "source_unavailable": 1,
        "ratio": 0.5,
        "objective": 0.99,
    }


def test_a_manual_run_does_not_count_as_on_time_or_late(fresh_api: Any, season: Any) -> None:
    season.execute(
        "INSERT INTO ingest_runs (run_id, kind, source, started_at, outcome)"
        " VALUES ('r1', 'poll', 'synthetic', now() - interval '1 hour', 'failed')"
    )
    runs = _objectives(fresh_api)["scheduled_runs"]
    assert (runs["runs"], runs["ratio"]) == (0, None)
    page = fresh_api.get("/", **BROWSER).text
    assert "no data yet" in page


def test_processing_lag_covers_processed_and_pending_captures(fresh_api: Any, season: Any) -> None:
    lag = _objectives(fresh_api)["processing_lag"]
    assert (lag["now_seconds"], lag["captures"], lag["p95_seconds"]) == (None, 0, None)
    for seconds in range(1, 21):
        key = season.capture("laps", round=2)
        season.execute(
            "UPDATE captures SET announced_at = now() - interval '1 hour',"
            " finished_at = now() - interval '1 hour' + make_interval(secs => :seconds)"
            " WHERE capture_key = :key",
            seconds=seconds,
            key=key,
        )
    key = season.capture("laps", round=2, state="pending")
    season.execute(
        "UPDATE captures SET announced_at = now() - interval '700 s' WHERE capture_key = :key",
        key=key,
    )
    lag = _objectives(fresh_api)["processing_lag"]
    assert lag["captures"] == 20
    assert lag["p95_seconds"] == pytest.approx(19.05)
    assert lag["now_seconds"] == pytest.approx(700, abs=20)
    assert "missed" in fresh_api.get("/", **BROWSER).text


def test_responses_are_counted_without_probes() -> None:
    metrics = Metrics(AnswerCache(0))
    assert metrics.answered() == (0, 0, None)
    for _ in range(98):
        metrics.count("GET", "/races", 200, 0.0008, cached=False)
    metrics.count("GET", "/drivers", 500, 0.2, cached=False)
    metrics.count("GET", "/drivers", 404, 60.0, cached=False)
    metrics.count("GET", "/healthz", 503, 5.0, cached=False)
    requests, errors, p95_ms = metrics.answered()
    assert (requests, errors) == (100, 1)
    # 95 of 98 answers between 0.5 and 1 ms are in this bucket, as in Prometheus.
    assert p95_ms == pytest.approx(0.5 + 0.5 * 95 / 98)


def test_latencies_above_the_last_bound_count_as_the_last_bound() -> None:
    metrics = Metrics(AnswerCache(0))
    metrics.count("GET", "/races", 200, 60.0, cached=False)
    assert metrics.answered().p95_ms == 10_000


def test_the_request_budget_has_its_limit(fresh_api: Any, season: Any) -> None:
    season.execute(
        "INSERT INTO budgets (source, opens_at, per_window, window_s)"
        " VALUES ('jolpica', now(), 200, 3600), ('openf1', now(), NULL, NULL)"
    )
    season.execute(
        "INSERT INTO budget_requests (source, claimant, granted_at, counts_until, burst_until)"
        " SELECT 'jolpica', '2024', now(), now() + interval '1 hour' * sign(n - 10.5), now()"
        "   FROM generate_series(1, 30) AS n"
    )
    season.execute(
        "INSERT INTO budget_claims (claim_id, source, claimant, reserved, since, alive_until)"
        " VALUES ('a/0/waiting', 'jolpica', '2024', 3, now(), now() + interval '5 s'),"
        " ('b/0/held', 'jolpica', '2024', 3, now(), now() + interval '5 s')"
    )
    jolpica, openf1 = fresh_api.json("/?format=json")["budgets"]
    assert (jolpica["used"], jolpica["limit"], jolpica["waiting"]) == (20, 200, 1)
    assert (openf1["used"], openf1["limit"]) == (0, None)
    page = fresh_api.get("/", **BROWSER).text
    assert "20 of 200" in page
    assert "limit not known yet" in page


def test_captures_that_need_attention_have_commands(fresh_api: Any, season: Any) -> None:
    held = season.capture("laps", round=2, state="held", reason="it is empty")
    quarantined = season.capture("results", round=2, state="quarantined", reason="cut off")
    commands = {
        one["capture"]: one["commands"] for one in fresh_api.json("/?format=json")["attention"]
    }
    assert commands[held] == [f"f1-worker {verb} {held}" for verb in ("show", "confirm", "dismiss")]
    assert f"f1-worker retry {quarantined}" in commands[quarantined]
    page = fresh_api.get("/", **BROWSER).text
    assert f"f1-worker confirm {held}" in page
    assert "2 captures need attention." in page


def test_the_status_page_counts_a_plan_as_the_seasons_status_does(
    fresh_api: Any, season: Any
) -> None:
    def expected() -> Any:
        seasons = fresh_api.json("/?format=json")["seasons"]
        this = next(item for item in seasons if item["season"] == 2024)
        rounds = fresh_api.json("/seasons/2024/status")["rounds"]
        assert (this["expected"], this["processed"], this["failed"]) == (
            rounds["expected"],
            rounds["processed"],
            rounds["failed"],
        )
        return this

    assert (expected()["expected"], expected()["processed"]) == (2, 1)
    assert "laps" in expected()["missing"]
    season.execute(
        "INSERT INTO expectations (owner, generation, season, race_id, resource, source, round)"
        " VALUES ('uid', 1, 2024, '2024-spa', 'laps', 'synthetic', 2),"
        "        ('uid', 2, 2024, '2024-moved', 'results', 'synthetic', 2)"
    )
    assert (expected()["expected"], expected()["processed"]) == (1, 1)
    season.execute("UPDATE expectations SET generation = 3 WHERE resource = 'laps'")
    season.capture("laps", round=2, state="quarantined", reason="cut off")
    assert (expected()["processed"], expected()["failed"]) == (0, 1)


def test_data_has_the_address_of_the_page(api: Any) -> None:
    assert api.get("/", accept="application/json").json()["synthetic"] is True
    assert api.get("/?format=json").headers["content-type"] == "application/json"
    assert api.get("/", accept="text/csv").text.startswith("season,")
    assert api.get("/").headers["content-type"].startswith("text/html")
    for table in TABLES:
        lines = list(csv.DictReader(io.StringIO(api.get(f"/?format=csv&table={table}").text)))
        assert all(None not in line and None not in line.values() for line in lines), table
    seasons = list(csv.DictReader(io.StringIO(api.get("/?format=csv").text)))
    assert [line["season"] for line in seasons] == ["2099", "2024", "2023"]
    assert api.get("/?table=nothing").status_code == 422


def test_the_first_page_explains_the_first_steps(serve: Any, database_url: str) -> None:
    page = serve(database_url).get("/", **BROWSER).text
    assert "f1-ingest backfill --season 2024 --rounds 1-3" in page
    assert "Service levels" not in page


def test_examples_in_docstrings_are_true() -> None:
    for module in (f1_api.http.csv_tables, f1_api.pages.filters):
        assert doctest.testmod(module).failed == 0
