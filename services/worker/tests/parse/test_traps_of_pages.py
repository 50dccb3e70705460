"""Pages as the sources send them: split, repeated, contradicting, and of another race."""

from typing import Any

import pytest
from answer_rows import EMPTY, MONACO, RED_BULL, VER, Laps, Make, Page, result

from f1_core.errors import BadCapture
from f1_worker.parse import parse
from f1_worker.parse.slices import RaceRef


def test_pages_may_split_laps(make_capture: Make, race_page: Page, laps: Laps) -> None:
    first = laps([("1", "alonso", "1", "1:31.531"), ("1", "norris", "2", "1:32.000")])
    second = laps([("1", "piastri", "3", "1:33.000"), ("2", "alonso", "1", "1:30.000")])
    parsed = parse(
        make_capture("laps", race_page(4, Laps=first), race_page(4, Laps=second), total=4)
    )
    assert parsed.problems == []
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
    assert parsed.problems == ["1 of 4 rows is missing (lap 3 of alonso)"]


def test_rows_lost_at_an_edge_are_in_filtered_pages_with_other_totals(
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
    assert parsed.problems == []
    assert len(parsed.slices[0].lines) == 4


def test_many_missing_rows_are_named_by_the_first_three(
    make_capture: Make, race_page: Page, laps: Laps
) -> None:
    page = race_page(20, Laps=laps([("9", "alonso", "1", "1:31.531")]))
    parsed = parse(make_capture("laps", page, total=20))
    assert parsed.problems == [
        "19 of 20 rows are missing (lap 1 of alonso, lap 2 of alonso, lap 3 of alonso, ...)"
    ]


def test_contradictions_in_a_row_are_named(make_capture: Make, race_page: Page, laps: Laps) -> None:
    first = laps([("12", "hamilton", "3", "1:31.531")])
    second = laps([("12", "hamilton", "4", "1:31.531")])
    parsed = parse(
        make_capture("laps", race_page(1, Laps=first), race_page(1, Laps=second), total=1)
    )
    assert parsed.problems == ["the pages disagree on lap 12 of hamilton: position is 3 and 4"]
    assert parsed.slices[0].lines == ["hamilton\t12\t4\t91531"]  # the later page, if released


def test_contradictions_in_a_result_or_a_round_are_named(
    make_capture: Make, race_page: Page
) -> None:
    first, second = result(), result(points="25", status="Lapped")
    pages = (race_page(1, Results=[first]), race_page(1, Results=[second]))
    parsed = parse(make_capture("results", *pages, total=1))
    assert parsed.problems == [
        "the pages disagree on max_verstappen: points is 26 and 25, status is Finished and Lapped"
    ]
    stops = [{"driverId": "zhou", "stop": "1", "lap": lap} for lap in ("9", "10")]
    parsed = parse(make_capture("pitstops", race_page(1, PitStops=stops), total=1))
    assert parsed.problems == ["the pages disagree on stop 1 of zhou: lap is 9 and 10"]
    pages = (race_page(1), race_page(1, raceName="Grand Prix de Monaco"))
    pages[0]["MRData"]["RaceTable"]["Races"][0]["raceName"] = "Monaco Grand Prix"
    pages[1]["MRData"]["RaceTable"]["Races"][0]["raceName"] = "Grand Prix de Monaco"
    parsed = parse(make_capture("schedule", *pages, season=2024))
    assert parsed.problems == [
        "the pages disagree on round 8: Monaco Grand Prix and Grand Prix de Monaco"
    ]


@pytest.mark.parametrize(
    ("resource", "rows", "whose"),
    [
        (
            "driverstandings",
            "DriverStandings",
            {"Driver": VER, "Constructors": [RED_BULL], "position": "1", "wins": "3"},
        ),
        (
            "constructorstandings",
            "ConstructorStandings",
            {"Constructor": RED_BULL, "position": "1", "wins": "3"},
        ),
    ],
)
def test_contradictions_in_a_standing_are_named(
    make_capture: Make, resource: str, rows: str, whose: dict[str, Any]
) -> None:
    def page(points: str) -> dict[str, Any]:
        listed = {"season": "2024", "round": "8", rows: [{**whose, "points": points}]}
        return {"MRData": {"total": "1", "StandingsTable": {"StandingsLists": [listed]}}}

    parsed = parse(make_capture(resource, page("169"), page("170"), total=1))
    name = "max_verstappen" if resource == "driverstandings" else "red_bull"
    assert parsed.problems == [f"the pages disagree on {name}: points is 169 and 170"]


def test_many_contradictions_are_counted(make_capture: Make, race_page: Page, laps: Laps) -> None:
    first = laps([(str(lap), "alonso", "1", "1:31.531") for lap in range(1, 9)])
    second = laps([(str(lap), "alonso", "2", "1:31.531") for lap in range(1, 9)])
    pages = (race_page(8, Laps=first), race_page(8, Laps=second))
    (problem,) = parse(make_capture("laps", *pages, total=8)).problems
    start = "the pages disagree on lap 1 of alonso: position is 1 and 2; lap 2 of"
    assert problem.startswith(start)
    assert problem.endswith("; and 5 more")


def test_rounds_missing_from_a_schedule_are_named(make_capture: Make, race_page: Page) -> None:
    parsed = parse(make_capture("schedule", race_page(9), season=2024))
    assert parsed.problems == ["8 of 9 rows are missing (round 1, round 2, round 3, ...)"]


def test_a_total_that_changes_between_pages_is_a_problem(
    make_capture: Make, race_page: Page, laps: Laps
) -> None:
    first = race_page(2, Laps=laps([("1", "alonso", "1", "1:31.531")]))
    second = race_page(1, Laps=laps([("2", "alonso", "1", "1:31.531")]))
    parsed = parse(make_capture("laps", first, second, total=2))
    assert parsed.problems == [
        "page 1 promises 2 rows, page 2 promises 1: the source changed during the fetch"
    ]


def test_more_rows_than_promised_are_a_problem(
    make_capture: Make, race_page: Page, laps: Laps
) -> None:
    page = race_page(1, Laps=laps([("1", "alonso", "1", "1:30.0"), ("2", "alonso", "1", "1:30.0")]))
    assert parse(make_capture("laps", page, total=1)).problems == [
        "there are 2 rows, and the source promised 1"
    ]


def test_a_round_renumbered_while_it_was_read_is_a_problem(
    make_capture: Make, race_page: Page, laps: Laps
) -> None:
    first = race_page(2, Laps=laps([("1", "alonso", "1", "1:31.531")]))
    second = race_page(2, Laps=laps([("2", "alonso", "1", "1:31.531")]))
    second["MRData"]["RaceTable"]["Races"][0]["round"] = "7"
    parsed = parse(make_capture("laps", first, second, season=2024, round=8, total=2))
    assert parsed.problems == [
        "round 8 is round 7 on page 2: the source changed during the fetch",
    ]
    assert len(parsed.slices[0].lines) == 2


def test_the_round_may_differ_from_the_requested_one(
    make_capture: Make, race_page: Page, laps: Laps
) -> None:
    page = race_page(Laps=laps([("1", "alonso", "1", "1:31.531")]))
    parsed = parse(make_capture("laps", page, season=2024, round=9, race=MONACO, total=1))
    assert parsed.slices[0].race == RaceRef(2024, 8, "monaco", "2024-05-26")
    assert parsed.problems == []


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
    message = "page 1: the race has season '2024', and 2023 was requested"
    with pytest.raises(BadCapture, match=message):
        parse(make_capture("laps", page, season=2023, round=8))


@pytest.mark.parametrize("resource", ["laps", "pitstops", "results", "sprint", "qualifying"])
def test_no_data_is_a_slice_without_rows_of_the_requested_race(
    resource: str, make_capture: Make
) -> None:
    parsed = parse(make_capture(resource, EMPTY, season=2024, round=8, race=MONACO, total=0))
    (piece,) = parsed.slices
    assert piece.lines == []
    assert piece.expected == 0
    assert piece.race == RaceRef(2024, 8, "monaco", "2024-05-26")
    assert parsed.problems == []


def test_no_standings_are_a_slice_without_rows(make_capture: Make) -> None:
    empty = {"MRData": {"total": "0", "StandingsTable": {"StandingsLists": []}}}
    parsed = parse(make_capture("driverstandings", empty, season=2024, round=8, race=MONACO))
    assert parsed.slices[0].lines == []
    assert parsed.slices[0].race == RaceRef(2024, 8, "monaco", "2024-05-26")
