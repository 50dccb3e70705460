"""OpenF1's answers: driver numbers instead of ids, and missing laps."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from f1_core.capture import Capture, Race
from f1_core.errors import BadCapture
from f1_devkit.servers.jolpica import openf1
from f1_ingest.synthetic import Dataset
from f1_worker.parse import parse
from f1_worker.parse.slices import RaceRef

MONACO = Race(season=2024, round=8, circuit_id="monaco", date="2024-05-26")
SESSIONS = [
    {"session_key": 9523, "session_name": "Race", "year": 2024},
    {"session_key": 9517, "session_name": "Sprint"},
    {"session_key": 9516, "session_name": "Qualifying"},
]
DRIVERS = [
    {"session_key": 9523, "driver_number": 1, "name_acronym": "VER", "team_name": "Red Bull"},
    {"session_key": 9523, "driver_number": 16, "name_acronym": "LEC"},
]
MakeOpenF1 = Callable[..., Capture]


@pytest.fixture
def capture(make_capture: Callable[..., Capture]) -> MakeOpenF1:
    """Makes a capture of named pages."""

    def capture(
        resource: str, *pages: tuple[str, Any], session: int = 9523, **header: Any
    ) -> Capture:
        return make_capture(
            resource,
            *(content for _, content in pages),
            source="openf1",
            names=[name for name, _ in pages],
            urls=[f"https://api.test/v1/{name}?session_key={session}" for name, _ in pages],
            **{"season": 2024, "round": 8, "race": MONACO, **header},
        )

    return capture


def lap(number: int, duration: float | None, driver: int = 1, session: int = 9523) -> Any:
    return {
        "session_key": session,
        "driver_number": driver,
        "lap_number": number,
        "lap_duration": duration,
        "is_pit_out_lap": False,
    }


def test_a_missing_duration_of_lap_1_or_a_missing_lap_is_not_a_problem(capture: MakeOpenF1) -> None:
    rows = [lap(1, None), lap(2, 91.743), lap(4, 90.1), lap(1, None, 16)]
    parsed = parse(capture("laps", ("sessions", SESSIONS), ("drivers", DRIVERS), ("laps", rows)))
    (piece,) = parsed.slices
    assert piece.lines == [
        "LEC\t1\t\\N\t\\N",
        "VER\t1\t\\N\t\\N",
        "VER\t2\t\\N\t91743",
        "VER\t4\t\\N\t90100",
    ]
    assert piece.race == RaceRef(2024, 8, "monaco", "2024-05-26")
    assert (piece.session, piece.drivers) == ("race", frozenset())
    assert piece.driver_codes == {"VER", "LEC"}
    assert parsed.problems == []


def test_a_driver_who_is_listed_twice_keeps_the_code(capture: MakeOpenF1) -> None:
    again = {"session_key": 9523, "driver_number": 16, "name_acronym": None, "team_name": "Ferrari"}
    rows = [lap(1, None), lap(1, 99.5, 16)]
    for drivers in ([*DRIVERS, again], [again, *DRIVERS]):
        parsed = parse(
            capture("laps", ("sessions", SESSIONS), ("drivers", drivers), ("laps", rows))
        )
        assert parsed.slices[0].driver_codes == {"VER", "LEC"}
        assert parsed.problems == []


def test_codes_become_ids(capture: MakeOpenF1) -> None:
    rows = [lap(1, None), lap(1, 99.5, 16)]
    parsed = parse(capture("laps", ("sessions", SESSIONS), ("drivers", DRIVERS), ("laps", rows)))
    ids = {"VER": "max_verstappen", "LEC": "leclerc", "HAM": "hamilton"}
    piece = parsed.slices[0].with_driver_ids(ids)
    assert piece.lines == ["leclerc\t1\t\\N\t99500", "max_verstappen\t1\t\\N\t\\N"]
    assert piece.drivers == {"leclerc", "max_verstappen"}
    assert piece.driver_codes == frozenset()
    assert piece.content_hash != parsed.slices[0].content_hash


def test_pit_stops_are_numbered_in_their_order(capture: MakeOpenF1) -> None:
    def stop(lap_number: int | None, driver: int = 1, **more: Any) -> Any:
        return {"session_key": 9523, "driver_number": driver, "lap_number": lap_number, **more}

    rows = [
        stop(40, lane_duration=22.2, date="2024-05-26T14:30:00+00:00"),
        stop(12, pit_duration=24.5, date="2024-05-26T13:30:00+00:00"),
        stop(12, pit_duration=24.5, date="2024-05-26T13:30:00+00:00"),
        stop(40, lane_duration=1850.0, date="2024-05-26T14:35:00+00:00", stop_duration=2.1),
        stop(5, 16, pit_duration=None),
        stop(0, 16, pit_duration=30.0),  # a start from the pit lane is not a stop
        stop(None, 16),
    ]
    parsed = parse(capture("pitstops", ("sessions", SESSIONS), ("drivers", DRIVERS), ("pit", rows)))
    assert parsed.slices[0].lines == [
        "LEC\t1\t5\t\\N\t\\N\t\\N",
        "VER\t1\t12\t\\N\t24500\t24.500",
        "VER\t2\t40\t\\N\t22200\t22.200",
        "VER\t3\t40\t\\N\t1850000\t30:50.000",
    ]


def test_a_weekend_with_a_sprint_has_a_slice_for_each_session(
    make_capture: Callable[..., Capture],
) -> None:
    drivers = [{**driver, "session_key": 9517} for driver in DRIVERS]
    pages = {
        "sessions": SESSIONS,
        "drivers?session_key=9517": drivers,
        "laps?session_key=9517": [lap(1, 80.0, session=9517)],
        "drivers?session_key=9523": DRIVERS,
        "laps?session_key=9523": [],
    }
    parsed = parse(
        make_capture(
            "laps",
            *pages.values(),
            source="openf1",
            urls=[f"https://api.test/v1/{path}" for path in pages],
            names=[path.partition("?")[0] for path in pages],
            season=2024,
            round=8,
            race=MONACO,
        )
    )
    assert [(piece.session, piece.lines) for piece in parsed.slices] == [
        ("sprint", ["VER\t1\t\\N\t80000"]),
        ("race", []),
    ]


def test_a_car_without_a_driver_is_left_out_with_a_problem(capture: MakeOpenF1) -> None:
    rows = [lap(1, 90.0), lap(1, 90.0, 99)]
    parsed = parse(capture("laps", ("sessions", SESSIONS), ("drivers", DRIVERS), ("laps", rows)))
    assert parsed.slices[0].lines == ["VER\t1\t\\N\t90000"]
    assert parsed.problems == [
        "rows of car 99 are skipped: the session's drivers do not identify its driver"
    ]


def test_two_drivers_of_one_code_are_left_out_with_a_problem(capture: MakeOpenF1) -> None:
    drivers = [*DRIVERS, {"session_key": 9523, "driver_number": 33, "name_acronym": "VER"}]
    rows = [lap(1, 90.0), lap(1, 91.0, 16), lap(1, 92.0, 33)]
    parsed = parse(capture("laps", ("sessions", SESSIONS), ("drivers", drivers), ("laps", rows)))
    assert parsed.slices[0].lines == ["LEC\t1\t\\N\t91000"]
    assert parsed.problems == [
        "rows of car 1, 33 are skipped: the session's drivers do not identify its driver"
    ]


def test_contradicting_rows_of_a_lap_are_a_problem(capture: MakeOpenF1) -> None:
    rows = [lap(3, 90.0), lap(3, 90.0), lap(3, 90.5)]
    parsed = parse(capture("laps", ("sessions", SESSIONS), ("drivers", DRIVERS), ("laps", rows)))
    assert parsed.problems == ["the pages disagree on lap 3 of VER: time_ms is 90000 and 90500"]


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        (
            [("laps", b'{"detail":"Live F1 session in progress."}')],
            "page 1 is not a response about laps",
        ),
        ([("laps", b"<html>")], "page 1 is not a response about laps"),
        ([("weather", [])], "page 1 .weather. is not one of sessions, drivers and laps"),
        ([("laps", [])], "session 9523 is neither a race nor a sprint of the listed sessions"),
        (
            [("sessions", SESSIONS), ("laps", [lap(1, 9.0, session=9516)])],
            "session 9516 is neither a race nor",
        ),
        ([("sessions", SESSIONS)], "there is no page of laps"),
        (
            [("sessions", SESSIONS), ("drivers", DRIVERS), ("laps", [lap(1, -1.0)])],
            "page 3: lap 1 of VER has duration -1.0, which is not a duration above 0",
        ),
        (
            [("sessions", SESSIONS), ("drivers", DRIVERS), ("laps", [lap(0, 90.0)])],
            "page 3: lap 0 of VER has lap '0'",
        ),
        (
            [("sessions", SESSIONS), ("drivers", DRIVERS), ("laps", [lap(1, 1e300)])],
            "duration 1e.300",
        ),
    ],
)
def test_unreadable_values_are_named(
    pages: list[tuple[str, Any]], message: str, capture: MakeOpenF1
) -> None:
    with pytest.raises(BadCapture, match=message):
        parse(capture("laps", *pages))


def test_only_laps_and_pit_stops_are_read(capture: MakeOpenF1) -> None:
    with pytest.raises(BadCapture, match="openf1 has no resource 'results'"):
        parse(capture("results", ("sessions", SESSIONS)))
    with pytest.raises(BadCapture, match="the capture names no race"):
        parse(capture("laps", ("sessions", SESSIONS), race=None))


def test_a_synthetic_race_has_the_same_times_as_from_the_other_source(
    season: Dataset, capture: MakeOpenF1, paged: Callable[..., Capture]
) -> None:
    weekend = season.weekends[0]
    key = str(openf1.session_key(weekend))

    def page(name: str, **query: str) -> tuple[str, Any]:
        _, _, body = openf1.respond(season, f"/v1/{name}", query)
        return name, msgspec.json.decode(body)

    about = (page("sessions", year="2024"), page("drivers", session_key=key))
    raced = [season.drivers[row.driver_id] for row in weekend.results]
    ids = {driver.code: driver.driver_id for driver in raced if driver.code}
    expected_column = {"laps": -1, "pitstops": -2}
    for resource, name in (("laps", "laps"), ("pitstops", "pit")):
        other = parse(paged(season, resource)).slices[0]
        pages = (*about, page(name, session_key=key))
        parsed = parse(capture(resource, *pages, session=int(key)))
        piece = parsed.slices[0].with_driver_ids(ids)
        column = expected_column[resource]
        times = {tuple(line.split("\t")[:2]): line.split("\t")[column] for line in other.lines}
        cells = [line.split("\t") for line in piece.lines]
        timed = [cell for cell in cells if cell[column] != "\\N"]
        assert len(timed) > 0.9 * len(cells) > 0
        assert all(cell[column] == times[cell[0], cell[1]] for cell in timed)
