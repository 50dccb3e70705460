"""2021 and 2022 from Ergast's archive: exact counts, and the same lines as pages of the service."""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from f1_core.capture import Capture
from f1_core.durations import parse_duration
from f1_devkit.servers.jolpica import ergast_csv
from f1_worker.parse import parse
from f1_worker.parse.slices import Slice

RESOURCES = ("laps", "pitstops", "results", "sprint", "qualifying")


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "ergast-csv-2021-2022"


@pytest.fixture(scope="module")
def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob("*.csv")}


@pytest.fixture(scope="module")
def slices(
    files: dict[str, str], folder_capture: Callable[[str, dict[str, str]], Capture]
) -> list[Slice]:
    parsed = parse(folder_capture("ergast-csv", files))
    assert parsed.problems == []
    return list(parsed.slices)


def test_every_row_of_44_races_is_parsed(slices: list[Slice]) -> None:
    races = {piece.race for piece in slices if piece.race}
    rows: Counter[str] = Counter()
    for piece in slices:
        rows[piece.resource] += len(piece.lines)
    assert len(races) == 44
    assert rows == {
        "schedule": 44,
        "laps": 47_217,
        "pitstops": 1_603,
        "results": 880,
        "sprint": 120,
        "qualifying": 879,
    }


def test_a_drivers_average_equals_a_direct_computation_from_the_csv(
    slices: list[Slice], files: dict[str, str]
) -> None:
    drivers = {row["driverId"]: row["driverRef"] for row in rows_of(files, "drivers.csv")}
    expected: defaultdict[str, list[int]] = defaultdict(list)
    for row in rows_of(files, "lap_times.csv"):
        expected[drivers[row["driverId"]]].append(int(row["milliseconds"]))
    found: defaultdict[str, list[int]] = defaultdict(list)
    for piece in slices:
        if piece.resource == "laps":
            for line in piece.lines:
                driver_id, _, _, milliseconds = line.split("\t")
                found[driver_id].append(int(milliseconds))
    assert found.keys() == expected.keys()
    for driver_id, times in found.items():
        assert sorted(times) == sorted(expected[driver_id])


def test_pages_of_the_service_give_the_same_lines(
    slices: list[Slice], folder: Path, paged: Callable[..., Capture]
) -> None:
    dataset = ergast_csv.load(folder)
    archived = {(piece.resource, piece.season, piece.race): piece for piece in slices}
    compared = 0
    for year in (2021, 2022):
        schedule = parse(paged(dataset, "schedule", None, season=year)).slices[0]
        assert archived.pop(("schedule", year, None)).schedule == schedule.schedule
        for weekend in dataset.season(year):
            for resource in RESOURCES:
                parsed = parse(paged(dataset, resource, weekend.race.round, season=year))
                assert parsed.problems == []
                (served,) = parsed.slices
                piece = archived.pop((resource, year, served.race), None)
                if served.lines:
                    assert piece is not None
                    assert piece.lines == served.lines
                    assert piece.content_hash == served.content_hash
                    compared += 1
    assert archived == {}
    assert compared == 44 + 43 + 44 + 6 + 44  # no driver stopped at Spa in 2021


def test_the_archives_times_and_milliseconds_agree(files: dict[str, str]) -> None:
    for name in ("lap_times.csv", "pit_stops.csv"):
        column = "time" if name == "lap_times.csv" else "duration"
        for row in rows_of(files, name):
            assert parse_duration(row[column]) == int(row["milliseconds"]), row


def rows_of(files: dict[str, str], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files[name].splitlines()))
