"""A failure in a backfill affects only its own capture, and the run has the right outcome."""

import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import pytest
import sqlalchemy as sa

from f1_core.capture import Capture
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.s3_faults import S3FaultProxy, S3Faults
from f1_ingest.synthetic import Dataset, respond
from f1_ingest.synthetic.responses import Response

Ingest = Callable[..., CompletedProcess[str]]
Captures = Callable[..., list[Capture]]


def test_a_source_that_changes_during_every_reading_is_unavailable(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    def correct(path: str) -> None:
        if "/1/laps" in path:
            source.correct(lambda data: data.weekend(2024, 1).laps.pop())

    source.on_request = correct
    ran = ingest(
        *("round", "--season", 2024, "--round", 1, "--resources", "laps"),
        F1_JOLPICA_URL=source.url,
    )
    assert ran.returncode == 3
    assert "the source changed during each of 4 readings" in ran.stderr
    assert captures("laps") == []


def test_a_failed_capture_does_not_affect_the_others(
    ingest: Ingest,
    source: JolpicaServer,
    captures: Captures,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "f1_devkit.servers.jolpica.server.respond",
        lambda data, path, query, **known: (
            (400, {"Content-Type": "application/json"}, b'{"detail":"Bad Request: no"}')
            if path.endswith("/1/results.json")
            else respond(data, path, query, **known)
        ),
    )
    ran = ingest(
        *("round", "--season", 2024, "--round", 1, "--resources", "results,qualifying"),
        F1_JOLPICA_URL=source.url,
    )
    assert ran.returncode == 1
    assert "1 of 2 captures failed" in ran.stderr
    assert "400 Bad Request: no" in ran.stderr
    assert source.log.count("results") == 1, "a second response would be the same"
    assert len(captures("qualifying")) == 1


def _changed(change: Callable[[dict[str, Any]], None], path: str) -> Callable[..., Response]:
    """The stand-in's responses, changed for paths that end in `path`."""

    def answer(dataset: Dataset, requested: str, query: dict[str, str], **options: Any) -> Response:
        status, headers, body = respond(dataset, requested, query, **options)
        if requested.endswith(path):
            content = json.loads(body)
            change(content["MRData"])
            body = json.dumps(content).encode()
        return status, headers, body

    return answer


def test_a_cancelled_race_without_a_round_does_not_affect_the_others(
    ingest: Ingest, source: JolpicaServer, captures: Captures, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancel(answer: dict[str, Any]) -> None:
        races = answer["RaceTable"]["Races"]
        races.append({**races[-1], "raceName": "Cancelled Grand Prix", "date": "2024-12-29"})
        races[-1].pop("round")
        answer["total"] = str(len(races))

    monkeypatch.setattr("f1_devkit.servers.jolpica.server.respond", _changed(cancel, "/races.json"))
    ran = ingest("round", "--season", 2024, "--round", 1, F1_JOLPICA_URL=source.url)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert len(captures("results")) == 1


@pytest.mark.parametrize(
    "garbage", [{"total": "1000000000000"}, {"deep": "[" * 100_000 + "]" * 100_000}]
)
def test_a_response_with_too_large_a_total_or_too_deep_nesting_is_refused(
    ingest: Ingest,
    source: JolpicaServer,
    monkeypatch: pytest.MonkeyPatch,
    garbage: dict[str, str],
) -> None:
    def answer(dataset: Dataset, requested: str, query: dict[str, str], **options: Any) -> Response:
        status, headers, body = respond(dataset, requested, query, **options)
        if "deep" in garbage:
            return status, headers, b'{"deep":' + garbage["deep"].encode() + b"," + body[1:]
        content = json.loads(body)
        content["MRData"] |= garbage
        return status, headers, json.dumps(content).encode()

    monkeypatch.setattr("f1_devkit.servers.jolpica.server.respond", answer)
    settings = {"F1_JOLPICA_URL": source.url, "F1_HTTP_PATIENCE_S": "0.1"}
    ran = ingest("round", "--season", 2024, "--round", 1, **settings)
    assert ran.returncode == 3
    assert "the time limit is reached" in ran.stderr


def test_a_resource_that_the_source_cannot_serve_does_not_stop_the_others(
    ingest: Ingest, source: JolpicaServer, captures: Captures, engine: sa.Engine
) -> None:
    source.faults.script("500", path="/1/results", times=1000)
    settings = {"F1_JOLPICA_URL": source.url, "F1_HTTP_PATIENCE_S": "0.1"}
    ran = ingest("backfill", "--season", 2024, "--rounds", "1", **settings)
    assert ran.returncode == 3, "it may be available later"
    assert "1 of 6 captures failed" in ran.stderr
    assert "results of 2024 round 1" in ran.stderr
    assert "last error: 500" in ran.stderr
    assert {one.header.resource for one in captures()} >= {"qualifying", "pitstops", "laps"}
    with engine.connect() as connection:
        outcome = connection.scalar(sa.text("SELECT outcome FROM ingest_runs"))
    assert outcome == "source_unavailable"


def test_two_unavailable_resources_in_a_row_are_an_outage(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    assert ingest(
        *("backfill", "--season", 2024, "--resources", "schedule"), F1_JOLPICA_URL=source.url
    ).returncode == 0  # fmt: skip
    source.log.clear()
    source.faults.outage = "521"
    settings = {"F1_JOLPICA_URL": source.url, "F1_HTTP_PATIENCE_S": "0.1"}
    ran = ingest("backfill", "--season", 2024, **settings)
    assert ran.returncode == 3
    assert len({request.path for request in source.log}) == 2


def test_a_source_that_throttles_gets_no_more_requests(
    ingest: Ingest, source: JolpicaServer
) -> None:
    source.faults.script("429", path="/1/results", times=1000)
    settings = {"F1_JOLPICA_URL": source.url, "F1_HTTP_PATIENCE_S": "0.1"}
    ran = ingest("backfill", "--season", 2024, "--rounds", "1", **settings)
    assert ran.returncode == 3
    assert source.log[-1].path.endswith("/1/results.json")


def test_a_run_that_s3_refuses_is_recorded_as_store_unavailable(
    ingest: Ingest, engine: sa.Engine, source: JolpicaServer, s3_proxy: S3FaultProxy
) -> None:
    """Also if S3 refuses the sweep at the start of a run."""
    for methods in ({"GET", "PUT"}, {"PUT"}):
        s3_proxy.faults = S3Faults(error=1.0, error_status=403, methods=frozenset(methods))
        settings = {
            "F1_JOLPICA_URL": source.url,
            "F1_S3_ENDPOINT": s3_proxy.endpoint,
            "F1_INGEST_STORE_PATIENCE_S": "2",
        }
        done = ingest("backfill", "--season", 2024, "--rounds", "1", **settings)
        assert done.returncode != 0
    with engine.connect() as connection:
        outcomes = connection.execute(sa.text("SELECT outcome FROM ingest_runs")).scalars().all()
    assert outcomes == ["store_unavailable", "store_unavailable"]
