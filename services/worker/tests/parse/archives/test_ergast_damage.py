"""Faulty Ergast archives: invalid slices and notes."""

from collections.abc import Callable

import pytest
from ergast_archive import ARCHIVE, Read, one, problems

from f1_core.capture import Capture
from f1_core.errors import BadCapture
from f1_worker.parse import parse


def test_a_repeated_row_is_dropped(read: Read) -> None:
    twice = ARCHIVE["lap_times.csv"] + "7,1,1,1,1:31.531,91531\n"
    parsed = read(lap_times=twice)
    assert parsed.problems == []
    assert len(one(parsed, "laps").lines) == 3


def test_contradicting_rows_make_only_their_slice_invalid(read: Read) -> None:
    parsed = read(lap_times=ARCHIVE["lap_times.csv"] + "7,1,1,3,1:31.531,91531\n")
    assert problems(parsed) == {
        "laps": "the archive has two rows of hamilton 1: position is 1 and 3",
    }
    assert one(parsed, "laps").lines == []
    assert one(parsed, "results").lines


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        (
            "lap_times",
            "7,1,3,1,1:3x.2,9",
            "lap_times.csv line 5, column time: '1:3x.2', which is not a duration",
        ),
        (
            "lap_times",
            "7,9,3,1,1:30.2,9",
            "lap_times.csv line 5, column driverId: '9', which drivers.csv does not list",
        ),
        (
            "lap_times",
            "7,1,999,1,1:30.2,9",
            "lap_times.csv line 5, column lap: '999', which is not a number from 1 to 200",
        ),
        ("lap_times", "7,1", "lap_times.csv line 5 has 2 cells under a header of 6"),
        ("lap_times", "7,1,1,1,1,1,1", "lap_times.csv line 5 has 7 cells under a header of 6"),
        ("lap_times", '7,"1', "lap_times.csv line 5 is not CSV: unexpected end of data"),
        ("lap_times", '7,"1"2,3,4,5,6', "lap_times.csv line 5 is not CSV: ',' expected after '\"'"),
        (
            "pit_stops",
            "7,1,4,60,noon,1.5,1500",
            "pit_stops.csv line 5, column time: 'noon', which is not a time of day",
        ),
        (
            "pit_stops",
            "7,1,4,60,\\N,1.5,-1",
            "pit_stops.csv line 5, column milliseconds: '-1', which is not a number",
        ),
        (
            "results",
            "3,7,1,131,44,many,\\N,R,3,0,0,\\N,\\N,\\N,\\N,\\N,\\N,1",
            "results.csv line 4, column grid: 'many', which is not a number from 0 to 999",
        ),
    ],
)
def test_an_unreadable_row_makes_only_its_slice_invalid(
    name: str, row: str, problem: str, read: Read
) -> None:
    resource = {"lap_times": "laps", "pit_stops": "pitstops"}.get(name, name)
    content = f"{ARCHIVE[f'{name}.csv']}{row}\n"
    parsed = read(**{name: content})
    assert list(problems(parsed)) == [resource]
    assert problems(parsed)[resource].startswith(problem)
    assert not one(parsed, resource).readable
    assert [piece.lines for piece in parsed.slices if piece.resource != resource] == [
        piece.lines for piece in read().slices if piece.resource != resource
    ]
    # The same in the middle of the file, before readable rows.
    first, rest = ARCHIVE[f"{name}.csv"].split("\n", 1)
    parsed = read(**{name: f"{first}\n{row}\n{rest}"})
    there = problem.replace("line 5", "line 2").replace("line 4", "line 2")
    assert problems(parsed)[resource].startswith(there)


def test_rows_of_a_race_that_is_not_listed_are_invalid(read: Read) -> None:
    parsed = read(lap_times=ARCHIVE["lap_times.csv"] + "8,1,1,1,1:30.2,90200\n")
    lost, *others = [piece for piece in parsed.slices if piece.resource == "laps"]
    assert (lost.season, lost.race and lost.race.circuit_id) == (0, "race 8")
    assert lost.problem == "lap_times.csv has rows of race 8, which races.csv does not list"
    assert [len(piece.lines) for piece in others] == [3]


