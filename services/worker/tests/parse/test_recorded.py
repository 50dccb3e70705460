"""Recorded answers of the real service."""

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from f1_core.capture import Capture
from f1_core.durations import parse_duration
from f1_core.resources import RESOURCES as KINDS
from f1_worker.parse import parse

RESOURCES = {
    "races": "schedule",
    "laps": "laps",
    "pitstops": "pitstops",
    "results": "results",
    "sprint": "sprint",
    "qualifying": "qualifying",
    "driverstandings": "driverstandings",
    "constructorstandings": "constructorstandings",
}


@pytest.fixture(scope="module")
def recorded(shared_data: Path) -> Path:
    return shared_data / "jolpica-responses"


@pytest.mark.parametrize("folder", RESOURCES)
def test_every_recorded_answer_can_be_read(
    folder: str, recorded: Path, make_capture: Callable[..., Capture]
) -> None:
    paths = sorted((recorded / folder).glob("*.json"))
    assert paths
    for path in paths:
        season = re.match(r"(\d{4})@", path.name)
        round_ = re.match(r"\d{4}@(99)@", path.name) or re.match(r"\d{4}@(4)@.*@22", path.name)
        capture = make_capture(
            RESOURCES[folder],
            path.read_bytes(),
            season=int(season[1]) if season else None,
            round=int(round_[1]) if round_ else None,
        )
        parsed = parse(capture)
        assert not [problem for problem in parsed.problems if "missing" not in problem], path.name
        for piece in parsed.slices:
            for line in piece.lines:
                if piece.resource != "schedule":
                    assert line.count("\t") == len(KINDS[piece.resource].columns) - 1


def test_the_first_page_of_laps_shows_the_number_of_missing_rows(
    recorded: Path, make_capture: Callable[..., Capture]
) -> None:
    content = (recorded / "laps" / "2023@1@laps.json").read_bytes()
    parsed = parse(make_capture("laps", content, season=2023, round=1))
    (race,) = msgspec.json.decode(content)["MRData"]["RaceTable"]["Races"]
    rows = [(lap["number"], timing) for lap in race["Laps"] for timing in lap["Timings"]]
    assert parsed.problems == [f"{1055 - len(rows)} of 1055 rows are missing"]
    assert parsed.slices[0].lines == sorted(
        f"{row['driverId']}\t{lap}\t{row['position']}\t{parse_duration(row['time'])}"
        for lap, row in rows
    )


def test_recorded_results_of_a_race_become_lines(
    recorded: Path, make_capture: Callable[..., Capture]
) -> None:
    content = (recorded / "results" / "2023@9@results.json").read_bytes()
    parsed = parse(make_capture("results", content, season=2023, round=9, total=20))
    assert parsed.problems == []
    lines = {line.partition("\t")[0]: line.split("\t") for line in parsed.slices[0].lines}
    (race,) = msgspec.json.decode(content)["MRData"]["RaceTable"]["Races"]
    assert len(lines) == len(race["Results"]) == 20
    for row in race["Results"]:
        driver = row["Driver"]
        columns = dict(zip(KINDS["results"].columns, lines[driver["driverId"]], strict=True))
        assert columns["constructor_id"] == row["Constructor"]["constructorId"]
        assert columns["points"] == row["points"]
        assert columns["status"] == row["status"]
        time = row.get("Time", {"millis": "\\N", "time": "\\N"})
        assert (columns["time_ms"], columns["time"]) == (time["millis"], time["time"])
        fastest = row["FastestLap"]
        assert columns["fastest_lap_rank"] == fastest["rank"]
        assert columns["fastest_lap_time_ms"] == str(parse_duration(fastest["Time"]["time"]))
        assert columns["fastest_lap_speed_kph"] == fastest["AverageSpeed"]["speed"]
        number, code, given_name, *_ = parsed.reference.drivers[driver["driverId"]]
        assert (str(number), code) == (driver["permanentNumber"], driver["code"])
        assert given_name == driver["givenName"]


def test_a_recorded_schedule_becomes_races(
    recorded: Path, make_capture: Callable[..., Capture]
) -> None:
    content = (recorded / "races" / "2023@races.json").read_bytes()
    parsed = parse(make_capture("schedule", content, season=2023))
    races = msgspec.json.decode(content)["MRData"]["RaceTable"]["Races"]
    (schedule,) = parsed.slices
    assert parsed.problems == []
    for race, scheduled in zip(races, schedule.schedule, strict=True):
        circuit = race["Circuit"]
        assert (str(scheduled.round), scheduled.date) == (race["round"], race["date"])
        assert scheduled.circuit_id == circuit["circuitId"]
        assert msgspec.json.decode(scheduled.sessions)["Qualifying"] == race["Qualifying"]
        columns = parsed.reference.circuits[scheduled.circuit_id]
        assert columns[3:5] == (
            float(circuit["Location"]["lat"]),
            float(circuit["Location"]["long"]),
        )


def test_pages_of_many_races_give_a_slice_for_each(
    recorded: Path, make_capture: Callable[..., Capture]
) -> None:
    content = (recorded / "results" / "2023@results@2.json").read_bytes()
    parsed = parse(make_capture("results", content, season=2023))
    assert [piece.race and piece.race.round for piece in parsed.slices] == list(range(1, 23))
    assert parsed.problems == []
