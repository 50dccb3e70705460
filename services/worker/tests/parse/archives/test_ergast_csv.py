"""The format of the Ergast archive, and missing files."""

import pytest
from ergast_archive import ARCHIVE, Read, one, problems


def test_null_is_a_backslash_and_an_n(read: Read) -> None:
    parsed = read()
    assert parsed.problems == []
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


def test_results_have_the_format_of_the_service(read: Read) -> None:
    assert one(read(), "results").lines == [
        "fangio\t\tR\tmercedes\t2\t0\t0\t1\t+1 Lap" + "\t\\N" * 6,
        (
            "hamilton\t44\t1\tmercedes\t1\t25\t2\t2\tFinished\t6000500\t1:40:00.500"
            "\t1\t2\t74900\t160.250"
        ),
    ]


def test_missing_cells_at_the_end_of_a_row_are_null(read: Read) -> None:
    header, race = ARCHIVE["races.csv"].splitlines()
    short = ",".join(race.split(",")[:7])
    parsed = read(races=f"{header}\n{short}\n")
    assert parsed.problems == []
    (scheduled,) = one(parsed, "schedule").schedule
    assert scheduled.time == "13:00:00Z"
    assert (scheduled.url, scheduled.sessions) == (None, "{}")


@pytest.mark.parametrize(
    ("year", "name"),
    [(2021, "SecondPractice"), (2023, "SprintShootout"), (2024, "SprintQualifying")],
)
def test_a_sprints_qualifying_is_in_the_columns_of_the_second_practice(
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


def test_a_missing_optional_file_is_noted(read: Read) -> None:
    parsed = read()
    assert problems(parsed) == {}
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
def test_a_race_without_rows_in_a_file_is_invalid(
    file: str, resource: str, content: str | None, why: str, read: Read
) -> None:
    header = ARCHIVE[f"{file}.csv"].splitlines()[0] + "\n"
    parsed = read(**{file: content.format(header) if content else content})
    piece = one(parsed, resource)
    assert piece.problem == f"{file}.csv {why}, and other files have rows of the race"
    assert piece.lines == []
    assert list(problems(parsed)) == [resource]


def test_without_the_file_of_statuses_results_are_invalid(read: Read) -> None:
    parsed = read(status=None)
    assert problems(parsed) == {
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
def test_files_may_have_their_old_names(name: str, read: Read) -> None:
    parsed = read(lap_times=None, **{name: ARCHIVE["lap_times.csv"]})
    assert len(one(parsed, "laps").lines) == 3
    assert problems(parsed) == {}


def test_null_may_have_other_notations(read: Read) -> None:
    plain = read()
    for null in ("NULL", "null", "\\\\N"):
        files = {
            name.removesuffix(".csv"): content.replace("\\N", null)
            for name, content in ARCHIVE.items()
        }
        other = read(**files)
        assert list(other.slices) == list(plain.slices)
        assert other.reference == plain.reference


def test_an_empty_cell_is_null_if_null_has_no_other_notation(read: Read) -> None:
    archive = ARCHIVE["qualifying.csv"]
    assert (
        one(read(qualifying=archive.replace("\\N", "")), "qualifying").lines
        == one(read(), "qualifying").lines
    )
    # If null is written, an empty time means that the driver took part without a time.
    took_part = read(qualifying=archive.replace("1:14.0,\\N", "1:14.0,"))
    assert one(took_part, "qualifying").lines[0].endswith("\t2")


def test_slices_are_made_on_access_and_equal_each_time(read: Read) -> None:
    slices = read().slices
    assert [piece.resource for piece in slices] == [
        *("schedule", "results", "qualifying", "sprint", "pitstops", "laps"),
    ]
    assert len(slices) == 6
    assert slices[1] == slices[-5] == slices[1:3][0]
    assert slices[1].lines is not slices[1].lines
    with pytest.raises(IndexError):
        slices[6]


def test_constructors_of_standings_come_from_the_results(read: Read) -> None:
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
