"""The format of the dump: sessions, entries, and laps of sprints."""

import re
from collections.abc import Callable

import pytest

from f1_core.capture import Capture
from f1_core.errors import BadCapture
from f1_worker.parse import parse
from f1_worker.parse.slices import Parsed, Slice

Files = dict[str, str]
Read = Callable[..., Parsed]

DUMP: Files = {
    "season": "id,api_id,wikipedia,year\n1,s1,,2024\n",
    "circuit": "id,country,latitude,locality,longitude,name,reference\n1,Monaco,,,,,monaco\n",
    "driver": "id,abbreviation,forename,permanent_car_number,reference\n1,HAM,Lewis,44,hamilton\n",
    "team": "id,name,reference\n1,Mercedes,mercedes\n2,Ferrari,ferrari\n",
    "teamdriver": "id,driver_id,season_id,team_id\n1,1,1,1\n2,1,1,2\n",
    "round": (
        "id,circuit_id,date,is_cancelled,name,number,season_id,wikipedia\n"
        "1,1,2024-05-26,f,Monaco Grand Prix,8,1,\n"
        "2,1,2024-06-02,t,Emilia Romagna Grand Prix,,1,\n"
    ),
    "session": (
        "id,has_time_data,is_cancelled,number,round_id,timestamp,type\n"
        "1,t,f,1,1,2024-05-24 11:30:00+00,FP1\n"
        "2,f,f,2,1,2024-05-25 00:00:00+00,SR\n"
        "3,t,f,3,1,2024-05-25 16:00:00+02,Q1\n"
        "4,t,f,4,1,2024-05-26 13:00:00+00,R\n"
        "5,t,t,5,1,2024-05-23 13:00:00+00,FP2\n"
    ),
    "roundentry": "id,car_number,round_id,team_driver_id\n1,44,1,1\n2,44,1,2\n",
    "sessionentry": (
        "id,detail,fastest_lap_rank,grid,is_classified,laps_completed,points,position,"
        "round_entry_id,session_id,status,time\n"
        "1,Finished,1,3,t,2,25.0,1,1,4,0,01:40:00.5\n"
        "2,Finished,,3,t,2,8.0,1,1,2,0,00:30:00\n"
        "3,,,,,,,5,1,3,,\n"
    ),
    "lap": (
        "id,average_speed,is_deleted,is_entry_fastest_lap,number,position,session_entry_id,time\n"
        "1,,f,f,1,1,1,00:01:31.531\n"
        "2,160.25,t,t,2,1,1,00:01:30\n"
        "3,,f,f,1,1,2,00:01:35.5\n"
        "4,,f,t,2,2,2,00:01:34.5\n"
        "5,,f,t,,,3,00:01:10.123\n"
    ),
    "pitstop": (
        "id,duration,lap_id,local_timestamp,number,session_entry_id\n"
        "1,00:00:22.5,1,15:12:00,1,1\n"
        "2,00:00:25,3,12:12:00,1,2\n"
        "3,,2,15:20:00,2,1\n"
    ),
}


@pytest.fixture
def read(make_capture: Callable[..., Capture], zipped: Callable[..., bytes]) -> Read:
    """Reads the dump, with some tables replaced; None removes a table."""

    def read(**changed: str | None) -> Parsed:
        tables = {**DUMP, **changed}
        files = {
            f"formula_one_{name}.csv": text for name, text in tables.items() if text is not None
        }
        return parse(make_capture("archive", zipped(files), source="jolpica-csv"))

    return read


def one(parsed: Parsed, resource: str, session: str = "race") -> Slice:
    (piece,) = (
        piece for piece in parsed.slices if (piece.resource, piece.session) == (resource, session)
    )
    return piece


def test_laps_and_stops_of_a_sprint_are_separate_from_the_races(read: Read) -> None:
    parsed = read()
    assert parsed.problems == []
    assert one(parsed, "laps").lines == ["hamilton\t1\t1\t91531", "hamilton\t2\t1\t90000"]
    assert one(parsed, "laps", "sprint").lines == ["hamilton\t1\t1\t95500", "hamilton\t2\t2\t94500"]
    assert one(parsed, "pitstops").lines == [
        "hamilton\t1\t1\t15:12:00\t22500\t22.500",
        "hamilton\t2\t2\t15:20:00\t\\N\t\\N",
    ]
    assert one(parsed, "pitstops", "sprint").lines == ["hamilton\t1\t1\t12:12:00\t25000\t25.000"]


def test_results_have_the_format_of_the_service(read: Read) -> None:
    parsed = read()
    assert one(parsed, "results").lines == [
        (
            "hamilton\t44\t1\tmercedes\t1\t25\t3\t2\tFinished\t6000500\t1:40:00.500"
            "\t1\t2\t90000\t160.250"
        )
    ]
    assert one(parsed, "sprint", "sprint").lines == [
        "hamilton\t44\t1\tmercedes\t1\t8\t3\t2\tFinished\t1800000\t30:00.000\t\\N\t2\t94500\t\\N"
    ]
    assert one(parsed, "qualifying", "qualifying").lines == [
        "hamilton\t44\tmercedes\t5\t70123\t\\N\t\\N\t\\N"
    ]


