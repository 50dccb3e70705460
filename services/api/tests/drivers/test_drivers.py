"""Drivers and their figures."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["cleo", "ada", "bruno", "stub"]),
        ("?season=2023", ["ada"]),
        ("?season=2024", ["cleo", "ada", "bruno"]),
        ("?season=2099", []),
        ("?code=bru", ["bruno"]),
        ("?nationality=swiss", ["cleo", "bruno"]),
        ("?q=FAL", ["ada"]),
        ("?q=ada%20falk", ["ada"]),
        ("?q=%25", []),
    ],
)
def test_drivers_are_filtered(api: Any, query: str, expected: list[str]) -> None:
    answer = api.json(f"/drivers{query}")
    assert [driver["driver_id"] for driver in answer["drivers"]] == expected
    assert answer["total"] == len(expected)


@pytest.mark.parametrize("written", ["kimi raikkonen", "Räikkönen", "RA\u0308IKKO\u0308NEN"])
def test_a_search_does_not_depend_on_accents(fresh_api: Any, season: Any, written: str) -> None:
    season.execute(
        "UPDATE drivers SET given_name = 'Kimi', family_name = 'Räikkönen' WHERE driver_id = 'ada'"
    )
    (found,) = fresh_api.client.get("/drivers", params={"q": written}).json()["drivers"]
    assert found["driver_id"] == "ada"


def test_a_driver_with_seasons_and_constructors(api: Any) -> None:
    answer = api.json("/drivers/ada")
    assert answer["driver"]["date_of_birth"] == "1990-01-01"
    assert answer["seasons"] == [
        # In 2023 results and standings were never captured.
        {
            "season": 2023,
            "races": 1,
            "constructor_ids": None,
            "championship_position": None,
            "championship_position_text": None,
        },
        {
            "season": 2024,
            "races": 2,
            "constructor_ids": ["north"],
            "championship_position": 1,
            "championship_position_text": "1",
        },
    ]


def test_a_driver_that_does_not_exist_is_suggested(api: Any) -> None:
    answer = api.get("/drivers/falk")
    assert answer.status_code == 404
    assert "did you mean ada?" in answer.json()["detail"]
    assert api.get("/drivers/%00%ff").status_code == 404


class TestStats:
    def test_over_a_career_the_average_is_weighted(self, api: Any) -> None:
        answer = api.json("/drivers/ada/stats")
        assert answer["rows"] is None
        assert answer["total"] == {
            "season": None,
            "race_id": None,
            "round": None,
            "races": 3,
            "entries": 3,
            "starts": 3,
            "races_with_results": 2,
            "races_with_laps": 2,
            "races_with_pit_stops": 1,
            "laps": 4,
            "timed_laps": 4,
            "total_ms": 339_000,
            "average_lap_ms": 84_750.0,  # not the mean of 86,333 and 80,000
            "fastest_lap_ms": 80_000,
            "fastest_lap": 1,
            "fastest_lap_race_id": "2023-monaco",
            "pit_stops": 0,
            "pit_time_ms": 0,
            "wins": 1,
            "podiums": 2,
            "poles": 1,
            "points": 51.0,
            "race_points": 43.0,
            "sprint_points": 8.0,
            "championship_points": 25.0,
            "championship_seasons": 1,
        }

    def test_by_season_null_is_what_was_never_captured(self, api: Any) -> None:
        old, new = api.json("/drivers/ada/stats?by=season")["rows"]
        assert old["season"] == 2023
        assert (old["laps"], old["pit_stops"], old["wins"], old["points"]) == (1, None, None, None)
        assert (new["laps"], new["pit_stops"], new["wins"], new["points"]) == (3, 0, 1, 51.0)
        assert (new["race_points"], new["sprint_points"]) == (43.0, 8.0)

    def test_by_race(self, api: Any) -> None:
        rows = api.json("/drivers/bruno/stats?by=race")["rows"]
        assert [row["race_id"] for row in rows] == ["2024-monaco", "2024-spa"]
        assert rows[0]["average_lap_ms"] == 87_750.0
        assert rows[1]["laps"] is None  # raced, and laps of the race are not captured
        assert rows[1]["wins"] == 1

    def test_zero_if_captured_without_laps(self, fresh_api: Any, season: Any) -> None:
        season.execute("DELETE FROM aggregations WHERE driver_id = 'cleo'")
        (row,) = fresh_api.json("/drivers/cleo/stats?by=race")["rows"]
        assert (row["laps"], row["pit_stops"], row["average_lap_ms"]) == (0, 0, None)

    def test_a_retirement_is_not_a_podium_and_a_pit_lane_start_not_a_pole(self, api: Any) -> None:
        total = api.json("/drivers/cleo/stats")["total"]
        assert (total["podiums"], total["poles"], total["points"]) == (0, 0, 0)

    def test_of_one_season_or_of_sprints(self, api: Any) -> None:
        assert api.json("/drivers/ada/stats?season=2023")["total"]["races"] == 1
        sprints = api.json("/drivers/ada/stats?session=sprint&by=race")
        assert sprints["total"]["wins"] == 1
        assert (sprints["rows"][0]["points"], sprints["rows"][0]["race_points"]) == (8, None)
        assert sprints["total"]["championship_points"] is None
        assert sprints["rows"][0]["laps"] is None

    def test_two_cars_in_one_race_are_one_race(self, fresh_api: Any, season: Any) -> None:
        season.execute(
            "INSERT INTO results (race_id, driver_id, number, position_text, constructor_id,"
            " position, points, grid) VALUES ('2024-monaco', 'ada', '9', 'R', 'north', 9, 1.5, 1)"
        )
        total = fresh_api.json("/drivers/ada/stats?season=2024")["total"]
        assert (total["races"], total["wins"], total["poles"], total["points"]) == (2, 1, 1, 52.5)

    def test_a_driver_without_races_has_no_figures(self, api: Any) -> None:
        total = api.json("/drivers/stub/stats")["total"]
        assert total["races"] == 0
        assert total["laps"] is None

    def test_completeness_is_that_of_the_seasons(self, api: Any) -> None:
        status = api.json("/drivers/ada/stats")["completeness"]
        assert status["run"] == 3
        assert status["resources"]["laps"]["missing_races"] == ["2024-spa"]
        assert status["resources"]["results"]["missing_races"] == ["2023-monaco"]
        assert status["complete"] is False
