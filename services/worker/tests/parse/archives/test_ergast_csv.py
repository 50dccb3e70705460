"""The Ergast archive's own ways, and what becomes of an archive with something wrong in it."""

from collections.abc import Callable

import pytest

from f1_core.capture import Capture
from f1_core.errors import BadCapture
from f1_worker.parse import parse
from f1_worker.slices import Parsed, Slice

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
        "1,7,1,131,44,2,1,1,1,25.0,78,1:40:00.5,6000500,70,1,1:14.9,160.25,1\n"
        "2,7,579,131,\\N,0,\\N,R,2,0,77,+5.4,6005900,\\N,0,\\N,\\N,11\n"
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
        "fangio\t\tR\tmercedes\t2\t0\t0\t77\t+1 Lap\t6005900\t+5.400\t\\N\t\\N\t\\N\t\\N",
        (
            "hamilton\t44\t1\tmercedes\t1\t25\t2\t78\tFinished\t6000500\t1:40:00.500"
            "\t1\t70\t74900\t160.250"
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


def test_a_file_that_is_not_there_gives_no_slices(read: Read) -> None:
    parsed = read(lap_times=None, pit_stops=None, status=None)
    assert [piece.resource for piece in parsed.slices] == ["schedule", "results"]
    assert one(parsed, "results").lines[0].split("\t")[8] == "11"  # the status' own number


def test_slices_are_made_when_asked_for_and_the_same_each_time(read: Read) -> None:
    slices = read().slices
    assert [piece.resource for piece in slices] == ["schedule", "laps", "pitstops", "results"]
    assert len(slices) == 4
    assert slices[1] == slices[-3] == slices[1:3][0]
    assert slices[1].lines is not slices[1].lines
    with pytest.raises(IndexError):
        slices[4]


def test_a_repeated_row_is_dropped(read: Read) -> None:
    twice = ARCHIVE["lap_times.csv"] + "7,1,1,1,1:31.531,91531\n"
    parsed = read(lap_times=twice)
    assert parsed.doubts == []
    assert len(one(parsed, "laps").lines) == 3


def test_rows_that_disagree_cost_their_slice_and_nothing_else(read: Read) -> None:
    parsed = read(lap_times=ARCHIVE["lap_times.csv"] + "7,1,1,3,1:31.531,91531\n")
    assert parsed.doubts == [
        (
            "the archive has two rows of hamilton 1: position is 1 and 3:"
            " the laps of round 6 of 2023 are left out"
        )
    ]
    assert [piece.resource for piece in parsed.slices] == ["schedule", "pitstops", "results"]


@pytest.mark.parametrize(
    ("name", "row", "doubt"),
    [
        (
            "lap_times",
            "7,1,3,1,1:3x.2,9",
            "lap_times.csv line 5 has time '1:3x.2', which is no",
        ),
        ("lap_times", "7,9,3,1,1:30.2,9", "lap_times.csv line 5 has driverId '9', which is not l"),
        ("lap_times", "7,1,999,1,1:30.2,9", "lap_times.csv line 5 has lap '999', which is no nu"),
        ("pit_stops", "7,1,4,60,noon,1.5,1500", "pit_stops.csv line 5 has time 'noon', which is n"),
        ("pit_stops", "7,1,4,60,\\N,1.5,-1", "pit_stops.csv line 5 has milliseconds '-1', which"),
    ],
)
def test_a_value_that_cannot_be_read_costs_its_slice_and_nothing_else(
    name: str, row: str, doubt: str, read: Read
) -> None:
    parsed = read(**{name: f"{ARCHIVE[f'{name}.csv']}{row}\n"})
    (found,) = parsed.doubts
    assert found.startswith(doubt)
    assert found.endswith("of round 6 of 2023 are left out")
    lost = "laps" if name == "lap_times" else "pitstops"
    assert lost not in [piece.resource for piece in parsed.slices]
    assert len(parsed.slices) == 3


def test_laps_of_a_race_that_is_not_listed_are_left_out(read: Read) -> None:
    parsed = read(lap_times=ARCHIVE["lap_times.csv"] + "8,1,1,1,1:30.2,90200\n")
    assert parsed.doubts == [
        "the archive does not list their race: the laps of race 8 are left out"
    ]
    assert len(one(parsed, "laps").lines) == 3


def test_a_driver_who_cannot_be_read_is_named_and_still_drives(read: Read) -> None:
    parsed = read(drivers=ARCHIVE["drivers.csv"].replace("1985-01-07", "yesterday"))
    assert parsed.doubts == ["drivers.csv line 2 has date of birth 'yesterday', which is no date"]
    assert "hamilton" not in parsed.reference.drivers
    assert "hamilton" in one(parsed, "laps").drivers


def test_a_season_with_a_round_twice_is_a_doubt(read: Read) -> None:
    second = ARCHIVE["races.csv"].splitlines()[1].replace("7,2023", "8,2023", 1)
    parsed = read(races=f"{ARCHIVE['races.csv']}{second}\n")
    assert parsed.doubts == [
        "2023 has round 6 twice: Monaco Grand Prix, Monaco Grand Prix",
    ]


def test_many_doubts_are_counted(read: Read) -> None:
    bad = "".join(f"{n},1,1,1,1:3x.2,9\n" for n in range(100, 150))
    doubts = read(lap_times=ARCHIVE["lap_times.csv"] + bad).doubts
    assert len(doubts) == 21
    assert doubts[-1] == "and 30 more"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"races": None}, "the archive has no races.csv"),
        ({"races": "raceId,year\n"}, "the archive has no races"),
        ({"races": "raceId,year\n7,2023\n"}, "races.csv has no column round, circuitId, date"),
        ({"circuits": "\n"}, "the archive has no races"),
        ({"lap_times": "raceId\n7\n"}, "lap_times.csv has no column driverId, lap"),
        ({"lap_times": ARCHIVE["lap_times.csv"] + "7,1\n"}, "lap_times.csv line 5 has 2 columns"),
        ({"lap_times": ARCHIVE["lap_times.csv"] + '7,"1'}, "lap_times.csv line 5 is no CSV"),
        ({"results": "resultId\n1\n"}, "results.csv has no column raceId"),
    ],
)
def test_what_is_no_archive_is_refused(
    changed: dict[str, str | None], message: str, read: Read
) -> None:
    with pytest.raises(BadCapture, match=message):
        read(**changed)


def test_a_file_that_is_no_utf_8_is_refused(make_capture: Callable[..., Capture]) -> None:
    files: dict[str, str | bytes] = {**ARCHIVE, "drivers.csv": b"driverId,driverRef\n1,S\xe3o\n"}
    capture = make_capture("archive", *files.values(), source="ergast-csv", names=list(files))
    with pytest.raises(BadCapture, match=r"drivers.csv line \d is no UTF-8"):
        parse(capture)


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
                race.replace("7,2023,6", "8,2023,5"),
                race.replace("7,2023,6", "9,2023,7"),
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
            "1,7,131,44.50,1,E,\\N\n"
        ),
    )
    standings = [piece.lines for piece in parsed.slices if piece.resource == "driverstandings"]
    assert standings == [
        ['hamilton\t1\t1\t8\t0\t{"ferrari"}'],
        ['hamilton\t1\t1\t7\t0\t{"ferrari","mercedes"}'],
        ['hamilton\t1\t1\t9\t0\t{"ferrari","mercedes"}'],
    ]
    constructors = one(parsed, "constructorstandings")
    assert constructors.lines == ["mercedes\t1\tE\t44.5\t0"]
    assert constructors.constructors == {"mercedes"}