def test_a_sprint_with_only_fastest_laps_has_no_laps(read: Read) -> None:
    only = re.sub("(?m)^3,.*\n", "", DUMP["lap"]).replace("4,,f,t,2,2,2", "4,,f,t,2,,2")
    parsed = read(lap=only, pitstop=None)
    assert ("laps", "sprint") not in [(piece.resource, piece.session) for piece in parsed.slices]
    assert one(parsed, "sprint", "sprint").lines[0].endswith("\t2\t94500\t\\N")


def test_cancelled_rounds_and_sessions_are_skipped(read: Read) -> None:
    (race,) = one(read(), "schedule").schedule
    assert (race.round, race.time) == (8, "13:00:00Z")
    assert race.sessions == (
        '{"FirstPractice": {"date": "2024-05-24", "time": "11:30:00Z"},'
        ' "Qualifying": {"date": "2024-05-25", "time": "14:00:00Z"},'
        ' "Sprint": {"date": "2024-05-25"}}'
    )


@pytest.mark.parametrize(
    ("classified", "status", "text"),
    [
        ("t", "1", "1"),
        ("f", "11", "R"),
        ("f", "10", "R"),
        ("f", "20", "D"),
        ("f", "30", "W"),
        ("f", "40", "F"),
        ("f", "41", "F"),
        ("", "", "R"),
    ],
)
def test_unclassified_drivers_have_a_letter_as_position(
    classified: str, status: str, text: str, read: Read
) -> None:
    entry = f"3,{classified},2,25.0,1,1,4,{status},"
    changed = DUMP["sessionentry"].replace("3,t,2,25.0,1,1,4,0,", entry)
    assert one(read(sessionentry=changed), "results").lines[0].split("\t")[2] == text


@pytest.mark.parametrize(("first", "second"), [("QO", "QB"), ("QA", "QA")])
def test_qualifying_of_other_years_becomes_q1_and_q2(first: str, second: str, read: Read) -> None:
    # The numbers differ from the order in the file: the session's number counts.
    session = DUMP["session"].replace(
        "3,t,f,3,1,2024-05-25 16:00:00+02,Q1\n",
        f"3,f,f,4,1,,{second}\n6,f,f,3,1,,{first}\n",
    )
    parsed = read(
        session=session,
        sessionentry=DUMP["sessionentry"] + "4,,,,,,,7,1,6,,\n",
        lap=DUMP["lap"] + "6,,f,t,,,4,00:01:12\n",
    )
    assert one(parsed, "qualifying", "qualifying").lines == [
        "hamilton\t44\tmercedes\t5\t72000\t70123\t\\N\t\\N"
    ]


def test_the_standings_of_a_rounds_last_session_count(read: Read) -> None:
    header = "id,adjustment_type,{},is_eligible,points,position,round_id,session_number,win_count\n"
    drivers = header.format("driver_id") + "1,0,1,t,8.0,1,1,2,0\n2,0,1,t,33.5,1,1,4,1\n"
    teams = header.format("team_id") + "1,102,1,t,33.0,9,1,4,1\n2,0,2,f,0.0,,1,4,0\n"
    parsed = read(driverchampionship=drivers, teamchampionship=teams)
    assert one(parsed, "driverstandings").lines == [
        'hamilton\t1\t1\t33.5\t1\t{"ferrari","mercedes"}\t\\N'
    ]
    assert one(parsed, "constructorstandings").lines == [
        "ferrari\t\\N\t-\t0\t0\t\\N",
        "mercedes\t9\tE\t33\t1\t\\N",
    ]


def test_columns_may_have_any_order(read: Read) -> None:
    turned = (",".join(reversed(row.split(","))) for row in DUMP["lap"].splitlines())
    assert one(read(lap="\n".join(turned)), "laps").lines == one(read(), "laps").lines


def problems(parsed: Parsed) -> dict[tuple[str, str], str]:
    """The problems of slices by resource and session."""
    return {
        (piece.resource, piece.session): piece.problem
        for piece in parsed.slices
        if piece.problem is not None
    }


RACE = ("laps", "race"), ("results", "race"), ("pitstops", "race")
SPRINT = ("laps", "sprint"), ("sprint", "sprint"), ("pitstops", "sprint")
QUALIFYING = ("qualifying", "qualifying")


