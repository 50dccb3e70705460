"""What the sources are really like: a test for each trap that was seen in them."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from f1_core.capture import Capture, Race
from f1_core.errors import BadCapture
from f1_ingest.synthetic import Dataset, kept_season
from f1_worker.parse import parse
from f1_worker.parse.slices import RaceRef

Make = Callable[..., Capture]
Page = Callable[..., dict[str, Any]]
Laps = Callable[..., list[dict[str, Any]]]

MONACO = Race(season=2024, round=8, circuit_id="monaco", date="2024-05-26")
EMPTY = {"MRData": {"total": "0", "RaceTable": {"Races": []}}}
VER = {"driverId": "max_verstappen", "code": "VER", "givenName": "Max", "permanentNumber": "33"}
RED_BULL = {"constructorId": "red_bull", "name": "Red Bull"}


def result(**more: Any) -> dict[str, Any]:
    return {
        "number": "1",
        "position": "1",
        "positionText": "1",
        "points": "26",
        "Driver": VER,
        "Constructor": RED_BULL,
        "grid": "1",
        "laps": "78",
        "status": "Finished",
        **more,
    }


# --- paging --------------------------------------------------------------------------------------


def test_pages_cut_through_laps(make_capture: Make, race_page: Page, laps: Laps) -> None:
    first = laps([("1", "alonso", "1", "1:31.531"), ("1", "norris", "2", "1:32.000")])
    second = laps([("1", "piastri", "3", "1:33.000"), ("2", "alonso", "1", "1:30.000")])
    parsed = parse(
        make_capture("laps", race_page(4, Laps=first), race_page(4, Laps=second), total=4)
    )
    assert parsed.doubts == []
    assert parsed.slices[0].lines == [
        "alonso\t1\t1\t91531",
        "alonso\t2\t1\t90000",
        "norris\t1\t2\t92000",
        "piastri\t1\t3\t93000",
    ]
    assert parsed.slices[0].race == RaceRef(2024, 8, "monaco", "2024-05-26")
    assert parsed.slices[0].drivers == {"alonso", "norris", "piastri"}


def test_a_page_may_repeat_a_row_and_miss_another(
    make_capture: Make, race_page: Page, laps: Laps
) -> None:
    first = laps([("1", "alonso", "1", "1:31.531"), ("2", "alonso", "1", "1:30.000")])
    second = laps([("2", "alonso", "1", "1:30.000"), ("4", "alonso", "1", "1:30.200")])
    parsed = parse(
        make_capture("laps", race_page(4, Laps=first), race_page(4, Laps=second), total=4)
    )
    assert len(parsed.slices[0].lines) == 3
    assert parsed.doubts == ["1 of 4 rows is missing (lap 3 of alonso)"]


def test_rows_lost_at_an_edge_come_again_by_filters_with_totals_of_their_own(
    make_capture: Make, race_page: Page, laps: Laps
) -> None:
    first = laps([("1", "alonso", "1", "1:31.531"), ("2", "alonso", "1", "1:30.000")])
    by_lap = laps([("3", "alonso", "1", "1:30.100")])
    by_driver = laps([("2", "alonso", "1", "1:30.000"), ("4", "alonso", "1", "1:30.200")])
    parsed = parse(
        make_capture(
            "laps",
            race_page(4, Laps=first),
            race_page(1, Laps=by_lap),
            race_page(4, Laps=by_driver),
            urls=[
                "https://api.test/2024/8/laps.json?limit=2&offset=0",
                "https://api.test/2024/8/laps/3.json?limit=100",
                "https://api.test/2024/8/drivers/alonso/laps.json?limit=100",
            ],
            total=4,
        )
    )
    assert parsed.doubts == []
    assert len(parsed.slices[0].lines) == 4


def test_many_missing_rows_are_named_by_the_first_three(
    make_capture: Make, race_page: Page, laps: Laps
) -> None:
    page = race_page(20, Laps=laps([("9", "alonso", "1", "1:31.531")]))
    parsed = parse(make_capture("laps", page, total=20))
    assert parsed.doubts == [
        "19 of 20 rows are missing (lap 1 of alonso, lap 2 of alonso, lap 3 of alonso, ...)"
    ]


def test_pages_that_disagree_on_a_row_say_where(
    make_capture: Make, race_page: Page, laps: Laps
) -> None:
    first = laps([("12", "hamilton", "3", "1:31.531")])
    second = laps([("12", "hamilton", "4", "1:31.531")])
    parsed = parse(
        make_capture("laps", race_page(1, Laps=first), race_page(1, Laps=second), total=1)
    )
    assert parsed.doubts == ["the pages disagree on lap 12 of hamilton: position is 3 and 4"]
    assert parsed.slices[0].lines == ["hamilton\t12\t4\t91531"]  # the later page, if released


def test_pages_that_disagree_on_a_result_or_a_round_say_where(
    make_capture: Make, race_page: Page
) -> None:
    first, second = result(), result(points="25", status="Lapped")
    pages = (race_page(1, Results=[first]), race_page(1, Results=[second]))
    parsed = parse(make_capture("results", *pages, total=1))
    assert parsed.doubts == [
        "the pages disagree on max_verstappen: points is 26 and 25, status is Finished and Lapped"
    ]
    stops = [{"driverId": "zhou", "stop": "1", "lap": lap} for lap in ("9", "10")]
    parsed = parse(make_capture("pitstops", race_page(1, PitStops=stops), total=1))
    assert parsed.doubts == ["the pages disagree on stop 1 of zhou: lap is 9 and 10"]
    pages = (race_page(1), race_page(1, raceName="Grand Prix de Monaco"))
    pages[0]["MRData"]["RaceTable"]["Races"][0]["raceName"] = "Monaco Grand Prix"
    pages[1]["MRData"]["RaceTable"]["Races"][0]["raceName"] = "Grand Prix de Monaco"
    parsed = parse(make_capture("schedule", *pages, season=2024))
    assert parsed.doubts == [
        "the pages disagree on round 8: Monaco Grand Prix and Grand Prix de Monaco"
    ]


def test_many_disagreements_are_counted(make_capture: Make, race_page: Page, laps: Laps) -> None:
    first = laps([(str(lap), "alonso", "1", "1:31.531") for lap in range(1, 9)])
    second = laps([(str(lap), "alonso", "2", "1:31.531") for lap in range(1, 9)])
    pages = (race_page(8, Laps=first), race_page(8, Laps=second))
    (doubt,) = parse(make_capture("laps", *pages, total=8)).doubts
    assert doubt.startswith("the pages disagree on lap 1 of alonso: position is 1 and 2; lap 2 of")
    assert doubt.endswith("; and 5 more")


def test_rounds_missing_from_a_schedule_are_named(make_capture: Make, race_page: Page) -> None:
    parsed = parse(make_capture("schedule", race_page(9), season=2024))
    assert parsed.doubts == ["8 of 9 rows are missing (round 1, round 2, round 3, ...)"]


def test_a_total_that_changes_from_page_to_page_is_a_doubt(
    make_capture: Make, race_page: Page, laps: Laps
) -> None:
    first = race_page(2, Laps=laps([("1", "alonso", "1", "1:31.531")]))
    second = race_page(1, Laps=laps([("2", "alonso", "1", "1:31.531")]))
    parsed = parse(make_capture("laps", first, second, total=2))
    assert parsed.doubts == [
        "page 1 promises 2 rows, page 2 promises 1: the source changed while it was read"
    ]


def test_more_rows_than_promised_are_a_doubt(
    make_capture: Make, race_page: Page, laps: Laps
) -> None:
    page = race_page(1, Laps=laps([("1", "alonso", "1", "1:30.0"), ("2", "alonso", "1", "1:30.0")]))
    assert parse(make_capture("laps", page, total=1)).doubts == [
        "there are 2 rows, and the source promised 1"
    ]


def test_a_round_renumbered_while_it_was_read_is_a_doubt(
    make_capture: Make, race_page: Page, laps: Laps
) -> None:
    first = race_page(2, Laps=laps([("1", "alonso", "1", "1:31.531")]))
    second = race_page(2, Laps=laps([("2", "alonso", "1", "1:31.531")]))
    second["MRData"]["RaceTable"]["Races"][0]["round"] = "7"
    parsed = parse(make_capture("laps", first, second, season=2024, round=8, total=2))
    assert parsed.doubts == [
        "round 8 is round 7 on page 2: the source changed while it was read",
    ]
    assert len(parsed.slices[0].lines) == 2


def test_the_round_may_differ_from_what_was_asked_for(
    make_capture: Make, race_page: Page, laps: Laps
) -> None:
    page = race_page(Laps=laps([("1", "alonso", "1", "1:31.531")]))
    parsed = parse(make_capture("laps", page, season=2024, round=9, race=MONACO, total=1))
    assert parsed.slices[0].race == RaceRef(2024, 8, "monaco", "2024-05-26")
    assert parsed.doubts == []


def test_pages_of_different_races_are_refused(
    make_capture: Make, race_page: Page, laps: Laps
) -> None:
    first = race_page(2, Laps=laps([("1", "alonso", "1", "1:31.531")]))
    second = race_page(2, Laps=laps([("2", "alonso", "1", "1:31.531")]))
    second["MRData"]["RaceTable"]["Races"][0]["Circuit"]["circuitId"] = "monza"
    with pytest.raises(BadCapture, match="2024 8 monaco 2024-05-26 and 2024 8 monza 2024-05-26"):
        parse(make_capture("laps", first, second, season=2024, round=8, total=2))


def test_a_race_of_another_season_is_refused(
    make_capture: Make, race_page: Page, laps: Laps
) -> None:
    page = race_page(Laps=laps([("1", "alonso", "1", "1:31.531")]))
    message = "page 1: the race has season '2024', and 2023 was asked for"
    with pytest.raises(BadCapture, match=message):
        parse(make_capture("laps", page, season=2023, round=8))


# --- no data -------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", ["laps", "pitstops", "results", "sprint", "qualifying"])
def test_no_data_is_a_slice_without_rows_of_the_race_asked_for(
    resource: str, make_capture: Make
) -> None:
    parsed = parse(make_capture(resource, EMPTY, season=2024, round=8, race=MONACO, total=0))
    (piece,) = parsed.slices
    assert piece.lines == []
    assert piece.expected == 0
    assert piece.race == RaceRef(2024, 8, "monaco", "2024-05-26")
    assert parsed.doubts == []


def test_no_standings_are_a_slice_without_rows(make_capture: Make) -> None:
    empty = {"MRData": {"total": "0", "StandingsTable": {"StandingsLists": []}}}
    parsed = parse(make_capture("driverstandings", empty, season=2024, round=8, race=MONACO))
    assert parsed.slices[0].lines == []
    assert parsed.slices[0].race == RaceRef(2024, 8, "monaco", "2024-05-26")


# --- values --------------------------------------------------------------------------------------


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
        # The service cuts three digits off durations of whole seconds, too: these were a minute
        # and 1:25:00, and are not known any more.
        ("1", "\\N\t1"),
        ("1:25", "\\N\t1:25"),
    ],
)
def test_pit_stops_may_take_long_and_durations_be_empty_or_cut(
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
    assert parsed.doubts == []


def test_retired_is_all_that_is_said_of_retirements_since_2025(
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
def test_points_are_written_in_one_way(
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


def test_who_was_out_in_q1_has_no_q2_or_an_empty_one(make_capture: Make, race_page: Page) -> None:
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
    with pytest.raises(BadCapture, match="round '8', and 9 was asked for"):
        parse(make_capture("driverstandings", page, season=2024, round=9))


def test_results_disagree_with_their_number_of_lap_rows_and_that_is_no_doubt(
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
                    assert parse(paged(season, resource, weekend.race.round)).doubts == []
    assert disagreeing


@pytest.mark.parametrize(
    ("year", "name"), [(2023, "SprintShootout"), (2024, "SprintQualifying"), (2021, None)]
)
def test_a_sprints_qualifying_changes_its_name(
    year: int, name: str | None, paged: Callable[..., Capture]
) -> None:
    schedule = parse(paged(kept_season(year), "schedule", None)).slices[0].schedule
    weekends = [race.sessions for race in schedule if '"Sprint":' in race.sessions]
    assert weekends
    for sessions in weekends:
        assert ("SprintShootout" in sessions, "SprintQualifying" in sessions) == (
            name == "SprintShootout",
            name == "SprintQualifying",
        )


def test_a_session_that_nobody_has_heard_of_is_kept(make_capture: Make, race_page: Page) -> None:
    page = race_page(1, FourthPractice={"date": "2024-05-25", "time": "20:00:00Z", "laps": "9"})
    (race,) = parse(make_capture("schedule", page, season=2024)).slices[0].schedule
    assert race.sessions == '{"FourthPractice": {"date": "2024-05-25", "time": "20:00:00Z"}}'


def test_a_cancelled_race_has_no_round_and_is_passed_over(
    make_capture: Make, race_page: Page
) -> None:
    page = race_page(2)
    races = page["MRData"]["RaceTable"]["Races"]
    races.append({key: value for key, value in races[0].items() if key != "round"})
    parsed = parse(make_capture("schedule", page, page, season=2024, total=2))
    assert [race.round for race in parsed.slices[0].schedule] == [8]
    assert parsed.doubts == []


def test_keys_that_nobody_has_heard_of_are_passed_over(
    make_capture: Make, race_page: Page, laps: Laps
) -> None:
    page = race_page(Laps=laps([("1", "alonso", "1", "1:31.531")]), Weather={"rain": True})
    page["MRData"]["licence"] = {"name": "CC"}
    page["MRData"]["RaceTable"]["Races"][0]["Laps"][0]["Timings"][0]["tyre"] = 7
    assert parse(make_capture("laps", page)).slices[0].lines == ["alonso\t1\t1\t91531"]


def test_text_is_escaped_for_copy(make_capture: Make, race_page: Page) -> None:
    row = result(status="a\tb\\c\nd\re")
    line = parse(make_capture("results", race_page(Results=[row]))).slices[0].lines[0]
    assert line.split("\t")[8] == "a\\tb\\\\c\\nd\\re"


# --- answers that are none -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body><h1>504 Gateway Time-out</h1></body></html>",
        b'{"detail":"Request was throttled."}',
        b'{"MRData":{"total":"3","RaceTable":{"Races":[{"season":"20',
        b'{"MRData":{"total":3,"RaceTable":{"Races":[]}}}',
        b'{"MRData":{"total":"many","RaceTable":{"Races":[]}}}',
        b'{"MRData":{"total":"0","StandingsTable":{"StandingsLists":[]}}}',
        b"",
        b"null",
        b"[]",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"MRData":' * 50_000,
    ],
)
def test_html_throttling_and_garbage_are_named_as_no_answer(
    body: bytes, make_capture: Make
) -> None:
    with pytest.raises(BadCapture, match="page 1 "):
        parse(make_capture("laps", body, season=2024, round=8))


def test_a_page_that_is_no_base64_is_named(make_capture: Make) -> None:
    capture = make_capture("laps", b"\xff\xfe", season=2024, round=8)
    broken = msgspec.structs.replace(capture.pages[0], base64="x")
    with pytest.raises(BadCapture, match=r"page 1 .* cannot be read: "):
        parse(Capture(capture.header, [broken]))


def test_an_answer_about_something_else_is_refused(make_capture: Make, race_page: Page) -> None:
    stop = {"driverId": "zhou", "lap": "9", "stop": "1"}
    with pytest.raises(BadCapture, match=r"page 1 is no answer about laps: .*`Laps`"):
        parse(make_capture("laps", race_page(PitStops=[stop])))
    with pytest.raises(BadCapture, match="'Results', which are no part of a schedule"):
        parse(make_capture("schedule", race_page(1, Results=[result()]), season=2024))


@pytest.mark.parametrize(
    ("timing", "message"),
    [
        (
            ("12", "hamilton", "3", "1:3x.2"),
            "lap 12 of hamilton has time '1:3x.2', which is no dur",
        ),
        (("12", "hamilton", "3", "0.000"), "lap 12 of hamilton has time '0.000', which is no dur"),
        (("12", "hamilton", "3", "24:00:00.000"), "which is no duration above 0 and below a day"),
        (("12", "hamilton", "0", "1:31.531"), "position '0', which is no number from 1 to 999"),
        (
            ("201", "hamilton", "3", "1:31.531"),
            "there is lap '201', which is no number from 1 to 2",
        ),
        (("0", "hamilton", "3", "1:31.531"), "lap '0'"),
        (("12", "a\tb", "3", "1:31.531"), "has driver id 'a.tb', which is no id"),
        (("12", "", "3", "1:31.531"), "has driver id '', which is no id"),
    ],
)
def test_a_value_that_cannot_be_read_is_named_with_its_page_and_row(
    timing: tuple[str, str, str, str], message: str, make_capture: Make, race_page: Page, laps: Laps
) -> None:
    good = race_page(2, Laps=laps([("1", "alonso", "1", "1:31.531")]))
    bad = race_page(2, Laps=laps([timing]))
    with pytest.raises(BadCapture, match=f"page 2: .*{message}"):
        parse(make_capture("laps", good, bad, total=2))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"position": "-1"}, "max_verstappen has position '-1', which is no number"),
        ({"points": "ten"}, "points 'ten', which is no number"),
        ({"grid": "pole"}, "grid 'pole'"),
        ({"Time": {"millis": "fast"}}, "time in milliseconds 'fast'"),
        ({"FastestLap": {"lap": "300"}}, "fastest lap '300'"),
        ({"FastestLap": {"Time": {"time": "1:x"}}}, "time of the fastest lap '1:x'"),
        ({"status": "a\x00b"}, "that no text may hold"),
        ({"Driver": {**VER, "dateOfBirth": "1997-13-01"}}, "date of birth '1997-13-01'"),
        ({"Driver": {**VER, "dateOfBirth": "19970930"}}, "date of birth '19970930'"),
        ({"position": None, "positionText": None}, "position None, which may not be missing"),
    ],
)
def test_a_results_value_that_cannot_be_read_is_named(
    more: dict[str, Any], message: str, make_capture: Make, race_page: Page
) -> None:
    with pytest.raises(BadCapture, match=f"page 1: .*{message}"):
        parse(make_capture("results", race_page(Results=[result(**more)])))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"round": "0"}, "a race of the schedule has round '0', which is no number from 1 to 99"),
        ({"date": "26 May"}, "date '26 May', which is no date"),
        ({"date": "\\N"}, "date '.*N', which may not be missing"),
        ({"Circuit": {"circuitId": "a b"}}, "circuit id 'a b', which is no id"),
        ({"Circuit": {"circuitId": "x", "Location": {"lat": "north"}}}, "latitude 'north', which"),
        ({"Circuit": {"circuitId": "x", "Location": {"long": "nan"}}}, "longitude 'nan', which"),
        ({"raceName": 5}, "a race of the schedule has Expected .*, got `int`"),
        ({"Qualifying": {"date": "soon"}}, "date 'soon', which is no date"),
        ({"Qualifying": {"date": 5}}, "a race of the schedule has Expected `str`, got `int`"),
    ],
)
def test_a_schedules_value_that_cannot_be_read_is_named(
    content: dict[str, Any], message: str, make_capture: Make, race_page: Page
) -> None:
    with pytest.raises(BadCapture, match=f"page 1: .*{message}"):
        parse(make_capture("schedule", race_page(1, **content), season=2024))


def test_a_standings_value_that_cannot_be_read_is_named(make_capture: Make) -> None:
    rows = [{"points": "x", "Constructor": RED_BULL}]
    table = {"StandingsLists": [{"season": "2024", "round": "8", "ConstructorStandings": rows}]}
    page = {"MRData": {"total": "1", "StandingsTable": table}}
    with pytest.raises(BadCapture, match="page 1: red_bull has points 'x', which is no number"):
        parse(make_capture("constructorstandings", page))


def test_unknown_sources_and_resources_are_refused(make_capture: Make) -> None:
    with pytest.raises(BadCapture, match="there is no parser for the source 'ceefax'"):
        parse(make_capture("laps", EMPTY, source="ceefax"))
    with pytest.raises(BadCapture, match="jolpica has no resource 'telemetry'"):
        parse(make_capture("telemetry", EMPTY))
    with pytest.raises(BadCapture, match="the capture has no pages"):
        parse(make_capture("laps"))
    with pytest.raises(BadCapture, match="the capture names no race"):
        parse(make_capture("laps", EMPTY))
    with pytest.raises(BadCapture, match="the capture names no season"):
        parse(make_capture("schedule", EMPTY))
