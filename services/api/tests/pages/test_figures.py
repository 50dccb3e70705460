"""Pages of seasons and drivers: results race by race, and their special cases."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from f1_api.races.race_session import entrants_of
from f1_core.postgres import racing

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def _result(race_id: str, driver: str, position: str, **more: Any) -> dict[str, Any]:
    return {
        "race_id": race_id,
        "driver_id": driver,
        "number": "9",
        "position_text": position,
        "constructor_id": "north",
        "position": int(position) if position.isdigit() else 20,
        "points": 0,
        "grid": 5,
        "laps": 3,
        "status": "Finished",
        **more,
    }


def _form(api: Any) -> dict[str, Any]:
    drivers = api.json("/seasons/2024")["form"]["drivers"]
    return {driver["driver_id"]: driver for driver in drivers}


def _lines(answer: Any) -> list[dict[str, str]]:
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_a_season_adds_up_races_and_sprints(api: Any) -> None:
    form = _form(api)
    assert form["ada"]["positions"] == ["1", "2"]
    assert form["ada"]["points"] == [25.0, 26.0]  # 18 of the race, 8 of the sprint
    assert form["ada"]["total"] == 51.0
    assert form["cleo"]["positions"] == ["R", None]  # no result at spa: not zero
    assert form["cleo"]["points"] == [0.0, None]
    assert list(form) == ["ada", "bruno", "cleo"]
    (north,) = api.json("/seasons/2024")["form"]["constructors"]
    assert north["points"] == [43.0, 51.0]


def test_results_that_were_never_captured_are_null(api: Any) -> None:
    assert api.json("/seasons/2023")["form"] == {"drivers": None, "constructors": None}
    assert [race["winners"] for race in api.json("/seasons/2023")["races"]] == [None]
    answer = api.get("/seasons/2023?format=csv&table=form")
    assert answer.status_code == 404
    assert "never captured" in answer.json()["detail"]


def test_a_shared_car_is_one_line_with_both_results(fresh_api: Any, season: Any) -> None:
    """As in 1956, when a driver took over another one's car and was classified twice."""
    season.insert(racing.results, _result("2024-monaco", "ada", "4", number="7", points=1.5))
    season.insert(racing.results, _result("2024-monaco", "bruno", "1", number="1", points=12.5))
    form = _form(fresh_api)
    assert form["ada"]["positions"][0] == "1"
    assert form["ada"]["points"][0] == 26.5
    winners = fresh_api.json("/seasons/2024")["races"][0]["winners"]
    assert [winner["driver_id"] for winner in winners] == ["ada", "bruno"]
    page = fresh_api.get("/seasons/2024", **BROWSER).text
    assert "26.5" in page
    assert "Ada Falk</a>, <a" in page
    own = [race for race in fresh_api.json("/drivers/ada")["races"] if race["round"] == 1]
    assert [race["position_text"] for race in own] == ["1", "4"]
    assert fresh_api.get("/drivers/ada", **BROWSER).status_code == 200


def test_a_driver_with_two_constructors_in_a_season(fresh_api: Any, season: Any) -> None:
    season.insert(racing.constructors, {"constructor_id": "south", "name": "South"})
    season.insert(racing.results, _result("2024-spa", "cleo", "7", constructor_id="south"))
    assert _form(fresh_api)["cleo"]["constructor_ids"] == ["north", "south"]
    page = fresh_api.get("/drivers/cleo", **BROWSER).text
    assert "North, South" in page


def test_equal_points_are_ordered_by_the_best_place(fresh_api: Any, season: Any) -> None:
    season.execute("UPDATE results SET points = 10")
    season.execute("UPDATE sprint_results SET points = 0")
    # Both have a first and a second place; then by id.
    assert list(_form(fresh_api))[:2] == ["ada", "bruno"]
    season.execute(
        "UPDATE results SET position = 3, position_text = '3'"
        " WHERE driver_id = 'ada' AND race_id = '2024-spa'"
    )
    assert list(_form(fresh_api))[:2] == ["bruno", "ada"]


