"""Answers that cannot be read: each is refused with its page, its row and the reason."""

from typing import Any

import msgspec
import pytest
from answer_rows import EMPTY, RED_BULL, VER, Laps, Make, Page, result

from f1_core.capture import Capture
from f1_core.errors import BadCapture
from f1_worker.parse import parse


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
def test_html_throttling_and_garbage_are_not_answers(body: bytes, make_capture: Make) -> None:
    with pytest.raises(BadCapture, match="page 1 "):
        parse(make_capture("laps", body, season=2024, round=8))


def test_a_page_that_is_not_base64_is_named(make_capture: Make) -> None:
    capture = make_capture("laps", b"\xff\xfe", season=2024, round=8)
    broken = msgspec.structs.replace(capture.pages[0], base64="x")
    with pytest.raises(BadCapture, match=r"page 1 .* cannot be read: "):
        parse(Capture(capture.header, [broken]))


def test_an_answer_about_another_resource_is_refused(make_capture: Make, race_page: Page) -> None:
    stop = {"driverId": "zhou", "lap": "9", "stop": "1"}
    with pytest.raises(BadCapture, match=r"page 1 is not a response about laps: .*`Laps`"):
        parse(make_capture("laps", race_page(PitStops=[stop])))
    with pytest.raises(BadCapture, match="'Results', which do not belong to a schedule"):
        parse(make_capture("schedule", race_page(1, Results=[result()]), season=2024))


@pytest.mark.parametrize(
    ("timing", "message"),
    [
        (
            ("12", "hamilton", "3", "1:3x.2"),
            "lap 12 of hamilton has time '1:3x.2', which is not a dur",
        ),
        (("12", "hamilton", "3", "0.000"), "lap 12 of hamilton has time '0.000', which is not a"),
        (
            ("12", "hamilton", "3", "24:00:00.000"),
            "which is not a duration above 0 and below a day",
        ),
        (("12", "hamilton", "0", "1:31.531"), "position '0', which is not a number from 1 to 999"),
        (
            ("201", "hamilton", "3", "1:31.531"),
            "there is lap '201', which is not a number from 1 to 2",
        ),
        (("0", "hamilton", "3", "1:31.531"), "lap '0'"),
        (("12", "a\tb", "3", "1:31.531"), "has driver id 'a.tb', which is not an id"),
        (("12", "", "3", "1:31.531"), "has driver id '', which is not an id"),
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
        ({"position": "-1"}, "max_verstappen has position '-1', which is not a number"),
        ({"points": "ten"}, "points 'ten', which is not a number"),
        ({"grid": "pole"}, "grid 'pole'"),
        ({"Time": {"millis": "fast"}}, "time in milliseconds 'fast'"),
        ({"FastestLap": {"lap": "300"}}, "fastest lap '300'"),
        ({"FastestLap": {"Time": {"time": "1:x"}}}, "time of the fastest lap '1:x'"),
        ({"status": "a\x00b"}, "not allowed in text"),
        ({"Driver": {**VER, "dateOfBirth": "1997-13-01"}}, "date of birth '1997-13-01'"),
        ({"Driver": {**VER, "dateOfBirth": "19970930"}}, "date of birth '19970930'"),
        ({"position": None, "positionText": None}, "position None, which must not be missing"),
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
        (
            {"round": "0"},
            "a race of the schedule has round '0', which is not a number from 1 to 99",
        ),
        ({"date": "26 May"}, "date '26 May', which is not a date"),
        ({"date": "\\N"}, "date '.*N', which must not be missing"),
        ({"Circuit": {"circuitId": "a b"}}, "circuit id 'a b', which is not an id"),
        ({"Circuit": {"circuitId": "x", "Location": {"lat": "north"}}}, "latitude 'north', which"),
        ({"Circuit": {"circuitId": "x", "Location": {"long": "nan"}}}, "longitude 'nan', which"),
        ({"raceName": 5}, "a race of the schedule has Expected .*, got `int`"),
        ({"Qualifying": {"date": "soon"}}, "date 'soon', which is not a date"),
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
    with pytest.raises(BadCapture, match="page 1: red_bull has points 'x', which is not a number"):
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
