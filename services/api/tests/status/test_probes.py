"""Probes and metrics, with an available, an unavailable and an incompatible database."""

import http.client
import re
import threading
import time
from typing import Any

import pytest

from f1_api.http.problems import Unavailable
from f1_core.postgres import database as core_database
from f1_devkit.servers.ports import LOOPBACK


def test_healthz_reports_a_healthy_database(api: Any) -> None:
    assert api.json("/livez") == {"status": "ok"}
    health = api.json("/healthz")
    assert health["status"] == health["database"]["status"] == "ok"
    ready = api.json("/readyz")
    assert ready == {"status": "ready", "schema": core_database.newest_revision(), "problems": []}


def test_the_database_becomes_unavailable_and_returns(
    private_postgres: Any, serve: Any, eventually: Any
) -> None:
    api = serve(private_postgres.url("f1"))
    assert api.get("/races").status_code == 200
    private_postgres.kill()
    eventually(lambda: not api.service.cache.certain, 5)
    for path in ("/races", "/", "/drivers/ada"):
        answer = api.get(path)
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"] == "5"
        assert "database" in answer.json()["detail"]
    eventually(lambda: api.get("/healthz").status_code == 503, 5)
    assert api.get("/readyz").status_code == 503
    assert api.get("/livez").status_code == 200
    private_postgres.start()
    assert api.get("/races").status_code == 200  # at once: requests do not wait for the watcher
    eventually(lambda: api.get("/readyz").status_code == 200)
    assert api.get("/healthz").status_code == 200


def test_closed_idle_connections_fail_no_request(serve: Any, season: Any) -> None:
    api = serve(cache_mb=0)
    assert api.get("/races").status_code == 200
    season.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'f1-api' AND datname = current_database()"
    )
    for _ in range(3):
        assert api.get("/races").status_code == 200


def test_an_unknown_schema_is_not_ready(serve: Any, season: Any, eventually: Any) -> None:
    api = serve()
    season.execute("UPDATE alembic_version SET version_num = '9900'")
    eventually(lambda: api.get("/readyz").status_code == 503)
    assert "too new for this program" in api.get("/readyz").json()["problems"][0]
    season.execute("UPDATE alembic_version SET version_num = '0000'")
    eventually(lambda: "run f1 migrate" in api.get("/readyz").json()["problems"][0])
    season.execute("DROP TABLE alembic_version")
    eventually(lambda: "no schema yet" in api.get("/readyz").json()["problems"][0])
    assert api.get("/healthz").status_code == 200


def test_a_database_without_tables_is_reported_with_a_hint(postgres: Any, serve: Any) -> None:
    api = serve(postgres.create_database("f1_api_bare"), keys="off")
    answer = api.get("/races")
    assert answer.status_code == 503
    assert "see /readyz" in answer.json()["detail"]
    assert "run f1 migrate" in api.get("/readyz").json()["problems"][0]


def test_a_query_that_takes_too_long_is_ended(serve: Any, season: Any) -> None:
    api = serve(statement_timeout_s=0.2, cache_mb=0)
    with season.engine.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE races IN ACCESS EXCLUSIVE MODE")
        answer = api.get("/races")
    assert answer.status_code == 503
    assert "longer than 0.2 s" in answer.json()["detail"]
    assert api.get("/races").status_code == 200


def test_a_request_without_a_connection_gets_retry_after(serve: Any, season: Any) -> None:
    api = serve(pool_size=1, pool_wait_s=0.1, cache_mb=0)
    with season.engine.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE races IN ACCESS EXCLUSIVE MODE")
        first = threading.Thread(target=api.get, args=("/races",))
        first.start()
        while api.service.pool._free._value:
            pass
        answer = api.get("/drivers")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert "busy" in answer.json()["detail"]
        assert api.get("/healthz").status_code == 200
    first.join()
    assert api.get("/drivers").status_code == 200


def test_many_requests_without_a_connection_get_a_503_in_time_and_probes_respond(
    serve: Any, season: Any
) -> None:
    """With more requests than threads, the wait for a thread counts towards the time limit."""
    api = serve(pool_size=1, pool_wait_s=2, statement_timeout_s=9, cache_mb=0)
    waited: list[float] = []

    def request() -> None:
        started = time.monotonic()
        connection = http.client.HTTPConnection(LOOPBACK, api.client.base_url.port)
        connection.request("GET", "/races")
        if b"busy" in connection.getresponse().read():
            waited.append(time.monotonic() - started)
        connection.close()

    many = [threading.Thread(target=request) for _ in range(150)]
    with season.engine.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE races IN ACCESS EXCLUSIVE MODE")
        for each in many:
            each.start()
        while api.service.pool._free._value:
            pass
        for path in ("/livez", "/readyz", "/healthz"):
            answer = api.get(path)
            assert answer.status_code == 200
            assert answer.elapsed.total_seconds() < 1.9, path
        while len(waited) < len(many) - 1:
            time.sleep(0.01)
    for each in many:
        each.join()
    assert max(waited) < 5  # batches of 33 threads would take ten seconds


def test_a_snapshot_is_one_state_of_the_data(api: Any, fresh_api: Any, season: Any) -> None:
    pool = fresh_api.service.pool
    with pool.snapshot() as snapshot:
        before = snapshot.rows("seasons", {"season": None, "today": None})
        season.execute("UPDATE seasons SET url = 'https://new'")
        assert snapshot.rows("seasons", {"season": None, "today": None}) == before
    with pool.snapshot() as snapshot:
        assert snapshot.rows("seasons", {"season": None, "today": None}) != before


def test_without_a_database_probes_and_pages_respond(serve: Any) -> None:
    pool = serve().service.pool
    pool._url = "postgresql://x:y@127.0.0.1:1/none"
    pool.close()
    with pytest.raises(Unavailable), pool.snapshot() as snapshot:
        snapshot.rows("seasons", {"season": None, "today": None})


def test_metrics_count_by_template_cached_or_not(serve: Any) -> None:
    api = serve()
    for path in ("/races/2024-1/lap-times", "/races/2024-1/lap-times", "/races/2024-2/lap-times"):
        api.get(path)
    api.get("/races/2024-1/lap-times", if_none_match="*")
    api.client.head("/races/2024-1/lap-times")
    for path in ("/nothing", "/x/y", "/races?x=1", "/races/x"):
        api.get(path)
    api.client.request("PROPFIND", "/races")
    api.client.post("/nothing")
    text = api.metrics
    counted = dict(re.findall(r"^http_requests_total(\{.*\}) ([\d.]+)$", text, re.MULTILINE))
    lap_times = 'endpoint="/races/{race_id}/lap-times"'
    assert counted == {
        f'{{{lap_times},method="GET",status="200"}}': "3.0",
        f'{{{lap_times},method="GET",status="304"}}': "1.0",
        f'{{{lap_times},method="HEAD",status="200"}}': "1.0",
        '{endpoint="unknown",method="GET",status="404"}': "2.0",
        '{endpoint="/races",method="GET",status="422"}': "1.0",
        '{endpoint="/races/{race_id}",method="GET",status="404"}': "1.0",
        '{endpoint="/races",method="other",status="405"}': "1.0",
        '{endpoint="unknown",method="POST",status="404"}': "1.0",
    }
    assert f'http_request_latency_seconds_count{{{lap_times},method="GET"}} 4.0' in text
    assert "f1_api_cache_hits_total 3.0" in text
    assert "f1_api_cache_answers 2.0" in text
    assert "process_cpu_seconds_total" in text