def test_a_result_of_the_sprint_only_is_listed(fresh_api: Any, season: Any) -> None:
    season.insert(racing.sprint_results, _result("2024-spa", "cleo", "3", points=6))
    cleo = _form(fresh_api)["cleo"]
    assert (cleo["positions"], cleo["points"]) == (["R", None], [0.0, 6.0])
    assert "points of the sprint only" in fresh_api.get("/seasons/2024", **BROWSER).text


def test_a_season_with_a_sprint_only_has_a_row(fresh_api: Any, season: Any) -> None:
    season.execute("UPDATE aggregations SET session = 'sprint' WHERE race_id = '2023-monaco'")
    page = fresh_api.get("/drivers/ada", **BROWSER)
    assert page.status_code == 200
    assert 'href="/seasons/2023"' in page.text


def test_unknown_values_are_a_dash_with_an_explanation(fresh_api: Any, season: Any) -> None:
    season.execute("UPDATE drivers SET number = NULL, nationality = NULL WHERE driver_id = 'ada'")
    season.execute("DELETE FROM slices WHERE race_id = '2024-spa' AND resource = 'results'")
    season.execute("DELETE FROM results WHERE race_id = '2024-spa'")
    page = fresh_api.get("/seasons/2024", **BROWSER).text
    assert 'title="never captured, or not given by the source">&ndash;' in page
    assert "2 of 2 races run" in page
    assert fresh_api.get("/drivers/ada", **BROWSER).status_code == 200
    drivers = fresh_api.get("/drivers", **BROWSER).text
    assert 'title="never captured, or not given by the source">&ndash;' in drivers


def test_a_season_that_has_not_begun(api: Any) -> None:
    page = api.get("/seasons/2099", **BROWSER).text
    assert "0 of 1 races run" in page
    assert "to be run" in page
    assert "No race of this season has been run yet." in page
    assert "Not all is here" not in page


def test_a_season_without_a_schedule(fresh_api: Any, season: Any) -> None:
    season.insert(racing.seasons, {"season": 2031})
    page = fresh_api.get("/seasons/2031", **BROWSER)
    assert page.status_code == 200
    assert "f1-ingest backfill --season 2031" in page.text


def test_no_data_at_all(serve: Any, database_url: str) -> None:
    api = serve(database_url)
    for path in ("/seasons", "/races", "/drivers"):
        page = api.get(path, **BROWSER)
        assert page.status_code == 200
        assert "stored yet" in page.text
        assert _lines(api.get(f"{path}?format=csv")) == []


def test_a_driver_has_every_result_and_figures_by_season(api: Any) -> None:
    answer = api.json("/drivers/ada")
    assert [(race["race_id"], race["position_text"]) for race in answer["races"]] == [
        ("2024-monaco", "1"),
        ("2024-spa", "2"),
    ]
    assert [race["sprint_points"] for race in answer["races"]] == [None, 8.0]
    assert answer["total"] == api.json("/drivers/ada/stats")["total"]
    assert answer["by_season"] == api.json("/drivers/ada/stats?by=season")["rows"]


def test_only_an_address_of_the_web_is_a_link(fresh_api: Any, season: Any) -> None:
    assert "More about Ada Falk" in fresh_api.get("/drivers/ada", **BROWSER).text
    season.execute("UPDATE drivers SET url = 'javascript:alert(1)'")
    assert "javascript:" not in fresh_api.get("/drivers/ada", **BROWSER).text


