"""Values as the sources write them: a test for each irregularity that was found."""

from collections.abc import Callable

import pytest
from answer_rows import MONACO, RED_BULL, VER, Laps, Make, Page, result

from f1_core.capture import Capture
from f1_core.errors import BadCapture
from f1_ingest.synthetic import Dataset, cached_season
from f1_worker.parse import parse
from f1_worker.parse.slices import RaceRef


@pytest.mark.parametrize(
    ("time", "milliseconds"),
    [
        ("1:31.531", "91531"),
        ("12:34.567", "754567"),
        ("2:05:07.547", "7507547"),
        ("55.404", "55404"),
        (None, "\\N"),
        ("", "\\N"),
    ],
)
def test_lap_times_have_minutes_hours_or_seconds_alone(
    time: str | None, milliseconds: str, make_capture: Make, race_page: Page, laps: Laps
) -> None:
    page = race_page(Laps=laps([("1", "alonso", "1", time)]))
    assert parse(make_capture("laps", page)).slices[0].lines == [f"alonso\t1\t1\t{milliseconds}"]


@pytest.mark.parametrize("position", [None, "None", ""])
def test_a_laps_position_may_be_missing(
    position: str | None, make_capture: Make, race_page: Page, laps: Laps
) -> None:
    page = race_page(Laps=laps([("1", "alonso", position, "1:31.531")]))
    assert parse(make_capture("laps", page)).slices[0].lines == ["alonso\t1\t\\N\t91531"]


@pytest.mark.parametrize(
    ("duration", "columns"),
    [
        ("25.636", "25636\t25.636"),
        ("40:55.302", "2455302\t40:55.302"),
        ("", "\\N\t"),
        (None, "\\N\t\\N"),
        # The service also removes three digits from durations of whole seconds: these were a minute
        # and 1:25:00, and are unknown.
        ("1", "\\N\t1"),
        ("1:25", "\\N\t1:25"),
    ],
)
def test_pit_stops_may_take_long_and_have_an_empty_or_truncated_duration(
    duration: str | None, columns: str, make_capture: Make, race_page: Page
) -> None:
    stop = {"driverId": "zhou", "lap": "9", "stop": "1", "time": "14:19:22", "duration": duration}
    parsed = parse(make_capture("pitstops", race_page(PitStops=[stop])))
    assert parsed.slices[0].lines == [f"zhou\t1\t9\t14:19:22\t{columns}"]


def test_a_driver_of_the_early_years_has_no_number_and_no_code(
    make_capture: Make, race_page: Page
) -> None:
    fangio = {"driverId": "fangio", "givenName": "Juan", "familyName": "Fangio"}
    parsed = parse(make_capture("results", race_page(Results=[result(Driver=fangio)])))
    assert parsed.reference.drivers == {
        "fangio": (None, None, "Juan", "Fangio", None, None, None),
    }


def test_a_driver_may_have_two_results_in_one_race(make_capture: Make, race_page: Page) -> None:
    shared = result(number="2", position="4", positionText="4", points="1.5")
    parsed = parse(make_capture("results", race_page(Results=[result(), shared])))
    assert len(parsed.slices[0].lines) == 2
    assert parsed.problems == []


def test_since_2025_the_status_of_all_retirements_is_retired(
    make_capture: Make, race_page: Page
) -> None:
    retired = result(positionText="R", status="Retired", points="0", laps="12")
    line = parse(make_capture("results", race_page(Results=[retired]))).slices[0].lines[0]
    assert line == (
        "max_verstappen\t1\tR\tred_bull\t1\t0\t1\t12\tRetired" + "\t\\N" * 6
    )  # no time, no fastest lap


@pytest.mark.parametrize(
    ("points", "canonical"),
    [("26", "26"), ("26.0", "26"), ("12.5", "12.5"), ("0.50", "0.5"), ("0", "0"), (None, "0")],
)
def test_points_have_one_format(
    points: str | None, canonical: str, make_capture: Make, race_page: Page
) -> None:
    parsed = parse(make_capture("results", race_page(Results=[result(points=points)])))
    assert parsed.slices[0].lines[0].split("\t")[5] == canonical


def test_a_null_that_became_the_word_none_is_null(make_capture: Make, race_page: Page) -> None:
    row = result(
        number="None",
        position="None",
        positionText="R",
        grid="None",
        laps="None",
        FastestLap={"rank": "None", "lap": "None", "Time": {"time": ""}},
    )
    line = parse(make_capture("results", race_page(Results=[row]))).slices[0].lines[0]
    assert line == "max_verstappen\t\tR\tred_bull\t\\N\t26\t\\N\t\\N\tFinished" + "\t\\N" * 6


def test_a_sprints_fastest_lap_has_no_rank_and_no_speed(
    make_capture: Make, race_page: Page
) -> None:
    row = result(
        Time={"millis": "1800001", "time": "30:00.001"},
        FastestLap={"lap": "11", "Time": {"time": "1:40.5"}},
    )
    parsed = parse(make_capture("sprint", race_page(SprintResults=[row])))
    assert parsed.slices[0].session == "sprint"
    assert parsed.slices[0].lines[0].endswith("\t1800001\t30:00.001\t\\N\t11\t100500\t\\N")


