"""The Ergast archive's own ways, and what becomes of an archive with something wrong in it."""

from collections.abc import Callable

import pytest

from f1_core.capture import Capture
from f1_core.errors import BadCapture
from f1_worker.parse import parse
from f1_worker.parse.slices import Parsed, Slice

Files = dict[str, str]
Read = Callable[..., Parsed]

ARCHIVE: Files = {
    "circuits.csv": (
        "circuitId,circuitRef,name,location,country,lat,lng,alt,url\n"
        '6,"monaco","Circuit de Monaco","Monte-Carlo","Monaco",43.7,7.42,\\N,\\N\n'
    ),
    "drivers.csv": (
        "driverId,driverRef,number,code,forename,surname,dob,nationality,url\n"
        '1,"hamilton",44,"HAM","Lewis","Hamilton","1985-01-07","British",\\N\n'
        '579,"fangio",\\N,\\N,"Juan","Fangio","1911-06-24","Argentine",\\N\n'
    ),
    "constructors.csv": (
        "constructorId,constructorRef,name,nationality,url\n"
        '131,"mercedes","Mercedes","German",\\N\n'
        '6,"ferrari","Ferrari","Italian",\\N\n'
    ),
    "status.csv": 'statusId,status\n1,"Finished"\n11,"+1 Lap"\n',
    "races.csv": (
        "raceId,year,round,circuitId,name,date,time,url,fp2_date,fp2_time,sprint_date\n"
        '7,2023,6,6,"Monaco Grand Prix","2023-05-28","13:00:00",\\N,'
        '"2023-05-27","10:00:00","2023-05-27"\n'
    ),
    "results.csv": (
        "resultId,raceId,driverId,constructorId,number,grid,position,positionText,positionOrder,"
        "points,laps,time,milliseconds,fastestLap,rank,fastestLapTime,fastestLapSpeed,statusId\n"
        "1,7,1,131,44,2,1,1,1,25.0,2,1:40:00.5,6000500,2,1,1:14.9,160.25,1\n"
        "2,7,579,131,\\N,0,\\N,R,2,0,1,+5.4,6005900,\\N,0,\\N,\\N,11\n"
    ),
    "sprint_results.csv": (
        "resultId,raceId,driverId,constructorId,number,grid,position,positionText,positionOrder,"
        "points,laps,time,milliseconds,fastestLap,fastestLapTime,statusId\n"
        "1,7,1,131,44,1,1,1,1,8,19,32:04.66,1924660,\\N,\\N,1\n"
    ),
    "qualifying.csv": (
        "qualifyId,raceId,driverId,constructorId,number,position,q1,q2,q3\n"
        "1,7,1,131,44,1,1:12.5,1:12.1,1:11.9\n"
        "2,7,579,131,2,2,1:14.0,\\N,\\N\n"
    ),
    "lap_times.csv": (
        "raceId,driverId,lap,position,time,milliseconds\n"
        "7,1,1,1,1:31.531,91531\n"
        "7,1,2,\\N,\\N,92000\n"
        "7,579,1,2,2:05:07.547,7507547\n"
    ),
    "pit_stops.csv": (
        "raceId,driverId,stop,lap,time,duration,milliseconds\n"
        '7,1,1,30,"15:40:12","22.5",22500\n'
        '7,1,2,40,"16:00:00","40:55.302",\\N\n'
        '7,1,3,50,\\N,"",\\N\n'
    ),
}


@pytest.fixture
def read(folder_capture: Callable[[str, Files], Capture]) -> Read:
    """Reads the archive, with some files changed; None takes one away."""

    def read(**changed: str | None) -> Parsed:
        files = {**ARCHIVE, **{f"{name}.csv": content for name, content in changed.items()}}
        kept = {name: content for name, content in files.items() if content is not None}
        return parse(folder_capture("ergast-csv", kept))

    return read


def one(parsed: Parsed, resource: str) -> Slice:
    (piece,) = (piece for piece in parsed.slices if piece.resource == resource)
    return piece


def test_null_is_a_backslash_and_an_n(read: Read) -> None:
    parsed = read()
    assert parsed.doubts == []
    assert one(parsed, "laps").lines == [
        "fangio\t1\t2\t7507547",
        "hamilton\t1\t1\t91531",
        "hamilton\t2\t\\N\t92000",
    ]
    assert one(parsed, "pitstops").lines == [
        "hamilton\t1\t30\t15:40:12\t22500\t22.5",
        "hamilton\t2\t40\t16:00:00\t2455302\t40:55.302",
        "hamilton\t3\t50\t\\N\t\\N\t",
    ]
    fangio = (None, None, "Juan", "Fangio", "1911-06-24", "Argentine", None)
    assert parsed.reference.drivers["fangio"] == fangio


