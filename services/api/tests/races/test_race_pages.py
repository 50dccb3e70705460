"""A race's pages: at the address of its data, in the requested form."""

import csv
import io
import re
from typing import Any

import pytest
from html_pages import BROWSER, Html

PAGES = [
    "/races/2024-monaco",
    "/races/2024-monaco/lap-times",
    "/races/2024-monaco/pit-stops",
    "/races/2024-monaco/qualifying",
    "/races/2024-spa",
    "/races/2024-spa?session=sprint",
    "/races/2024-spa/lap-times",
    "/races/2099-oslo",
    "/races/2099-oslo/pit-stops",
    "/races/2024-monaco?driver=ada",
    "/races/2024-monaco/lap-times?driver=ada,bruno&from=2",
]


def _html(api: Any, path: str) -> str:
    answer = api.get(path, accept=BROWSER)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    Html(answer.text)
    return str(answer.text)


@pytest.mark.parametrize("path", PAGES)
def test_a_browser_gets_a_page_and_a_program_the_data(api: Any, path: str) -> None:
    assert "<h1>" in _html(api, path)
    for accept in ("*/*", "application/json", "text/plain, */*;q=0.1"):
        assert api.get(path, accept=accept).headers["content-type"] == "application/json"
    joined = f"{path}{'&' if '?' in path else '?'}format="
    assert api.get(f"{joined}json", accept=BROWSER).json()["completeness"]
    assert api.get(f"{joined}html").headers["content-type"].startswith("text/html")


def test_accept_encoding_may_have_several_lines(api: Any) -> None:
    """Proxies may split a header; its lines are one list (RFC 9110, section 5.3)."""
    lines = [("accept", "text/html"), ("accept", "*/*;q=0.1")]
    gzip = [("accept-encoding", "gzip"), ("accept-encoding", "br")]
    for wished in (lines, lines[::-1]):
        answer = api.client.get("/races/2024-monaco", headers=[*wished, *gzip])
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["content-encoding"] == "gzip"


def test_each_form_has_its_own_etag_and_place_in_the_cache(api: Any) -> None:
    path = "/races/2024-monaco"
    kinds = {BROWSER: "text/html", "*/*": "application/json", "text/csv": "text/csv"}
    etags = {}
    for _ in range(2):  # from the database, then from the cache
        for accept, kind in kinds.items():
            answer = api.get(path, accept=accept)
            assert answer.headers["content-type"].split(";")[0] == kind
            assert "Accept" in answer.headers["vary"]
            etags[accept] = answer.headers["etag"]
        assert len(set(etags.values())) == 3
    for accept in kinds:
        for other, etag in etags.items():
            status = api.get(path, accept=accept, if_none_match=etag).status_code
            assert status == (304 if accept == other else 200)


def test_the_race_as_json_has_results_and_figures(api: Any) -> None:
    answer = api.json("/races/2024-monaco")
    assert [row["driver_id"] for row in answer["results"]] == ["ada", "bruno", "cleo"]
    assert {row["driver_id"]: row["fastest_lap_ms"] for row in answer["aggregations"]} == {
        "ada": 84_000, "bruno": 84_500, "cleo": 92_000,
    }  # fmt: skip
    one = api.json("/races/2024-monaco?driver=bruno")
    assert [row["driver_id"] for row in one["results"] + one["aggregations"]] == ["bruno"] * 2