def test_speeds_have_three_decimals(make_capture: Make, race_page: Page) -> None:
    fastest = {
        "rank": "1",
        "lap": "3",
        "Time": {"time": "1:10.0"},
        "AverageSpeed": {"speed": "2.5"},
    }
    parsed = parse(make_capture("results", race_page(Results=[result(FastestLap=fastest)])))
    assert parsed.slices[0].lines[0].endswith("\t1\t3\t70000\t2.500")


def test_drivers_eliminated_in_q1_have_no_q2_or_an_empty_one(
    make_capture: Make, race_page: Page
) -> None:
    rows = [
        {"number": "1", "position": "1", "Driver": VER, "Constructor": RED_BULL, "Q1": "1:10.0"},
        {
            "number": "2",
            "position": "2",
            "Driver": {"driverId": "sargeant"},
            "Constructor": {"constructorId": "williams"},
            "Q1": "",
            "Q2": "",
        },
    ]
    parsed = parse(make_capture("qualifying", race_page(QualifyingResults=rows)))
    assert parsed.slices[0].session == "qualifying"
    assert parsed.slices[0].lines == [
        "max_verstappen\t1\tred_bull\t1\t70000\t\\N\t\\N\t\\N",
        "sargeant\t2\twilliams\t2\t\\N\t\\N\t\\N\t2",
    ]


def test_standings_have_drivers_without_a_position_and_with_two_constructors(
    make_capture: Make,
) -> None:
    rows = [
        {
            "position": "1",
            "positionText": "1",
            "points": "51.0",
            "wins": "2",
            "Driver": VER,
            "Constructors": [{"constructorId": "rb"}, RED_BULL],
        },
        {"positionText": "-", "points": "0", "Driver": {"driverId": "crawford"}},
    ]
    table = {"StandingsLists": [{"season": "2024", "round": "8", "DriverStandings": rows}]}
    page = {"MRData": {"total": "2", "StandingsTable": table}}
    parsed = parse(make_capture("driverstandings", page, season=2024, round=8, race=MONACO))
    assert parsed.slices[0].race == RaceRef(2024, 8, "monaco", "2024-05-26")
    assert parsed.slices[0].lines == [
        "crawford\t\\N\t-\t0\t0\t{}\t\\N",
        'max_verstappen\t1\t1\t51\t2\t{"rb","red_bull"}\t\\N',
    ]
    with pytest.raises(BadCapture, match="round '8', and 9 was requested"):
        parse(make_capture("driverstandings", page, season=2024, round=9))


def test_another_number_of_lap_rows_than_in_the_results_is_not_a_problem(
    paged: Callable[..., Capture], season: Dataset
) -> None:
    disagreeing = 0
    for weekend in season.weekends:
        driven = {row.driver_id: row.laps for row in weekend.results}
        for driver_id, count in driven.items():
            rows = sum(lap.driver_id == driver_id for lap in weekend.laps)
            if rows != count:
                disagreeing += 1
                for resource in ("results", "laps"):
                    assert parse(paged(season, resource, weekend.race.round)).problems == []
    assert disagreeing


@pytest.mark.parametrize(
    ("year", "name"), [(2023, "SprintShootout"), (2024, "SprintQualifying"), (2021, None)]
)
def test_a_sprints_qualifying_has_two_names(
    year: int, name: str | None, paged: Callable[..., Capture]
) -> None:
    schedule = parse(paged(cached_season(year), "schedule", None)).slices[0].schedule
    weekends = [race.sessions for race in schedule if '"Sprint":' in race.sessions]
    assert weekends
    for sessions in weekends:
        assert ("SprintShootout" in sessions, "SprintQualifying" in sessions) == (
            name == "SprintShootout",
            name == "SprintQualifying",
        )


def test_an_unknown_session_is_kept(make_capture: Make, race_page: Page) -> None:
    page = race_page(1, FourthPractice={"date": "2024-05-25", "time": "20:00:00Z", "laps": "9"})
    (race,) = parse(make_capture("schedule", page, season=2024)).slices[0].schedule
    assert race.sessions == '{"FourthPractice": {"date": "2024-05-25", "time": "20:00:00Z"}}'


def test_a_cancelled_race_has_no_round_and_is_skipped(make_capture: Make, race_page: Page) -> None:
    page = race_page(2)
    races = page["MRData"]["RaceTable"]["Races"]
    races.append({key: value for key, value in races[0].items() if key != "round"})
    parsed = parse(make_capture("schedule", page, page, season=2024, total=2))
    assert [race.round for race in parsed.slices[0].schedule] == [8]
    assert parsed.problems == []


def test_unknown_keys_are_ignored(make_capture: Make, race_page: Page, laps: Laps) -> None:
    page = race_page(Laps=laps([("1", "alonso", "1", "1:31.531")]), Weather={"rain": True})
    page["MRData"]["licence"] = {"name": "CC"}
    page["MRData"]["RaceTable"]["Races"][0]["Laps"][0]["Timings"][0]["tyre"] = 7
    assert parse(make_capture("laps", page)).slices[0].lines == ["alonso\t1\t1\t91531"]


def test_text_is_escaped_for_copy(make_capture: Make, race_page: Page) -> None:
    row = result(status="a\tb\\c\nd\re")
    line = parse(make_capture("results", race_page(Results=[row]))).slices[0].lines[0]
    assert line.split("\t")[8] == "a\\tb\\\\c\\nd\\re"
