"""Totals: starts, shared cars, sprints, championships, and captures of a part of the races."""

from typing import Any

import pytest

from f1_core.postgres import racing

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def _result(driver: str, position_text: str, **more: Any) -> dict[str, Any]:
    return {
        "race_id": "2024-spa",
        "driver_id": driver,
        "number": "9",
        "position_text": position_text,
        "constructor_id": "north",
        "position": int(position_text) if position_text.isdigit() else None,
        "points": 0,
        "grid": 5,
        "laps": 0,
        "status": "Engine",
        **more,
    }


@pytest.mark.parametrize(
    ("position_text", "status", "laps", "started"),
    [
        ("W", "Withdrew", 0, False),
        ("W", "Engine", 0, False),  # on the way to the grid
        ("W", "Withdrew", 2, True),  # in the rain of Fuji 1976, after two laps
        ("W", "Did not start", None, False),
        ("F", "Did not qualify", 0, False),
        ("F", "Did not prequalify", None, False),
        ("E", "Underweight", 0, False),  # excluded after qualifying
        ("R", "Did not start", 0, False),
        ("R", "107% Rule", 0, False),
        ("R", "Accident", 0, True),  # in the first lap
        ("R", None, None, True),
        ("N", "Not classified", 30, True),
        ("D", "Disqualified", 44, True),
        ("D", "Underweight", 0, True),  # archives have no laps of drivers disqualified after 2024
        ("12", "+1 Lap", 43, True),
    ],
)
def test_a_driver_who_did_not_start_has_an_entry_and_no_start(
    fresh_api: Any,
    season: Any,
    *,
    position_text: str,
    status: str | None,
    laps: int | None,
    started: bool,
) -> None:
    season.insert(racing.results, _result("cleo", position_text, status=status, laps=laps))
    rows = fresh_api.json("/races/2024-spa/results")["results"]
    assert {row["driver_id"]: row["started"] for row in rows}["cleo"] is started
    answer = fresh_api.json("/drivers/cleo")
    assert [race["started"] for race in answer["races"]] == [True, started]
    total = answer["total"]
    assert (total["entries"], total["starts"]) == (2, 1 + started)
    page = fresh_api.get("/races/2024-spa", **BROWSER).text
    assert ("1 of 3 entries did not start" in page) is not started


def test_a_pit_lane_start_is_a_start_and_an_absence_is_not(fresh_api: Any, season: Any) -> None:
    season.insert(racing.results, _result("cleo", "R", grid=0, laps=7))
    assert ">pit<" in fresh_api.get("/races/2024-spa", **BROWSER).text
    season.execute("UPDATE results SET position_text = 'F', laps = 0 WHERE driver_id = 'cleo'")
    assert ">pit<" not in fresh_api.get("/races/2024-spa", **BROWSER).text
    page = fresh_api.get("/drivers/cleo", **BROWSER).text
    assert "did not start" in page
    assert "2 races were not started" in page


def test_a_sprint_alone_gives_points_and_is_not_a_race(fresh_api: Any, season: Any) -> None:
    season.insert(racing.sprint_results, _result("cleo", "3", points=6))
    total = fresh_api.json("/drivers/cleo/stats")["total"]
    assert (total["entries"], total["points"], total["sprint_points"]) == (1, 6.0, 6.0)
    rows = fresh_api.json("/drivers/cleo/stats?by=race")["rows"]
    assert [(row["entries"], row["points"]) for row in rows] == [(1, 0.0), (0, 6.0)]
    (own,) = fresh_api.json("/drivers/cleo")["seasons"]
    assert own["races"] == 1


def test_points_of_a_sprint_that_was_never_captured_are_null(fresh_api: Any, season: Any) -> None:
    season.execute("DELETE FROM slices WHERE resource = 'sprint'")
    season.execute("DELETE FROM sprint_results")
    answer = fresh_api.json("/drivers/ada/stats?by=race&season=2024")
    assert [row["sprint_points"] for row in answer["rows"]] == [0.0, None]
    assert answer["completeness"]["resources"]["sprint"]["missing_races"] == ["2024-spa"]
    assert answer["completeness"]["complete"] is False


def test_fractional_points_are_added_without_rounding_errors(fresh_api: Any, season: Any) -> None:
    season.execute("UPDATE results SET points = 0.1 WHERE race_id = '2024-monaco'")
    season.execute("UPDATE results SET points = 0.2 WHERE race_id = '2024-spa'")
    season.execute("UPDATE sprint_results SET points = 0.14")
    assert fresh_api.json("/drivers/ada/stats")["total"]["points"] == 0.44
    form = fresh_api.json("/seasons/2024")["form"]
    assert {one["driver_id"]: one["total"] for one in form["drivers"]}["ada"] == 0.44


