"""CORS: pages of other sites may read answers if a setting lists them."""

from typing import Any

import pytest

PAGE = "https://dashboard.example"
PREFLIGHT = {
    "origin": PAGE,
    "access-control-request-method": "GET",
    "access-control-request-headers": "x-api-key",
}


def test_no_origin_is_allowed_by_default(api: Any) -> None:
    assert "access-control-allow-origin" not in api.get("/races", origin=PAGE).headers
    assert api.client.options("/races", headers=PREFLIGHT).status_code == 405


@pytest.mark.parametrize(("origins", "header"), [("*", "*"), (f"https://a.example {PAGE}", PAGE)])
def test_named_origins_are_allowed(serve: Any, origins: str, header: str) -> None:
    api = serve(origins=origins, keys="required")
    allowed = api.client.options("/races", headers=PREFLIGHT)
    assert allowed.status_code == 200
    assert "x-api-key" in allowed.headers["access-control-allow-headers"].lower()
    for path in ("/races", "/docs", "/nothing"):  # refusals can be read, too
        answer = api.get(path, origin=PAGE)
        assert answer.headers["access-control-allow-origin"] == header
        assert "ETag" in answer.headers["access-control-expose-headers"]


def test_scripts_may_send_what_their_libraries_add(serve: Any) -> None:
    usual = "cache-control, content-type, user-agent, x-requested-with"
    headers = {**PREFLIGHT, "access-control-request-headers": usual}
    path = "/ergast/f1/current/last/results.json"
    assert serve(origins=PAGE).client.options(path, headers=headers).status_code == 200


def test_cached_answers_depend_on_all_headers_of_vary(serve: Any) -> None:
    api = serve(origins=f"https://a.example {PAGE}")
    for origin in ("https://a.example", PAGE):
        assert api.get("/races", origin=origin).headers["access-control-allow-origin"] == origin
    answer = api.get("/races", origin="https://other.example")
    assert "access-control-allow-origin" not in answer.headers
    assert "Accept-Encoding" in answer.headers["vary"]