def test_an_unreadable_race_makes_only_its_slices_invalid(read: Read) -> None:
    second = ARCHIVE["races.csv"].splitlines()[1].replace("7,2023,6", "8,2023,7")
    parsed = read(
        races=f"{ARCHIVE['races.csv'].replace('2023-05-28', 'May 28th')}{second}\n",
    )
    reason = "races.csv line 2, column date: 'May 28th', which is not a date"
    assert {piece.problem for piece in parsed.slices if piece.race} == {reason}
    assert {piece.season for piece in parsed.slices} == {2023}
    assert [race.round for race in one(parsed, "schedule").schedule] == [7]
    assert reason in parsed.notes


def test_an_unreadable_driver_is_noted_and_keeps_the_results(read: Read) -> None:
    parsed = read(drivers=ARCHIVE["drivers.csv"].replace("1985-01-07", "yesterday"))
    assert "drivers.csv line 2, column dob: 'yesterday', which is not a date" in parsed.notes
    assert problems(parsed) == {}
    assert "hamilton" not in parsed.reference.drivers
    assert "hamilton" in one(parsed, "laps").drivers


def test_a_driver_who_is_not_listed_makes_the_drivers_slices_invalid(read: Read) -> None:
    parsed = read(drivers="".join(ARCHIVE["drivers.csv"].splitlines(keepends=True)[:2]))
    assert problems(parsed) == {
        resource: f"{file}, column driverId: '579', which drivers.csv does not list"
        for resource, file in (
            ("laps", "lap_times.csv line 4"),
            ("results", "results.csv line 3"),
            ("qualifying", "qualifying.csv line 3"),
        )
    }


def test_two_races_with_the_same_round_are_both_invalid(read: Read) -> None:
    second = ARCHIVE["races.csv"].splitlines()[1].replace("7,2023", "8,2023", 1)
    parsed = read(races=f"{ARCHIVE['races.csv']}{second}\n")
    reason = "2023 has round 6 twice: Monaco Grand Prix, Monaco Grand Prix"
    assert set(problems(parsed).values()) == {reason}
    assert reason in parsed.notes
    assert len(one(parsed, "schedule").schedule) == 1


def test_many_notes_are_counted(read: Read) -> None:
    bad = "".join(f"{n},Driver {n},x,x,x,x,x,x,x\n" for n in range(100, 150))
    notes = read(drivers=ARCHIVE["drivers.csv"] + bad).notes
    assert len(notes) == 21
    assert notes[-1] == "and 33 more"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"races": None}, "the archive has no races.csv"),
        ({"races": "raceId,year\n"}, "the archive has no races: races.csv has no column round"),
        ({"races": "raceId,year\n7,2023\n"}, "races.csv has no column round, circuitId, date"),
        ({"circuits": "\n"}, "races.csv line 2, column circuitId: '6', which circuits.csv does"),
    ],
)
def test_an_invalid_archive_is_refused(
    changed: dict[str, str | None], message: str, read: Read
) -> None:
    with pytest.raises(BadCapture, match=message):
        read(**changed)


def test_a_line_that_is_not_utf_8_is_named(make_capture: Callable[..., Capture]) -> None:
    drivers = ARCHIVE["drivers.csv"].encode().replace(b"Juan", b"Ju\xe1n")
    files: dict[str, str | bytes] = {**ARCHIVE, "drivers.csv": drivers}
    capture = make_capture("archive", *files.values(), source="ergast-csv", names=list(files))
    parsed = parse(capture)
    assert "drivers.csv line 3, column forename, is not UTF-8 (byte 0xe1)" in parsed.notes
    assert set(problems(parsed)) == {"laps", "results", "qualifying"}  # all slices with the driver
    assert list(parsed.reference.drivers) == ["hamilton"]


def test_a_page_that_is_neither_a_file_nor_a_zip_is_refused(
    make_capture: Callable[..., Capture],
) -> None:
    capture = make_capture("archive", "<html>", source="ergast-csv", names=["index.html"])
    with pytest.raises(BadCapture, match=r"page 1 .'index.html'. is neither a CSV file nor a zip"):
        parse(capture)