class TestChampionship:
    def test_career_points_have_their_number_of_seasons(self, api: Any) -> None:
        total = api.json("/drivers/ada/stats")["total"]
        assert (total["championship_points"], total["championship_seasons"]) == (25.0, 1)
        page = api.get("/drivers/ada", **BROWSER).text
        assert '25 <span class="quiet">in 1 of 2 seasons</span>' in page
        page = api.get("/drivers/ada/stats", **BROWSER).text
        assert '25 <span class="quiet">in 1 of 2 seasons</span>' in page

    def test_a_driver_outside_of_captured_standings_has_no_points(self, api: Any) -> None:
        assert api.json("/drivers/bruno/stats")["total"]["championship_points"] == 0.0

    def test_standings_that_were_never_captured_are_null(self, fresh_api: Any, season: Any) -> None:
        season.execute("DELETE FROM slices WHERE resource = 'driverstandings'")
        season.execute("DELETE FROM driver_standings")
        total = fresh_api.json("/drivers/ada/stats")["total"]
        assert (total["championship_points"], total["championship_seasons"]) == (None, 0)

    def test_a_season_notes_dropped_results_when_all_are_counted(
        self, fresh_api: Any, season: Any
    ) -> None:
        note = "the championship counts fewer results"
        # The standings are from the first race, and results of the second are captured.
        assert note not in fresh_api.get("/seasons/2024", **BROWSER).text
        season.execute("UPDATE driver_standings SET race_id = '2024-spa', points = 50")
        assert note in fresh_api.get("/seasons/2024", **BROWSER).text
        (ada, *_) = fresh_api.json("/seasons/2024")["form"]["drivers"]
        assert (ada["total"], ada["sprint_points"], ada["championship_points"]) == (51, 8, 50)


class TestSharedCars:
    """Ada qualified car 1 at monaco on pole; other drivers drove it too."""

    @staticmethod
    def _poles(api: Any) -> dict[str, int]:
        return {
            driver: row["poles"]
            for driver in ("ada", "bruno")
            for row in api.json(f"/drivers/{driver}/stats?by=race")["rows"]
            if row["race_id"] == "2024-monaco"
        }

    @pytest.fixture(autouse=True)
    def _shared(self, season: Any) -> None:
        """Bruno, who drove car 2 alone before, won in car 1 too."""
        season.insert(
            racing.results,
            _result("bruno", "1", race_id="2024-monaco", number="1", grid=1, laps=3, points=12.5),
        )

    def test_the_driver_who_started_in_the_car_has_the_pole(self, fresh_api: Any) -> None:
        assert self._poles(fresh_api) == {"ada": 1, "bruno": 0}

    def test_a_driver_without_another_car_started_in_the_shared_one(
        self, fresh_api: Any, season: Any
    ) -> None:
        # Cleo drove bruno's car 2, too: he may have handed it over.
        season.insert(
            racing.results,
            _result("cleo", "2", race_id="2024-monaco", number="2", grid=2, laps=3, position=2),
        )
        assert self._poles(fresh_api) == {"ada": 1, "bruno": 0}

    def test_both_drivers_of_swapped_cars_have_the_pole(self, fresh_api: Any, season: Any) -> None:
        season.insert(
            racing.results,
            _result("ada", "2", race_id="2024-monaco", number="2", grid=2, laps=3, position=2),
        )
        assert self._poles(fresh_api) == {"ada": 1, "bruno": 1}

    def test_a_known_swap_gives_the_pole_to_one_driver(self, fresh_api: Any, season: Any) -> None:
        season.execute("UPDATE drivers SET number = NULL")
        season.execute("INSERT INTO circuits (circuit_id, name) VALUES ('reims', 'Reims')")
        season.execute("INSERT INTO seasons (season) VALUES (1951)")
        season.execute(
            "INSERT INTO races (race_id, season, round, name, circuit_id, date)"
            " VALUES ('1951-reims', 1951, 4, 'French Grand Prix', 'reims', '1951-07-01')"
        )
        season.execute("INSERT INTO drivers (driver_id) VALUES ('fangio'), ('fagioli')")
        for driver in ("fangio", "fagioli"):
            season.insert(
                racing.results,
                _result(driver, "1", race_id="1951-reims", number="8", grid=7, laps=77),
                _result(driver, "11", race_id="1951-reims", number="24", grid=1, laps=55),
            )
        for driver, poles in (("fangio", 1), ("fagioli", 0)):
            total = fresh_api.json(f"/drivers/{driver}/stats")["total"]
            assert (total["poles"], total["wins"], total["starts"]) == (poles, 1, 1)
            (one, two) = fresh_api.json(f"/drivers/{driver}")["races"]
            other = {"fangio": "fagioli", "fagioli": "fangio"}[driver]
            assert one["shared_with"] == two["shared_with"] == [other]
            page = fresh_api.get(f"/drivers/{driver}", **BROWSER).text
            assert "No place on the grid where two shared cars were driven." in page

    def test_a_driver_who_did_not_start_shared_no_car(self, fresh_api: Any, season: Any) -> None:
        """As in 1956: a driver withdrew, and another one raced the car."""
        season.insert(
            racing.results, _result("cleo", "W", race_id="2024-monaco", number="2", grid=0)
        )
        monaco = fresh_api.json("/drivers/bruno")["races"][:2]
        assert [race["shared_with"] for race in monaco] == [["ada"], []]

    def test_all_winners_are_on_the_races_page(self, fresh_api: Any) -> None:
        page = fresh_api.get("/races/2024-monaco", **BROWSER).text
        assert "<dt>Winners, one car</dt><dd>Ada Falk, Bruno Keller</dd>" in page
        for driver in ("ada", "bruno"):
            assert fresh_api.json(f"/drivers/{driver}/stats?season=2024")["total"]["wins"] >= 1