def test_an_unknown_driver_is_not_found(api: Any) -> None:
    page = api.get("/drivers/stub", **BROWSER)
    assert page.status_code == 200
    assert "No results or laps of this driver are stored." in page.text


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("/seasons?format=csv", {"season": "2099", "races": "1"}),
        ("/races?format=csv&season=2024", {"race_id": "2024-monaco", "winner_driver_id": "ada"}),
        ("/drivers?format=csv", {"driver_id": "cleo", "family_name": "Ames"}),
        ("/seasons/2024?format=csv", {"race_id": "2024-monaco", "winner_driver_name": "Ada Falk"}),
        ("/seasons/2024?format=csv&table=drivers", {"driver_id": "ada", "points": "25.0"}),
        ("/seasons/2024?format=csv&table=constructors", {"constructor_id": "north"}),
        ("/seasons/2024?format=csv&table=form", {"driver_id": "ada", "position_text": "1"}),
        ("/drivers/ada?format=csv", {"season": "2023", "races": "1", "wins": ""}),
        ("/drivers/ada?format=csv&table=races", {"race_id": "2024-monaco", "grid": "1"}),
        ("/drivers/ada/stats?format=csv", {"season": "", "races": "3"}),
        ("/drivers/ada/stats?by=race&format=csv", {"race_id": "2023-monaco"}),
    ],
)
def test_each_page_has_its_data_as_csv(api: Any, path: str, first: dict[str, str]) -> None:
    answer = api.get(path)
    line = _lines(answer)[0]
    assert {name: line[name] for name in first} == first
    assert answer.headers["x-f1-complete"] in ("true", "false")


def test_a_name_with_a_carriage_return_is_one_field(fresh_api: Any, season: Any) -> None:
    """pandas, and others, read a carriage return that is not quoted as the end of a line."""
    name = "Falk\rthe first"
    season.execute("UPDATE drivers SET given_name = NULL, family_name = :name", name=name)
    names = [line["family_name"] for line in _lines(fresh_api.get("/drivers?format=csv"))]
    assert names == [name] * 4
    rows = _lines(fresh_api.get("/races/2024-monaco?format=csv"))
    assert [line["driver_name"] for line in rows] == [name] * 3


def test_clients_that_accept_everything_get_json(api: Any) -> None:
    for path in ("/seasons", "/seasons/2024", "/races", "/drivers", "/drivers/ada"):
        assert api.get(path, accept="*/*").headers["content-type"] == "application/json"
        assert api.get(path, **BROWSER).headers["content-type"] == "text/html; charset=utf-8"


def test_a_search_accepts_empty_fields(api: Any) -> None:
    page = api.get("/drivers?q=kel&season=", **BROWSER).text
    assert "Bruno Keller" in page
    assert "Ada Falk" not in page
    assert "No drivers found." in api.get("/drivers?q=nobody&season=2024", **BROWSER).text
    assert api.get("/drivers?season=two").status_code == 422


def test_an_unknown_driver_cannot_be_highlighted(api: Any) -> None:
    assert 'aria-current="true"' in api.get("/seasons/2024?driver=ada", **BROWSER).text
    assert api.get("/seasons/2024?driver=nobody", **BROWSER).status_code == 404


def test_pages_are_small_and_quick(api: Any) -> None:
    """Of the small season; the bench measures whole ones."""
    for path in ("/", "/seasons", "/seasons/2024", "/races", "/drivers", "/drivers/ada"):
        answer = api.get(path, **BROWSER)
        assert len(answer.content) < 200_000
        assert answer.elapsed < timedelta(seconds=2), path


def test_labels_of_brothers_cousins_and_namesakes_differ() -> None:
    ids = ["michael_schumacher", "ralf_schumacher", "mick", "synthetic_a1", "synthetic_a2"]
    names = {
        "michael_schumacher": (None, "Michael Schumacher", "Schumacher"),
        "ralf_schumacher": (None, "Ralf Schumacher", "Schumacher"),
        "mick": ("SCH", "Mick Schumacher", "Schumacher"),
    }
    entrants = entrants_of(dict.fromkeys(ids, "north"), names, {"mick"})
    assert [one.label for one in entrants] == ["SCH", "Schumach", "Mick", "SYN", "syntheti"]
    assert [one.picked for one in entrants] == [False, False, True, False, False]
