"""`/ergast/f1` as an address of this API: spelling, paging, caching, keys, metrics."""

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import hypothesis
import pytest
from hypothesis import strategies as st

from f1_api.auth import keys
from f1_core.postgres import operations

WORDS = (
    *("seasons", "circuits", "races", "constructors", "drivers", "results", "sprint", "qualifying"),
    *("pitstops", "laps", "status", "driverStandings", "constructorstandings", "grid", "fastest"),
    *("2024", "2023", "current", "last", "next", "1", "2", "99", "0", "ada", "north", "monaco"),
    *("1" * 30, "a.json", ".json", "results.json", "é", "%00", "%2F", "..", "-1", "stub"),
)


@hypothesis.settings(
    max_examples=400,
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(
    segments=st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)), max_size=9),
    query=st.dictionaries(
        st.sampled_from(["limit", "offset", "other"]),
        st.one_of(st.text(max_size=6), st.integers().map(str)),
    ),
)
@hypothesis.example(segments=["\n0"], query={})
def test_any_path_is_answered_or_refused_with_a_message(
    api: Any, segments: list[str], query: dict[str, str]
) -> None:
    path = "/".join(map(_quoted, segments))
    answer = api.client.get(f"/ergast/f1/{path}", params=query)
    assert answer.status_code in (200, 400, 404), (path, answer.text)
    body = answer.json()
    match answer.status_code:
        case 200:
            _all_text(body)
        case 400:
            assert body["detail"].startswith("Bad Request: ")
        case 404:
            assert body["detail"] == "Not found."


def _quoted(segment: str) -> str:
    """As a client sends it: quoted parts are kept, and two dots do not change the path."""
    written = quote(segment.encode("utf-8", "ignore"), safe="%")
    return written.replace(".", "%2E") if written in (".", "..") else written


def _all_text(value: Any) -> None:
    if isinstance(value, dict):
        for inner in value.values():
            _all_text(inner)
    elif isinstance(value, list):
        for inner in value:
            _all_text(inner)
    else:
        assert isinstance(value, str)


@pytest.mark.parametrize(
    "written", ["2024/1/results", "2024/1/results/", "2024/1/results.json", "2024/1/results.json/"]
)
def test_json_and_a_slash_at_the_end_are_optional(api: Any, written: str) -> None:
    data = api.json(f"/ergast/f1/{written}")["MRData"]
    assert data["total"] == "3"
    assert data["url"].startswith(f"{api.url}/ergast/f1/2024/1/results")


@pytest.mark.parametrize("written", ["/ergast/f1", "/ergast/f1/", "/ergast/f1.json"])
def test_an_empty_path_means_races(api: Any, written: str) -> None:
    assert api.json(written)["MRData"]["total"] == "4"


@pytest.mark.parametrize(
    ("query", "limit", "offset"),
    [
        ("", "30", "0"),
        ("?limit=2&offset=1", "2", "1"),
        ("?limit=1000", "100", "0"),
        ("?limit=0&offset=x", "30", "0"),
        ("?limit=-5&offset=-5", "30", "0"),
        (f"?limit={'9' * 50}&offset={'9' * 50}", "100", str(2**31 - 1)),
        ("?limit=+2&offset=%201", "2", "1"),
        ("?limit=5&limit=2", "2", "0"),
        ("?other=1", "30", "0"),
    ],
)
def test_limit_and_offset(api: Any, query: str, limit: str, offset: str) -> None:
    data = api.json(f"/ergast/f1/2024/1/laps{query}")["MRData"]
    assert (data["limit"], data["offset"], data["total"]) == (limit, offset, "7")


def test_larger_pages_can_be_configured(serve: Callable[..., Any]) -> None:
    own = serve(ergast_max_limit=2000)
    assert own.json("/ergast/f1/2024/1/laps?limit=5000")["MRData"]["limit"] == "2000"


