"""The HTML pages."""

from typing import Any

import pytest
from html_pages import BROWSER, Html, not_among

from f1_api.app import routers
from f1_api.pages.layout import race_tabs


def _page(api: Any, path: str) -> tuple[str, Html]:
    answer = api.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return answer.text, Html(answer.text)


def test_pages_have_no_external_resources(api: Any) -> None:
    for path in ("/", "/docs"):
        html, page = _page(api, path)
        assert "<script" not in html
        assert '<html lang="en">' in html
        assert len(page.ids) == len(set(page.ids))
        assert page.headings[0] == 1
        steps = zip(page.headings, page.headings[1:], strict=False)
        assert all(after - before <= 1 for before, after in steps)
        for link in page.links:
            if link.startswith("#"):
                assert link[1:] in page.ids
            elif link.startswith("/"):
                assert api.get(link).status_code in (200, 304), link
        transferred = int(api.get(path).headers["content-length"])  # compressed, as browsers ask
        assert transferred < 50_000


@pytest.mark.parametrize(
    ("path", "accept", "page"),
    [
        ("/races/2024-99", BROWSER, True),
        ("/nothing", "text/html", True),
        ("/races?limit=0", BROWSER, True),
        ("/races/2024-99?format=html", "application/json", True),
        ("/races/2024-1/results?format=json&limit=0", BROWSER, False),
        ("/races/2024-99", "*/*", False),
        ("/races/2024-99", "application/json, text/html;q=0.5", False),
    ],
)
def test_a_problem_is_a_page_for_browsers(api: Any, path: str, accept: str, page: bool) -> None:
    answer = api.get(path, accept=accept)
    assert answer.status_code in (404, 422)
    assert answer.headers["cache-control"] == "no-store"
    if page:
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-request-id"] in answer.text
        Html(answer.text)
    else:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


def test_problems_quote_input_as_text(api: Any) -> None:
    answer = api.get("/races/%3Cscript%3E", accept=BROWSER)
    assert "&lt;script&gt;" in answer.text
    assert "<script" not in answer.text


def test_a_page_without_a_key_explains_the_key(serve: Any) -> None:
    answer = serve(keys="required").get("/races", accept=BROWSER)
    assert answer.status_code == 401
    assert "Basic" in answer.headers["www-authenticate"]
    assert "<h1>" in answer.text


def test_the_status_page_marks_synthetic_data(fresh_api: Any, season: Any) -> None:
    assert "This data is synthetic." in _page(fresh_api, "/")[0]
    season.execute("UPDATE installation SET synthetic = false")
    html, page = _page(fresh_api, "/")
    assert "synthetic" not in html.replace('<th scope="row">synthetic</th>', "")
    assert "https://creativecommons.org/licenses/by-nc-sa/4.0/" in page.links


def test_the_status_page_shows_captures_that_need_attention(fresh_api: Any, season: Any) -> None:
    assert "Nothing is held or quarantined." in _page(fresh_api, "/")[0]
    season.capture("laps", round=2, state="quarantined", reason="<b>cut & off")
    html, _ = _page(fresh_api, "/")
    assert "&lt;b&gt;cut &amp; off" in html
    assert "Season 2024: 1 of 2 races complete" in html


def test_an_empty_database_explains_the_first_steps(serve: Any, database_url: str) -> None:
    api = serve(database_url)
    html, _ = _page(api, "/")
    assert "Nothing is stored yet" in html
    assert api.json("/seasons")["synthetic"] is None
    assert api.json("/races")["completeness"]["complete"] is False
    assert len(api.service.cache) == 0  # no notification says whether the data is synthetic or real


PAGES = [
    "/",
    "/seasons",
    "/seasons/2024",
    "/seasons/2024/datasets",
    "/seasons/2024/provenance",
    "/seasons/2024/changes",
    "/seasons/2024/corrections",
    "/races",
    "/races/2024-monaco",
    "/races/2024-monaco/lap-times",
    "/races/2024-monaco/qualifying",
    "/races/2024-monaco/pit-stops",
    "/races/2024-monaco/provenance",
    "/races/2024-monaco/changes",
    "/races/2024-monaco/datasets",
    "/drivers",
    "/drivers/ada",
    "/drivers/ada/stats?by=race",
    "/drivers/ada/provenance",
    "/captures/raw/2024-06-01/synthetic/20240601T120000Z-2024-01-laps-000000000005.json",
]


def test_every_html_page_is_tested_or_listed(api: Any) -> None:
    """test_every_page.py visits each list of a race in a browser."""
    tabs = race_tabs(route for router in routers() for route in router.routes)
    lists = [f"/races/2024-monaco{tab}" for tab in tabs]
    assert not_among(api.json("/openapi.json"), [*PAGES, *lists]) == set()


@pytest.mark.parametrize("address", PAGES)
def test_each_page_has_its_data_at_the_same_address(api: Any, address: str) -> None:
    forms = (BROWSER, "application/json", "text/csv")
    page, data, table = (api.get(address, accept=form) for form in forms)
    kinds = [one.headers["content-type"].partition(";")[0] for one in (page, data, table)]
    assert kinds == ["text/html", "application/json", "text/csv"]
    assert [one.status_code for one in (page, data, table)] == [200, 200, 200]
    assert "<script" not in page.text
    assert data.json()
    lines = table.text.splitlines()
    # Nothing of these data was corrected.
    assert len(lines) > (0 if address.endswith(("/changes", "/corrections")) else 1)