def test_results_are_written_as_the_service_does(read: Read) -> None:
    assert one(read(), "results").lines == [
        "fangio\t\tR\tmercedes\t2\t0\t0\t1\t+1 Lap" + "\t\\N" * 6,
        (
            "hamilton\t44\t1\tmercedes\t1\t25\t2\t2\tFinished\t6000500\t1:40:00.500"
            "\t1\t2\t74900\t160.250"
        ),
    ]


def test_last_cells_that_a_row_lacks_are_null(read: Read) -> None:
    header, race = ARCHIVE["races.csv"].splitlines()
    short = ",".join(race.split(",")[:7])
    parsed = read(races=f"{header}\n{short}\n")
    assert parsed.doubts == []
    (scheduled,) = one(parsed, "schedule").schedule
    assert scheduled.time == "13:00:00Z"
    assert (scheduled.url, scheduled.sessions) == (None, "{}")


@pytest.mark.parametrize(
    ("year", "name"),
    [(2021, "SecondPractice"), (2023, "SprintShootout"), (2024, "SprintQualifying")],
)
def test_a_sprints_qualifying_is_where_the_second_practice_was(
    year: int, name: str, read: Read
) -> None:
    (race,) = one(read(races=ARCHIVE["races.csv"].replace("2023", str(year))), "schedule").schedule
    assert race.time == "13:00:00Z"
    assert race.sessions == (
        f'{{"{name}": {{"date": "{year}-05-27", "time": "10:00:00Z"}},'
        f' "Sprint": {{"date": "{year}-05-27"}}}}'
        if name < "Sprint"
        else f'{{"Sprint": {{"date": "{year}-05-27"}},'
        f' "{name}": {{"date": "{year}-05-27", "time": "10:00:00Z"}}}}'
    )


def told(parsed: Parsed) -> dict[str, str]:
    """The doubts of slices by resource."""
    return {piece.resource: piece.doubt for piece in parsed.slices if piece.doubt is not None}


def test_an_optional_file_that_is_not_there_is_noted(read: Read) -> None:
    parsed = read()
    assert told(parsed) == {}
    assert parsed.notes == [
        "the archive has no seasons.csv",
        "the archive has no driver_standings.csv",
        "the archive has no constructor_standings.csv",
    ]


@pytest.mark.parametrize(
    ("file", "resource"),
    [
        ("results", "results"),
        ("lap_times", "laps"),
        ("qualifying", "qualifying"),
        ("sprint_results", "sprint"),
    ],
)
@pytest.mark.parametrize(
    ("content", "why"), [(None, "is missing"), ("", "is empty"), ("{}", "has a header and no rows")]
)
def test_a_race_of_which_a_file_lost_all_rows_is_doubted(
    file: str, resource: str, content: str | None, why: str, read: Read
) -> None:
    header = ARCHIVE[f"{file}.csv"].splitlines()[0] + "\n"
    parsed = read(**{file: content.format(header) if content else content})
    piece = one(parsed, resource)
    assert piece.doubt == f"{file}.csv {why}, and other files have rows of the race"
    assert piece.lines == []
    assert list(told(parsed)) == [resource]


def test_statuses_without_their_file_are_not_numbers(read: Read) -> None:
    parsed = read(status=None)
    assert told(parsed) == {
        resource: f"{file} line 2, column statusId: '1', which status.csv does not list" + more
        for resource, file, more in (
            (
                "results",
                "results.csv",
                "; results.csv line 3, column statusId: '11', which status.csv does not list",
            ),
            ("sprint", "sprint_results.csv", ""),
        )
    }
    assert not one(parsed, "results").readable
    assert "the archive has no status.csv" in parsed.notes


@pytest.mark.parametrize("name", ["lapTimes", "LapTimes", "lap_Times"])
def test_files_may_be_named_as_they_once_were(name: str, read: Read) -> None:
    parsed = read(lap_times=None, **{name: ARCHIVE["lap_times.csv"]})
    assert len(one(parsed, "laps").lines) == 3
    assert told(parsed) == {}


def test_null_may_be_written_in_other_ways(read: Read) -> None:
    plain = read()
    for null in ("NULL", "null", "\\\\N"):
        files = {
            name.removesuffix(".csv"): content.replace("\\N", null)
            for name, content in ARCHIVE.items()
        }
        other = read(**files)
        assert list(other.slices) == list(plain.slices)
        assert other.reference == plain.reference


