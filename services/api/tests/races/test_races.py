"""Races, their laps, results and stops in answers."""

import csv
import io
from typing import Any

import pytest


def test_races_are_listed_with_what_is_captured_and_what_is_missing(api: Any) -> None:
    answer = api.json("/races?season=2024")
    assert [race["race_id"] for race in answer["races"]] == ["2024-monaco", "2024-spa"]
    assert answer["races"][0]["missing"] == []
    assert answer["races"][1]["captured"] == ["results", "sprint"]
    assert answer["races"][1]["missing"] == [
        "constructorstandings", "driverstandings", "laps", "pitstops", "qualifying",
    ]  # fmt: skip
    laps = answer["completeness"]["resources"]["laps"]
    assert laps == {
        "due": 2, "captured": 1, "rows": 7, "missing": 1, "missing_races": ["2024-spa"],
        "none": 0,
    }  # fmt: skip
    assert answer["completeness"]["complete"] is False
    assert answer["synthetic"] is True
    assert "generator" in answer["license"]["attribution"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["2023-monaco", "2024-monaco", "2024-spa", "2099-oslo"]),
        ("?circuit=monaco", ["2023-monaco", "2024-monaco"]),
        ("?circuit=Monaco", ["2023-monaco", "2024-monaco"]),
        ("?from=2024-05-26&to=2024-07-27", ["2024-monaco"]),
        ("?season=1999", []),
    ],
)
def test_races_are_filtered(api: Any, query: str, expected: list[str]) -> None:
    assert [race["race_id"] for race in api.json(f"/races{query}")["races"]] == expected


@pytest.mark.parametrize("written", ["2024-monaco", "2024-1", "2024-01", "2024-MONACO"])
def test_a_race_is_addressed_by_id_or_round(api: Any, written: str) -> None:
    answer = api.get(f"/races/{written}/results")
    assert answer.json()["race"]["race_id"] == "2024-monaco"
    assert answer.headers["link"] == '</races/2024-monaco/results>; rel="canonical"'


def test_last_and_next_follow_the_results(api: Any) -> None:
    assert api.json("/races/last")["race"]["race_id"] == "2024-spa"
    # Of 2023 laps were captured, and results never.
    assert api.json("/races/2023-last")["race"]["race_id"] == "2023-monaco"
    assert api.json("/races/next")["race"]["race_id"] == "2099-oslo"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("2024-monza", "that season has 2024-monaco, 2024-spa, ...: /races?season=2024 lists all"),
        ("2024-9", "that season has 2024-monaco"),
        ("2024-grand", "that season has 2024-monaco"),
        ("1850-1", "/seasons lists the seasons"),
        ("monaco", "write 2024-monaco, 2024-5"),
        ("2024-%00", "write 2024-monaco"),
        ("2024-next", "write 2024-monaco"),
    ],
)
def test_an_unknown_race_has_a_hint(api: Any, written: str, message: str) -> None:
    answer = api.get(f"/races/{written}/lap-times")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert message in answer.json()["detail"]


def test_a_race_shows_its_circuit_sessions_and_captures(api: Any) -> None:
    answer = api.json("/races/2024-spa")
    assert answer["race"]["circuit"]["latitude"] == 43.5
    assert answer["race"]["sessions"] == {"Sprint": {"date": "2024-07-27", "time": "10:00:00Z"}}
    captured = {item["resource"]: item for item in answer["completeness"]["captured"]}
    assert captured.keys() == {"results", "schedule", "sprint"}
    assert captured["results"]["rows"] == captured["results"]["expected"] == 2
    assert captured["results"]["fetched_at"] == "2024-06-01T12:00:00Z"
    assert captured["results"]["capture"].startswith("raw/2024-06-01/synthetic/")


def test_a_future_race_misses_nothing(api: Any) -> None:
    answer = api.json("/races/2099-oslo")
    assert answer["completeness"]["complete"] is True
    assert answer["completeness"]["missing"] == []