def test_a_winner_who_was_disqualified_did_not_win(fresh_api: Any, season: Any) -> None:
    season.execute(
        "UPDATE results SET position_text = 'D', position = NULL, points = 0"
        " WHERE race_id = '2024-monaco' AND driver_id = 'ada'"
    )
    season.execute(
        "UPDATE results SET position_text = '1', position = 1"
        " WHERE race_id = '2024-monaco' AND driver_id = 'bruno'"
    )
    page = fresh_api.get("/races/2024-monaco", **BROWSER).text
    assert "<dt>Winner</dt><dd>Bruno Keller</dd>" in page
    total = fresh_api.json("/drivers/ada/stats")["total"]
    assert (total["wins"], total["poles"], total["starts"]) == (0, 1, 3)


def test_an_equal_fastest_lap_names_both_drivers(fresh_api: Any, season: Any) -> None:
    season.execute(
        "UPDATE aggregations SET fastest_lap_ms = 84000, fastest_lap = 2 WHERE driver_id = 'bruno'"
    )
    page = fresh_api.get("/races/2024-monaco", **BROWSER).text
    assert "ADA, lap 3; BRU, lap 2" in page


def test_partial_totals_have_their_number_of_races(fresh_api: Any, season: Any) -> None:
    answer = fresh_api.json("/drivers/ada")
    assert answer["completeness"]["of_driver"] == {
        "results": {"races": 3, "captured": 2},
        "laps": {"races": 3, "captured": 2},
        "pitstops": {"races": 3, "captured": 1},
    }
    page = fresh_api.get("/drivers/ada", **BROWSER).text
    assert '51 <span class="quiet">in 2 of 3 races</span>' in page  # points
    assert '4 <span class="quiet">in 2 of 3 races</span>' in page  # laps
    assert '0 <span class="quiet">in 1 of 3 races</span>' in page  # stops
    by_season = fresh_api.get("/drivers/ada/stats?by=season", **BROWSER).text
    assert '3 <span class="quiet">in 1 of 2 races</span>' in by_season
    sprints = fresh_api.json("/drivers/ada/stats?session=sprint")["completeness"]
    assert sprints["of_driver"] == {"sprint": {"races": 1, "captured": 1}}
    assert fresh_api.json("/seasons")["completeness"]["of_driver"] is None


def test_a_season_notes_that_points_cover_a_part_of_its_races(fresh_api: Any, season: Any) -> None:
    note = "Results of 1 of 2 races were never captured: points are of the others"
    assert note not in fresh_api.get("/seasons/2024", **BROWSER).text
    season.execute("DELETE FROM slices WHERE race_id = '2024-spa' AND resource = 'results'")
    season.execute("DELETE FROM results WHERE race_id = '2024-spa'")
    assert note in fresh_api.get("/seasons/2024", **BROWSER).text