def test_an_empty_cell_is_null_where_null_is_not_written(read: Read) -> None:
    archive = ARCHIVE["qualifying.csv"]
    assert (
        one(read(qualifying=archive.replace("\\N", "")), "qualifying").lines
        == one(read(), "qualifying").lines
    )
    # Where null is written, an empty time says that the driver took part without one.
    took_part = read(qualifying=archive.replace("1:14.0,\\N", "1:14.0,"))
    assert one(took_part, "qualifying").lines[0].endswith("\t2")


def test_slices_are_made_when_asked_for_and_the_same_each_time(read: Read) -> None:
    slices = read().slices
    assert [piece.resource for piece in slices] == [
        *("schedule", "laps", "pitstops", "results", "sprint", "qualifying"),
    ]
    assert len(slices) == 6
    assert slices[1] == slices[-5] == slices[1:3][0]
    assert slices[1].lines is not slices[1].lines
    with pytest.raises(IndexError):
        slices[6]


def test_a_repeated_row_is_dropped(read: Read) -> None:
    twice = ARCHIVE["lap_times.csv"] + "7,1,1,1,1:31.531,91531\n"
    parsed = read(lap_times=twice)
    assert parsed.doubts == []
    assert len(one(parsed, "laps").lines) == 3


def test_rows_that_disagree_cost_their_slice_and_nothing_else(read: Read) -> None:
    parsed = read(lap_times=ARCHIVE["lap_times.csv"] + "7,1,1,3,1:31.531,91531\n")
    assert told(parsed) == {
        "laps": "the archive has two rows of hamilton 1: position is 1 and 3",
    }
    assert one(parsed, "laps").lines == []
    assert one(parsed, "results").lines


@pytest.mark.parametrize(
    ("name", "row", "doubt"),
    [
        (
            "lap_times",
            "7,1,3,1,1:3x.2,9",
            "lap_times.csv line 5, column time: '1:3x.2', which is no duration",
        ),
        (
            "lap_times",
            "7,9,3,1,1:30.2,9",
            "lap_times.csv line 5, column driverId: '9', which drivers.csv does not list",
        ),
        (
            "lap_times",
            "7,1,999,1,1:30.2,9",
            "lap_times.csv line 5, column lap: '999', which is no number from 1 to 200",
        ),
        ("lap_times", "7,1", "lap_times.csv line 5 has 2 cells under a header of 6"),
        ("lap_times", "7,1,1,1,1,1,1", "lap_times.csv line 5 has 7 cells under a header of 6"),
        ("lap_times", '7,"1', "lap_times.csv line 5 is no CSV: unexpected end of data"),
        ("lap_times", '7,"1"2,3,4,5,6', "lap_times.csv line 5 is no CSV: ',' expected after '\"'"),
        (
            "pit_stops",
            "7,1,4,60,noon,1.5,1500",
            "pit_stops.csv line 5, column time: 'noon', which is no time of day",
        ),
        (
            "pit_stops",
            "7,1,4,60,\\N,1.5,-1",
            "pit_stops.csv line 5, column milliseconds: '-1', which is no number",
        ),
        (
            "results",
            "3,7,1,131,44,many,\\N,R,3,0,0,\\N,\\N,\\N,\\N,\\N,\\N,1",
            "results.csv line 4, column grid: 'many', which is no number from 0 to 999",
        ),
    ],
)
def test_a_row_that_cannot_be_read_costs_its_slice_and_nothing_else(
    name: str, row: str, doubt: str, read: Read
) -> None:
    resource = {"lap_times": "laps", "pit_stops": "pitstops"}.get(name, name)
    content = f"{ARCHIVE[f'{name}.csv']}{row}\n"
    parsed = read(**{name: content})
    assert list(told(parsed)) == [resource]
    assert told(parsed)[resource].startswith(doubt)
    assert not one(parsed, resource).readable
    assert [piece.lines for piece in parsed.slices if piece.resource != resource] == [
        piece.lines for piece in read().slices if piece.resource != resource
    ]
    # The same in the middle of the file, where rows follow that can be read.
    first, rest = ARCHIVE[f"{name}.csv"].split("\n", 1)
    parsed = read(**{name: f"{first}\n{row}\n{rest}"})
    there = doubt.replace("line 5", "line 2").replace("line 4", "line 2")
    assert told(parsed)[resource].startswith(there)


def test_rows_of_a_race_that_is_not_listed_are_doubted(read: Read) -> None:
    parsed = read(lap_times=ARCHIVE["lap_times.csv"] + "8,1,1,1,1:30.2,90200\n")
    lost, *others = [piece for piece in parsed.slices if piece.resource == "laps"]
    assert (lost.season, lost.race and lost.race.circuit_id) == (0, "race 8")
    assert lost.doubt == "lap_times.csv has rows of race 8, which races.csv does not list"
    assert [len(piece.lines) for piece in others] == [3]