class TestLapTimes:
    def test_all_laps_by_driver_and_lap(self, api: Any) -> None:
        answer = api.json("/races/2024-monaco/lap-times")
        assert answer["total"] == 7
        assert answer["next"] is None
        assert [(lap["driver_id"], lap["lap"], lap["time_ms"]) for lap in answer["laps"]] == [
            ("ada", 1, 90_000),
            ("ada", 2, 85_000),
            ("ada", 3, 84_000),
            ("bruno", 1, 91_000),
            ("bruno", 2, None),
            ("bruno", 3, 84_500),
            ("cleo", 1, 92_000),
        ]
        assert answer["laps"][-1]["position"] is None
        assert answer["completeness"]["complete"] is True

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("?driver=ada&driver=cleo", ["ada 1", "ada 2", "ada 3", "cleo 1"]),
            ("?driver=ada,cleo&from=2", ["ada 2", "ada 3"]),
            ("?driver=ada,cleo&from=2&limit=9", ["ada 2", "ada 3"]),
            ("?from=3&to=3", ["ada 3", "bruno 3"]),
            ("?from=70", []),
        ],
    )
    def test_of_some_drivers_or_laps(self, api: Any, query: str, expected: list[str]) -> None:
        laps = api.json(f"/races/2024-1/lap-times{query}")["laps"]
        assert [f"{lap['driver_id']} {lap['lap']}" for lap in laps] == expected

    def test_rows_and_json_from_the_database_are_the_same(self, api: Any) -> None:
        assert (
            api.json("/races/2024-1/lap-times")["laps"]
            == api.json("/races/2024-1/lap-times?limit=1000")["laps"]
        )

    def test_ids_that_need_escaping_are_escaped(self, fresh_api: Any, season: Any) -> None:
        odd = 'o"d~d\\'
        season.execute("INSERT INTO drivers (driver_id) VALUES (:odd)", odd=odd)
        season.execute(
            "UPDATE lap_times SET driver_id = :odd, lap = lap + 1 WHERE driver_id = 'ada'", odd=odd
        )
        laps = fresh_api.json("/races/2024-1/lap-times?to=4")["laps"]
        assert [lap["lap"] for lap in laps if lap["driver_id"] == odd] == [2, 3, 4]

    @pytest.mark.parametrize(
        ("query", "accept"),
        [("?format=csv", "*/*"), ("", "text/csv"), ("", "text/csv, application/json;q=0.5")],
    )
    def test_stats_are_available_as_csv(self, api: Any, query: str, accept: str) -> None:
        answer = api.get(f"/races/2024-1/lap-times{query}", accept=accept)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["x-f1-complete"] == "true"
        assert answer.headers["x-f1-synthetic"] == "true"
        lines = answer.text.splitlines()
        assert lines[0] == "race_id,session,driver_id,lap,position,time_ms"
        assert lines[5] == "2024-monaco,race,bruno,2,1,"
        assert len(lines) == 8

    def test_the_parameter_format_overrides_accept(self, api: Any) -> None:
        answer = api.get("/races/2024-1/lap-times?format=json", accept="text/csv")
        assert answer.headers["content-type"] == "application/json"

    def test_never_captured_is_null_and_not_empty(self, api: Any) -> None:
        answer = api.json("/races/2024-spa/lap-times")
        assert answer["laps"] is None
        assert answer["total"] is None
        assert answer["completeness"]["missing"] == ["laps"]
        assert api.json("/races/2024-monaco/lap-times?session=sprint")["laps"] is None

    def test_never_captured_is_not_an_empty_csv_file(self, api: Any) -> None:
        answer = api.get("/races/2024-spa/lap-times?format=csv")
        assert answer.status_code == 404
        assert "never captured" in answer.json()["detail"]

    def test_captured_and_empty_is_empty(self, fresh_api: Any, season: Any) -> None:
        season.slice("laps", "2024-spa", 0, round=2)
        answer = fresh_api.json("/races/2024-spa/lap-times")
        assert answer["laps"] == []
        assert answer["total"] == 0

    def test_an_unknown_driver_is_refused_in_filters(self, api: Any) -> None:
        answer = api.get("/races/2024-1/lap-times?driver=brun")
        assert answer.status_code == 404
        assert "did you mean bruno?" in answer.json()["detail"]
        assert api.json("/races/2024-1/lap-times?driver=stub")["laps"] == []

    def test_missing_rows_are_reported(self, fresh_api: Any, season: Any) -> None:
        season.execute("UPDATE slices SET expected = 8 WHERE resource = 'laps'")
        status = fresh_api.json("/races/2024-1/lap-times")["completeness"]
        assert status["complete"] is False
        assert status["captured"][0]["rows"] == 7
        assert status["captured"][0]["expected"] == 8