@pytest.mark.parametrize(
    ("table", "good", "bad", "problem", "lost"),
    [
        ("lap", "00:01:35.5", "soon", "line 4, column time: 'soon', which is no", SPRINT[:2]),
        ("lap", "00:01:10.123", "soon", "line 6, column time: 'soon', which is no", (QUALIFYING,)),
        ("lap", "f,t,2,2,2", 'f,t,"2,2,2', "line 5 is not CSV: unexpected end", SPRINT[:2]),
        ("sessionentry", "25.0,1", "many,1", "line 2, column points: 'many'", RACE[1:2]),
        ("sessionentry", ",5,1,3", ",-5,1,3", "line 4, column position: '-5'", (QUALIFYING,)),
        ("pitstop", "00:00:22.5", "long", "line 2, column duration: 'long'", RACE[2:]),
        ("pitstop", "3,,2,", "3,,7,", "line 4, column lap_id: '7', which", RACE[2:]),
        (
            "sessionentry",
            "2,Finished,,3,t,2,8.0,1,1,2",
            "2,Finished,,3,t,2,8.0,1,9,2",
            "line 3, column round",
            SPRINT,
        ),
    ],
)
def test_an_unreadable_value_makes_only_its_slices_invalid(
    *, table: str, good: str, bad: str, problem: str, lost: tuple[tuple[str, str], ...], read: Read
) -> None:
    assert good in DUMP[table]
    found = problems(read(**{table: DUMP[table].replace(good, bad)}))
    assert set(found) == set(lost)
    assert problem in found[lost[0]]


def test_a_short_line_makes_the_current_race_invalid(read: Read) -> None:
    found = problems(read(lap=DUMP["lap"].replace("4,,f,t,2,2,2,", "4,,f,")))
    assert "line 5 has 4 cells under a header of 8" in found["laps", "sprint"]


def test_a_driver_who_is_not_listed_makes_the_drivers_slices_invalid(read: Read) -> None:
    found = problems(read(teamdriver=DUMP["teamdriver"].replace("1,1,1,1", "1,9,1,1")))
    assert set(found) == {*RACE, *SPRINT, QUALIFYING}
    assert "roundentry.csv line 2, column team_driver_id: '1', which" in found["laps", "race"]


@pytest.mark.parametrize(
    ("table", "good", "bad", "note"),
    [
        ("session", "2024-05-24 11", "May 24th 11", "session.csv line 2, column timestamp: 'May"),
        ("driver", ",44,", ",forty-four,", "driver.csv line 2, column permanent_car_number: 'for"),
    ],
)
def test_faults_without_effect_on_rows_are_noted(
    table: str, good: str, bad: str, note: str, read: Read
) -> None:
    parsed = read(**{table: DUMP[table].replace(good, bad)})
    assert problems(parsed) == {}
    assert [found for found in parsed.notes if note in found], parsed.notes


def test_a_dump_that_lacks_a_table_on_which_others_depend_is_refused(read: Read) -> None:
    for table in ("sessionentry", "driver", "team", "teamdriver", "roundentry", "session", "lap"):
        with pytest.raises(BadCapture, match=f"no formula_one_{table}.csv: the dump is incomplete"):
            read(**{table: None})


@pytest.mark.parametrize("table", ["sessionentry", "driver", "team", "teamdriver", "roundentry"])
def test_an_empty_table_makes_races_that_need_it_invalid(table: str, read: Read) -> None:
    header = DUMP[table].splitlines()[0]
    parsed = read(**{table: f"{header}\n"})
    assert {("results", "race"), ("laps", "race")} <= set(problems(parsed))
    assert f"formula_one_{table}.csv has a header and no rows" in parsed.notes
    assert [piece.lines for piece in parsed.slices if piece.problem is None and piece.race] == []


def test_missing_laps_are_reported(read: Read) -> None:
    laps = DUMP["lap"].splitlines(keepends=True)
    parsed = read(lap="".join(laps[:1] + laps[3:]))
    assert problems(parsed)["laps", "race"] == (
        "formula_one_lap.csv has no row of this race, and other files have rows of the race"
    )
    parsed = read(lap="".join(laps[:2] + laps[3:]))
    assert problems(parsed)["laps", "race"] == (
        "1 of 2 laps are missing: hamilton has 1 laps and a result of 2"
    )


def test_standings_that_cannot_be_read_are_left_out(read: Read) -> None:
    header = "id,driver_id,points,position,round_id,session_number\n"
    teams = "id,team_id,points,position,round_id,session_number\n"
    parsed = read(
        driverchampionship=header + "1,1,few,1,1,4\n2,77,1,1,1,4\n",
        teamchampionship=teams + "1,1,few,1,1,4\n2,77,1,1,1,4\n",
    )
    found = problems(parsed)
    for resource, name, whose, which in (
        ("driverstandings", "driverchampionship", "driver_id", "driver"),
        ("constructorstandings", "teamchampionship", "team_id", "team"),
    ):
        assert found[resource, "race"] == (
            f"formula_one_{name}.csv line 2, column points: 'few', which is not a number;"
            f" formula_one_{name}.csv line 3, column {whose}: '77',"
            f" which formula_one_{which}.csv does not list"
        )


def test_a_dump_without_rounds_is_refused(read: Read) -> None:
    with pytest.raises(BadCapture, match=r"the archive has no formula_one_round.csv"):
        read(round=None)
    with pytest.raises(BadCapture, match="the archive has no races"):
        read(round="id\n")