def test_a_race_whose_row_cannot_be_read_costs_itself(read: Read) -> None:
    second = ARCHIVE["races.csv"].splitlines()[1].replace("7,2023,6", "8,2023,7")
    parsed = read(
        races=f"{ARCHIVE['races.csv'].replace('2023-05-28', 'May 28th')}{second}\n",
    )
    reason = "races.csv line 2, column date: 'May 28th', which is no date"
    assert {piece.doubt for piece in parsed.slices if piece.race} == {reason}
    assert {piece.season for piece in parsed.slices} == {2023}
    assert [race.round for race in one(parsed, "schedule").schedule] == [7]
    assert reason in parsed.notes


def test_a_driver_who_cannot_be_read_is_noted_and_still_drives(read: Read) -> None:
    parsed = read(drivers=ARCHIVE["drivers.csv"].replace("1985-01-07", "yesterday"))
    assert "drivers.csv line 2, column dob: 'yesterday', which is no date" in parsed.notes
    assert told(parsed) == {}
    assert "hamilton" not in parsed.reference.drivers
    assert "hamilton" in one(parsed, "laps").drivers


def test_a_driver_who_is_not_listed_costs_the_slices_that_name_him(read: Read) -> None:
    parsed = read(drivers="".join(ARCHIVE["drivers.csv"].splitlines(keepends=True)[:2]))
    assert told(parsed) == {
        resource: f"{file}, column driverId: '579', which drivers.csv does not list"
        for resource, file in (
            ("laps", "lap_times.csv line 4"),
            ("results", "results.csv line 3"),
            ("qualifying", "qualifying.csv line 3"),
        )
    }


def test_a_season_with_a_round_twice_costs_both_races(read: Read) -> None:
    second = ARCHIVE["races.csv"].splitlines()[1].replace("7,2023", "8,2023", 1)
    parsed = read(races=f"{ARCHIVE['races.csv']}{second}\n")
    reason = "2023 has round 6 twice: Monaco Grand Prix, Monaco Grand Prix"
    assert set(told(parsed).values()) == {reason}
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
def test_what_is_no_archive_is_refused(
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
    assert set(told(parsed)) == {"laps", "results", "qualifying"}  # all that name the driver
    assert list(parsed.reference.drivers) == ["hamilton"]


def test_a_page_that_is_neither_a_file_nor_a_zip_is_refused(
    make_capture: Callable[..., Capture],
) -> None:
    capture = make_capture("archive", "<html>", source="ergast-csv", names=["index.html"])
    with pytest.raises(BadCapture, match=r"page 1 .'index.html'. is neither a CSV file nor a zip"):
        parse(capture)


def test_standings_find_a_drivers_constructors_in_the_results(read: Read) -> None:
    race = ARCHIVE["races.csv"].splitlines()[1]
    result = "3,{race},1,{team},44,2,1,1,1,25,78,\\N,\\N,\\N,\\N,\\N,\\N,1\n"
    standing = "{n},{race},1,{points},1,1,0\n"
    parsed = read(
        races="".join(
            f"{line}\n"
            for line in (
                ARCHIVE["races.csv"].splitlines()[0],
                race,
                race.replace("7,2023,6", "8,2023,5").replace("-28", "-21"),
                race.replace("7,2023,6", "9,2023,7").replace("05-28", "06-04"),
            )
        ),
        results=ARCHIVE["results.csv"].splitlines()[0]
        + "\n"
        + result.format(race=7, team=131)
        + result.format(race=8, team=6)
        + result.format(race=9, team=131),
        driver_standings="driverStandingsId,raceId,driverId,points,position,positionText,wins\n"
        + "".join(standing.format(n=n, race=n, points=n) for n in (7, 8, 9)),
        constructor_standings=(
            "constructorStandingsId,raceId,constructorId,points,position,positionText,wins\n"
            "1,9,131,44.50,1,E,\\N\n"
        ),
    )
    standings = [piece.lines for piece in parsed.slices if piece.resource == "driverstandings"]
    assert standings == [
        ['hamilton\t1\t1\t8\t0\t{"ferrari"}\t\\N'],
        ['hamilton\t1\t1\t7\t0\t{"ferrari","mercedes"}\t\\N'],
        ['hamilton\t1\t1\t9\t0\t{"ferrari","mercedes"}\t\\N'],
    ]
    constructors = one(parsed, "constructorstandings")
    assert constructors.lines == ["mercedes\t1\tE\t44.5\t0\t\\N"]
    assert constructors.constructors == {"mercedes"}