def test_current_last_and_next_depend_on_the_date(season: Any, serve: Callable[..., Any]) -> None:
    year = "2099"
    season.execute("UPDATE races SET date = current_date WHERE race_id = '2099-oslo'")
    ours = serve()
    assert ours.json(f"/ergast/f1/{year}/next")["MRData"]["RaceTable"]["round"] == "1"
    after = ours.json("/ergast/f1/2024/next")["MRData"]["RaceTable"]
    assert (after["season"], after["round"], after["Races"]) == ("2025", "1", [])
    last = ours.json("/ergast/f1/2024/last/results")["MRData"]["RaceTable"]
    assert (last["season"], last["round"]) == ("2024", "2")
    assert [row["Driver"]["driverId"] for row in last["Races"][0]["Results"]] == ["bruno", "ada"]
    nothing = ours.json("/ergast/f1/1950/last/races")["MRData"]
    assert nothing["total"] == "0"


def test_answers_are_cached_separately_for_each_host(api: Any) -> None:
    first = api.get("/ergast/f1/2024/drivers", Host="one.example:1")
    second = api.get("/ergast/f1/2024/drivers", Host="two.example:2")
    again = api.get("/ergast/f1/2024/drivers", Host="one.example:1")
    assert "one.example:1" in first.json()["MRData"]["url"]
    assert "two.example:2" in second.json()["MRData"]["url"]
    assert again.content == first.content


def test_conditional_requests_gzip_and_head_work(api: Any) -> None:
    path = "/ergast/f1/2024/1/results.json"
    whole = api.get(path, Accept_Encoding="identity")
    assert whole.headers["x-f1-synthetic"] == "true"
    assert api.get(path, Accept_Encoding="gzip").headers["content-encoding"] == "gzip"
    unchanged = api.get(path, If_None_Match=whole.headers["etag"], Accept_Encoding="identity")
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    head = api.client.head(path, headers={"Accept-Encoding": "identity"})
    assert (head.content, head.headers["etag"]) == (b"", whole.headers["etag"])
    refused = api.client.post(path)
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET, HEAD"


def test_a_change_is_visible_in_the_next_answer(
    season: Any, serve: Callable[..., Any], eventually: Any
) -> None:
    ours = serve()
    path = "/ergast/f1/drivers/ada"
    assert ours.json(path)["MRData"]["DriverTable"]["Drivers"][0]["code"] == "ADA"
    season.execute("UPDATE drivers SET code = 'FAL' WHERE driver_id = 'ada'")
    season.notify()
    eventually(lambda: ours.json(path)["MRData"]["DriverTable"]["Drivers"][0]["code"] == "FAL")


@pytest.mark.parametrize("opened", [True, False])
def test_a_key_is_required_unless_ergast_is_open(
    season: Any, serve: Callable[..., Any], opened: bool
) -> None:
    key = keys.new_key()
    season.insert(
        operations.api_keys,
        {"key_id": key.key_id, "name": "notebook", "secret_sha256": key.secret_sha256},
    )
    ours = serve(keys="required", ergast_open=opened)
    path = "/ergast/f1/2024/races.json"
    assert ours.get(path).status_code == (200 if opened else 401)
    assert ours.get("/races").status_code == 401
    user = base64.b64encode(f"any:{key.text}".encode()).decode()
    assert ours.get(path, Authorization=f"Basic {user}").status_code == 200
    with_key = ours.url.replace("://", f"://any:{key.text}@")
    assert httpx.get(f"{with_key}{path}").status_code == 200


def test_other_sites_may_send_requests_if_allowed(serve: Callable[..., Any]) -> None:
    ours = serve(origins="https://app.example")
    answer = ours.get("/ergast/f1/2024", Origin="https://app.example")
    assert answer.headers["access-control-allow-origin"] == "https://app.example"


def test_metrics_have_the_resource_only(fresh_api: Any) -> None:
    for path in ("2024/1/results", "2024/9/results.json", "nonsense", "drivers/ada", "a/b/c"):
        fresh_api.get(f"/ergast/f1/{path}")
    text = fresh_api.metrics
    seen = {
        line.split('endpoint="')[1].split('"')[0]
        for line in text.splitlines()
        if 'endpoint="/ergast' in line
    }
    assert seen == {"/ergast/f1", "/ergast/f1/results", "/ergast/f1/drivers"}


def test_the_licence_is_named(season: Any, serve: Callable[..., Any]) -> None:
    season.execute("UPDATE installation SET synthetic = false")
    answer = serve().get("/ergast/f1/2024")
    assert 'rel="license"' in answer.headers["link"]
    assert json.loads(answer.content)["MRData"]["series"] == "f1"