def test_the_race_as_csv_has_a_line_for_each_result(api: Any) -> None:
    answer = api.get("/races/2024-monaco?format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["driver_id"] for row in rows] == ["ada", "bruno", "cleo"]
    assert rows[1]["pit_time_ms"] == "23456"
    assert rows[1]["laps"] == "3"  # the result's: laps without a time count
    assert answer.headers["x-f1-complete"] == "true"


def test_a_driver_with_laps_and_without_a_result_is_listed(fresh_api: Any, season: Any) -> None:
    season.execute("DELETE FROM results WHERE race_id = '2024-monaco' AND driver_id = 'cleo'")
    rows = list(csv.DictReader(io.StringIO(fresh_api.get("/races/2024-1?format=csv").text)))
    assert (rows[2]["driver_id"], rows[2]["position"], rows[2]["fastest_lap_ms"]) == (
        "cleo", "", "92000",
    )  # fmt: skip
    assert "Cleo Ames" in _html(fresh_api, "/races/2024-1")


def test_a_driver_without_laps_has_no_stops(fresh_api: Any, season: Any) -> None:
    """Laps and stops were captured, so they are 0, as in the driver's figures."""
    for table in ("lap_times", "aggregations"):
        season.execute(f"DELETE FROM {table} WHERE driver_id = 'cleo'")

    def figures() -> tuple[str, ...]:
        text = fresh_api.get("/races/2024-1?format=csv").text
        row = list(csv.DictReader(io.StringIO(text)))[2]
        return row["timed_laps"], row["fastest_lap_ms"], row["pit_stops"], row["pit_time_ms"]

    assert figures() == ("0", "", "0", "0")
    own = fresh_api.json("/drivers/cleo/stats?by=race")["rows"][0]
    assert (own["timed_laps"], own["fastest_lap_ms"], own["pit_stops"]) == (0, None, 0)
    assert re.search(
        r'>Cleo Ames<.*?<td class="n">0</td><td class="n">0.000</td>\s*</tr>',
        _html(fresh_api, "/races/2024-1"),
        re.DOTALL,
    )
    season.execute("DELETE FROM slices WHERE race_id = '2024-monaco' AND resource = 'pitstops'")
    assert figures() == ("0", "", "", "")


def test_uncaptured_data_is_marked(api: Any) -> None:
    spa = _html(api, "/races/2024-spa")
    assert "Never captured, though it should exist by now: lap times, pit stops." in spa
    assert '<svg class="plot"' not in spa
    assert "Laps of this session were never captured" in _html(api, "/races/2024-spa/lap-times")
    assert "were never captured" in _html(api, "/races/2024-spa/pit-stops")
    old = api.get("/races/2024-spa/pit-stops?format=csv")
    assert old.status_code == 404
    assert api.get("/races/2099-oslo?format=csv").status_code == 404


def test_a_list_without_a_template_is_a_table(api: Any) -> None:
    page = _html(api, "/races/2024-monaco/qualifying")
    assert "<h1>Qualifying, " in page
    assert '<th scope="col">Driver name</th>' in page
    assert "<td>Ada Falk</td>" in page
    assert "session=sprint" not in page
    assert '<p class="lead">Never captured.' in _html(api, "/races/2024-spa/qualifying")


def test_captured_and_empty_differs_from_never_captured(fresh_api: Any, season: Any) -> None:
    season.execute("DELETE FROM lap_times")
    season.execute("DELETE FROM pit_stops")
    assert "captured, and there are none" in _html(fresh_api, "/races/2024-monaco")
    assert "Captured, and there are none." in _html(fresh_api, "/races/2024-monaco/lap-times")
    assert "Captured, and there was none." in _html(fresh_api, "/races/2024-monaco/pit-stops")
    season.execute("DELETE FROM results WHERE race_id = '2024-monaco'")
    season.execute("DELETE FROM aggregations")
    assert '<p class="lead">Captured, and there are none.' in _html(fresh_api, "/races/2024-monaco")
    season.execute("DELETE FROM slices WHERE race_id = '2024-monaco' AND resource = 'results'")
    assert '<p class="lead">Never captured.' in _html(fresh_api, "/races/2024-monaco")


def test_laps_outside_of_the_plot_are_mentioned(fresh_api: Any, season: Any) -> None:
    none = "None of the requested laps has a time or a position."
    # The page shows no more than the data at its address.
    for question in ("from=4", "from=900&to=900"):
        assert none in _html(fresh_api, f"/races/2024-monaco/lap-times?{question}&driver=ada")
        assert fresh_api.json(f"/races/2024-monaco/lap-times?{question}")["laps"] == []
    season.execute("UPDATE lap_times SET time_ms = NULL, position = NULL")
    assert none in _html(fresh_api, "/races/2024-monaco/lap-times")


def test_a_race_links_to_its_neighbours(fresh_api: Any, season: Any) -> None:
    season.execute(
        "INSERT INTO races (race_id, season, round, name, circuit_id, date) "
        "VALUES ('2024-oslo', 2024, 5, 'Oslo Grand Prix', 'oslo', '2024-09-09')"
    )
    for page in ("", "/lap-times", "/qualifying", "/pit-stops"):
        ways = re.findall(
            r'<a href="([^"]*)" rel="(\w+)">', _html(fresh_api, f"/races/2024-spa{page}")
        )
        assert ways == [(f"/races/2024-monaco{page}", "prev"), (f"/races/2024-oslo{page}", "next")]
    assert 'rel="prev"' not in _html(fresh_api, "/races/2024-monaco")
    assert 'rel="next"' not in _html(fresh_api, "/races/2024-oslo")


def test_every_page_of_a_race_links_to_all_others(api: Any) -> None:
    pages = ("", "/lap-times", "/qualifying", "/pit-stops", "/provenance", "/datasets")
    for page in pages:
        links = Html(_html(api, f"/races/2024-spa{page}")).links
        assert {f"/races/2024-spa{other}" for other in pages} <= set(links)


def test_thirty_four_cars_of_seventeen_teams_are_drawn(fresh_api: Any, season: Any) -> None:
    """As many as in 1991, with lap times."""
    season.execute(
        "INSERT INTO drivers (driver_id, family_name) "
        "SELECT 'd' || n, 'Müller' FROM generate_series(1, 34) AS n"
    )
    season.execute(
        "INSERT INTO constructors (constructor_id, name) "
        "SELECT 't' || n, 'Team ' || n FROM generate_series(1, 17) AS n"
    )
    season.execute(
        "INSERT INTO results (race_id, driver_id, number, position_text, constructor_id, position,"
        " points, grid, laps) SELECT '2023-monaco', 'd' || n, n::text, n::text,"
        " 't' || (n + 1) / 2, n, 0, n, 20 FROM generate_series(1, 34) AS n"
    )
    season.execute(
        "INSERT INTO lap_times (race_id, session, driver_id, lap, position, time_ms) "
        "SELECT '2023-monaco', 'race', 'd' || n, lap, n, 80000 + 100 * n + lap"
        "  FROM generate_series(1, 34) AS n, generate_series(1, 20) AS lap"
    )
    season.slice("results", "2023-monaco", 34, round=1)
    html = _html(fresh_api, "/races/2023-monaco")
    labels = set(re.findall(r'<text x="858"[^>]*>([^<]*)</text>', html))
    assert len(labels) == 34  # all have the same name, and different labels
    assert len(html) < 200_000


def test_a_future_race_is_marked(api: Any) -> None:
    assert "This race has not been run yet." in _html(api, "/races/2099-oslo")
    assert api.json("/races/2099-oslo")["results"] is None


def test_the_sprint_is_a_session_of_the_race(api: Any) -> None:
    assert '<a href="/races/2024-spa?session=sprint">its sprint</a>' in _html(
        api, "/races/2024-spa"
    )
    sprint = _html(api, "/races/2024-spa?session=sprint")
    assert "Sprint results" in sprint
    assert [row["points"] for row in api.json("/races/2024-spa?session=sprint")["results"]] == [8]


def test_a_driver_is_highlighted_and_reset(api: Any) -> None:
    page = Html(_html(api, "/races/2024-monaco/lap-times?driver=ada&from=1"))
    assert "/races/2024-monaco/lap-times?from=1#plots" in page.links
    assert "/races/2024-monaco/lap-times?from=1&driver=ada%2Cbruno#plots" in page.links
    assert api.get("/races/2024-monaco?driver=adda", accept=BROWSER).status_code == 404


def test_the_html_page_refuses_paging(api: Any) -> None:
    answer = api.get("/races/2024-monaco/lap-times?limit=2", accept=BROWSER)
    assert answer.status_code == 422
    assert "for JSON and CSV only" in answer.text
    assert api.get("/races/2024-monaco/results?format=html").status_code == 422


def test_names_are_text(fresh_api: Any, season: Any) -> None:
    season.execute("UPDATE drivers SET given_name = '<b>Zoë & Co', code = NULL")
    season.execute("UPDATE races SET name = 'Grand <Prix> & more' WHERE race_id = '2024-monaco'")
    html = _html(fresh_api, "/races/2024-monaco")
    assert "&lt;b&gt;Zoë &amp; Co" in html
    assert "<b>" not in html
    assert "Grand &lt;Prix&gt; &amp; more" in html


def test_two_results_of_one_driver_are_two_rows(fresh_api: Any, season: Any) -> None:
    """Drivers shared cars in the 1950s."""
    season.execute(
        "UPDATE results SET driver_id = 'ada' WHERE race_id = '2024-monaco' AND driver_id = 'bruno'"
    )
    html = _html(fresh_api, "/races/2024-monaco")
    assert html.count('<a href="/drivers/ada">') == 2
    rows = list(csv.DictReader(io.StringIO(fresh_api.get("/races/2024-1?format=csv").text)))
    assert [row["driver_id"] for row in rows] == ["ada", "ada", "cleo", "bruno"]
