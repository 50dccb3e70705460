"""Errors are problem details that a person understands."""

from typing import Any

import httpx
import pytest


def _problem(answer: httpx.Response, status: int) -> Any:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


@pytest.mark.parametrize(
    ("path", "parameter", "message"),
    [
        ("/races?season=x", "season", "write a whole number"),
        ("/races?season=3", "season", "write a number from 1950 up"),
        ("/races?limit=100000", "limit", "write a number up to 1000"),
        ("/races?from=tomorrow", "from", "write a date as 2024-05-26"),
        ("/races?from=2024", "from", "write a date as 2024-05-26"),
        ("/races?season=2023&season=2024", "season", "give it once"),
        ("/races/2024-1/lap-times?driver=,", "driver", "write ids such as ada_falk"),
        ("/races?circuit=%00", "circuit", "characters that are not allowed"),
        ("/races?sesion=2024", "sesion", "takes circuit, cursor, format, from, limit, season, to"),
        ("/races/2024-1/results?driver=ada", "driver", "takes cursor, format, limit"),
        ("/races/2024-1/provenance?laps=3", "laps", "takes "),
        ("/races/2024-1/lap-times?format=xml", "format", "write one of 'json', 'csv', 'html' or"),
        ("/races/2024-1/lap-times?driver=a%20b", "driver", "write ids such as ada_falk"),
        ("/drivers/ada/stats?by=lap", "by", "write one of 'career', 'season' or 'race'"),
        ("/drivers?q=%00", "q", "characters that are not allowed"),
        ("/seasons/2024/status?generation=-1", "generation", "write a number from 0 up"),
    ],
)
def test_an_invalid_parameter_is_refused(api: Any, path: str, parameter: str, message: str) -> None:
    problem = _problem(api.get(path), 422)
    assert problem["type"] == "urn:f1:problem:invalid-parameter"
    (error,) = problem["errors"]
    assert error["parameter"] == parameter
    assert message in error["message"]
    assert message in problem["detail"]


def test_all_errors_are_reported_at_once(api: Any) -> None:
    problem = _problem(api.get("/races?season=x&limit=0&to=y"), 422)
    assert [error["parameter"] for error in problem["errors"]] == ["season", "to", "limit"]


def test_an_unknown_address_is_not_found(api: Any) -> None:
    for path in (
        "/nothing",
        "/races/2024-1/nothing",
        "/races/2024-1/results/1",
        "/drivers/ada/stats/x",
    ):
        assert "/docs" in _problem(api.get(path), 404)["detail"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("/races/", "/races"),
        ("//races//2024-1/results/?limit=1", "/races/2024-1/results?limit=1"),
        ("/drivers/ada/stats/", "/drivers/ada/stats"),
        ("/docs/", "/docs"),
        ("//ledger", "/ledger"),
    ],
)
def test_an_extra_slash_changes_nothing(api: Any, written: str, meant: str) -> None:
    answer, same = api.client.get(api.url + written), api.get(meant)
    assert answer.status_code == 200
    assert answer.headers["etag"] == same.headers["etag"]
    assert answer.content == same.content
    assert answer.headers.get("link") == same.headers.get("link")


def test_other_methods_are_refused(api: Any) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = api.client.request(method, "/races")
        assert "use GET" in _problem(answer, 405)["detail"]
        assert answer.headers["allow"] == "GET, HEAD"


def test_a_bug_is_a_problem_with_an_id(
    serve: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = serve()

    def broken(**_: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(api.service.pool, "snapshot", broken)
    problem = _problem(api.get("/races", x_request_id="mine-1"), 500)
    assert problem["request_id"] == "mine-1"
    assert "secret" not in str(problem)
    counted = 'http_requests_total{endpoint="/races",method="GET",status="500"} 1.0'
    eventually(lambda: counted in api.metrics, 5)  # a request is counted after its answer was sent


@pytest.mark.parametrize(
    ("sent", "taken"),
    [("abc-1.2:3_4", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ('{"a"}', False)],
)
def test_a_valid_request_id_is_used(api: Any, sent: str, taken: bool) -> None:
    for path in ("/races", "/races", "/nothing", "/healthz"):
        given = api.get(path, x_request_id=sent).headers.get_list("x-request-id")
        assert len(given) == 1
        assert (given[0] == sent) is taken