def test_results_have_names_and_numbers(api: Any) -> None:
    answer = api.json("/races/2024-monaco/results")
    first, _, last = answer["results"]
    assert first["driver_name"] == "Ada Falk"
    assert first["constructor_name"] == "North"
    assert first["points"] == 25
    assert first["fastest_lap_speed_kph"] == 180.5
    assert (last["position"], last["position_text"], last["status"]) == (3, "R", "Engine")


def test_a_race_without_a_sprint_has_null_and_misses_nothing(api: Any) -> None:
    assert api.json("/races/2024-spa/sprint")["results"][0]["points"] == 8
    answer = api.json("/races/2024-monaco/sprint")
    assert answer["results"] is None
    assert answer["completeness"]["missing"] == []


def test_qualifying(api: Any) -> None:
    (line,) = api.json("/races/2024-monaco/qualifying")["qualifying"]
    assert (line["q1_ms"], line["q2_ms"], line["q3_ms"]) == (80_000, 79_000, None)
    assert api.json("/races/2024-spa/qualifying")["qualifying"] is None


def test_pit_stops(api: Any) -> None:
    (stop,) = api.json("/races/2024-monaco/pit-stops")["pit_stops"]
    assert stop == {
        "driver_id": "bruno",
        "stop": 1,
        "lap": 2,
        "local_time": "15:20:01",
        "duration_ms": 23_456,
        "duration": "23.456",
    }
    assert api.json("/races/2024-monaco/pit-stops?driver=ada")["pit_stops"] == []
    assert api.json("/races/2023-monaco/pit-stops")["pit_stops"] is None


def test_aggregations_are_fastest_first(api: Any) -> None:
    lines = api.json("/races/2024-monaco/aggregations")["aggregations"]
    assert [line["driver_id"] for line in lines] == ["ada", "bruno", "cleo"]
    assert lines[1] == {
        "driver_id": "bruno",
        "laps": 3,
        "timed_laps": 2,
        "total_ms": 175_500,
        "average_lap_ms": 87_750.0,
        "fastest_lap_ms": 84_500,
        "fastest_lap": 3,
        "pit_stops": 1,
        "pit_time_ms": 23_456,
    }
    assert api.json("/races/2024-spa/aggregations")["aggregations"] is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/races/2024-1/results", "results"),
        ("/races/2024-2/sprint", "results"),
        ("/races/2024-1/qualifying", "qualifying"),
        ("/races/2024-1/pit-stops", "pit_stops"),
        ("/races/2024-1/aggregations", "aggregations"),
        ("/races/2024-1/lap-times", "laps"),
    ],
)
def test_every_list_of_a_race_is_csv_too(api: Any, path: str, name: str) -> None:
    answer = api.get(path, accept="text/csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["x-f1-complete"] == "true"
    whole = api.json(path)
    shared = {"race_id": whole["race"]["race_id"], "session": whole["session"]}
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert lines == [
        {key: "" if value is None else str(value) for key, value in {**shared, **line}.items()}
        for line in whole[name]
    ]
    never = path.replace("2024-1", "2099-1").replace("2024-2", "2099-1")
    assert api.get(f"{never}?format=csv").status_code == 404


@pytest.mark.parametrize(
    ("synthetic", "url"),
    [
        ("false", "https://en.wikipedia.org/wiki/2024_Formula_One_World_Championship"),
        ("true", None),
    ],
)
def test_a_season_without_an_archive_has_a_page(
    fresh_api: Any, season: Any, synthetic: str, url: str | None
) -> None:
    season.execute("UPDATE seasons SET url = NULL")
    season.execute(f"UPDATE installation SET synthetic = {synthetic}")
    assert fresh_api.json("/seasons/2024")["season"]["url"] == url
    answer = fresh_api.json("/ergast/f1/2024/seasons.json")
    (season,) = answer["MRData"]["SeasonTable"]["Seasons"]
    assert season.get("url") == url
