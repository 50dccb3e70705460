"""FastF1 and ergast-py read 2021 and 2022: every row equals the archive.

Expected values are read from the CSV files by `csv` only. The archive has no standings; both
clients read recorded ones below.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Any

import fastf1
import pandas as pd
import pytest
from ergast_py.constants.status_type import StatusType
from ergast_py.ergast import Ergast as ErgastPy
from fastf1.ergast import Ergast as FastF1

Rows = list[dict[str, str]]
IDS = {
    "drivers": ("driverId", "driverRef"),
    "constructors": ("constructorId", "constructorRef"),
    "circuits": ("circuitId", "circuitRef"),
    "status": ("statusId", "status"),
}
CALENDAR = [(year, number) for year in (2021, 2022) for number in range(1, 23)]


@pytest.fixture(scope="module")
def archive(shared_data: Path) -> dict[str, Rows]:
    """The archive's rows by table, with ids instead of its numbers; a race is 2021-1."""
    folder = shared_data / "ergast-csv-2021-2022"
    tables = {
        file.stem: list(csv.DictReader(file.read_text("utf-8").splitlines()))
        for file in folder.glob("*.csv")
    }
    names = {
        key: {row[key]: row[name] for row in tables[table]} for table, (key, name) in IDS.items()
    }
    names["raceId"] = {row["raceId"]: f"{row['year']}-{row['round']}" for row in tables["races"]}
    for row in (row for rows in tables.values() for row in rows):
        row.update({key: names[key][row[key]] for key in names.keys() & row.keys()})
    for row in (*tables["results"], *tables["sprint_results"]):
        if not row["positionText"].isdigit():  # Jolpica has no time of unclassified drivers
            row["milliseconds"] = r"\N"
    for row in tables["qualifying"]:  # the only table without a column of milliseconds
        row.update({part: in_milliseconds(row[part]) for part in ("q1", "q2", "q3")})
    return tables


def in_milliseconds(clock: str) -> str:
    return clock if clock == "\\N" else milliseconds(pd.Timedelta(f"0:{clock}"))


@pytest.fixture
def by_fastf1(two_seasons: Any, fastf1_at: Any) -> Iterator[None]:
    with fastf1_at(two_seasons.url):
        yield


@pytest.fixture
def by_ergast_py(two_seasons: Any, ergast_py_at: Any) -> Iterator[None]:
    with ergast_py_at(two_seasons.url):
        yield


def columns(rows: Rows, *names: str) -> list[tuple[str, ...]]:
    """These columns of a table, sorted."""
    return sorted(tuple(row[name] for name in names) for row in rows)


def everything(call: Any, **filters: Any) -> Iterator[tuple[str, Any]]:
    """Rows of all pages from FastF1, each with its race."""
    page = call(**filters)
    while True:
        for race, frame in zip(page.description.itertuples(), page.content, strict=True):
            for row in frame.itertuples():
                yield f"{race.season}-{race.round}", row
        try:
            page = page.get_next_result_page()
        except ValueError:
            return  # raised after the last page


def number(value: Any) -> str:
    """A number, or none, in the archive's format."""
    return "\\N" if pd.isna(value) else f"{value:.10g}"


def milliseconds(value: Any) -> str:
    """A duration of FastF1 or a time of ergast-py as the archive's milliseconds."""
    if isinstance(value, time):
        value = pd.Timedelta(value.isoformat())
    return "\\N" if pd.isna(value) else number(value / pd.Timedelta(milliseconds=1))


RESULT = (
    "raceId", "driverId", "constructorId", "positionOrder", "positionText", "points", "grid",
    "laps", "statusId", "milliseconds", "fastestLap",
)  # fmt: skip
QUALIFIED = ("raceId", "driverId", "constructorId", "position", "q1", "q2", "q3")
LAP = ("raceId", "lap", "driverId", "position", "milliseconds")
STOP = ("raceId", "driverId", "stop", "lap", "time", "milliseconds")


@pytest.mark.usefixtures("by_fastf1")
def test_fastf1_reads_drivers_constructors_and_circuits(archive: dict[str, Rows]) -> None:
    client = FastF1(limit=100)
    drivers = ((one.driverId, str(one.dateOfBirth.date())) for one in rows(client.get_driver_info))
    assert sorted(drivers) == columns(archive["drivers"], "driverId", "dob")
    teams = ((one.constructorId, one.constructorName) for one in rows(client.get_constructor_info))
    assert sorted(teams) == columns(archive["constructors"], "constructorId", "name")
    places = ((one.circuitId, one.country) for one in rows(client.get_circuits))
    assert sorted(places) == columns(archive["circuits"], "circuitId", "country")
    assert [one.season for one in rows(client.get_seasons)] == [2021, 2022]


def rows(call: Any) -> Iterator[Any]:
    return call().itertuples()  # type: ignore[no-any-return]


@pytest.mark.usefixtures("by_fastf1")
@pytest.mark.parametrize("year", [2021, 2022])
def test_fastf1_reads_the_calendar(archive: dict[str, Rows], year: int) -> None:
    races = [row for row in archive["races"] if row["year"] == str(year)]
    races.sort(key=lambda row: int(row["round"]))
    found = FastF1().get_race_schedule(season=year)
    assert list(found["circuitId"]) == [row["circuitId"] for row in races]
    weekends = fastf1.get_event_schedule(year, backend="ergast", include_testing=False)
    assert list(weekends["EventName"]) == [row["name"] for row in races]
    assert [str(day.date()) for day in weekends["EventDate"]] == [row["date"] for row in races]
    sprints = [row["sprint_date"] != "\\N" for row in races]
    assert [name.startswith("sprint") for name in weekends["EventFormat"]] == sprints


@pytest.mark.usefixtures("by_fastf1")
@pytest.mark.parametrize("table", ["results", "sprint_results"])
def test_fastf1_reads_every_result(archive: dict[str, Rows], table: str) -> None:
    client = FastF1(limit=100)  # pages end in the middle of races
    call = client.get_race_results if table == "results" else client.get_sprint_results
    results = list(everything(call))
    found = sorted(
        (
            race, row.driverId, row.constructorId, str(row.position), row.positionText,
            number(row.points), str(row.grid), str(row.laps), row.status,
            number(row.totalRaceTimeMillis), number(getattr(row, "fastestLapNumber", None)),
        )
        for race, row in results
    )  # fmt: skip
    assert found == columns(archive[table], *RESULT)
    for race, row in results:  # a gap of more than a minute, which it reads only as +1:06.004
        assert pd.isna(row.totalRaceTime) == pd.isna(row.totalRaceTimeMillis), (race, row)


@pytest.mark.usefixtures("by_fastf1")
def test_fastf1_finds_winners_poles_and_fastest_laps(archive: dict[str, Rows]) -> None:
    client = FastF1(limit=100)
    for by, name in (
        ("results_position", "position"), ("grid_position", "grid"), ("fastest_rank", "rank")
    ):  # fmt: skip
        found = sorted(
            (race, row.driverId) for race, row in everything(client.get_race_results, **{by: 1})
        )
        first = [row for row in archive["results"] if row[name] == "1"]
        assert found == columns(first, "raceId", "driverId"), by


@pytest.mark.usefixtures("by_fastf1")
def test_fastf1_reads_qualifying_and_statuses(archive: dict[str, Rows]) -> None:
    client = FastF1(limit=100)
    found = sorted(
        (
            race, row.driverId, row.constructorId, str(row.position),
            *map(milliseconds, (row.Q1, row.Q2, row.Q3)),
        )
        for race, row in everything(client.get_qualifying_results)
    )  # fmt: skip
    assert found == columns(archive["qualifying"], *QUALIFIED)
    ended = {one.status: one.count for one in rows(client.get_finishing_status)}
    assert ended == Counter(row["statusId"] for row in archive["results"])


@pytest.mark.usefixtures("by_fastf1")
def test_fastf1_reads_every_lap_and_stop(archive: dict[str, Rows]) -> None:
    client = FastF1(limit=2000)
    laps, stops = [], []
    for year, of_year in CALENDAR:
        for race, row in everything(client.get_lap_times, season=year, round=of_year):
            lap = str(row.number), row.driverId, str(row.position), milliseconds(row.time)
            laps.append((race, *lap))
        for race, row in everything(client.get_pit_stops, season=year, round=of_year):
            stop = str(row.stop), str(row.lap), str(row.time), milliseconds(row.duration)
            stops.append((race, row.driverId, *stop))
    assert sorted(laps) == columns(archive["lap_times"], *LAP)
    assert sorted(stops) == columns(archive["pit_stops"], *STOP)


@pytest.mark.usefixtures("by_ergast_py")
def test_ergast_py_reads_drivers_constructors_circuits_and_races(archive: dict[str, Rows]) -> None:
    drivers = ((one.driver_id, str(one.date_of_birth)) for one in client_of_api().get_drivers())
    assert sorted(drivers) == columns(archive["drivers"], "driverId", "dob")
    teams = ((one.constructor_id, one.name) for one in client_of_api().get_constructors())
    assert sorted(teams) == columns(archive["constructors"], "constructorId", "name")
    places = ((one.circuit_id, one.location.country) for one in client_of_api().get_circuits())
    assert sorted(places) == columns(archive["circuits"], "circuitId", "country")
    races = ((one.circuit.circuit_id, str(one.date.date())) for one in client_of_api().get_races())
    assert sorted(races) == columns(archive["races"], "circuitId", "date")
    assert [one.season for one in client_of_api().get_seasons()] == [2021, 2022]
    ended = {one.status: one.count for one in client_of_api().get_statuses()}
    assert ended == Counter(row["statusId"] for row in archive["results"])


def client_of_api() -> ErgastPy:
    return ErgastPy().limit(2000)


@pytest.mark.usefixtures("by_ergast_py")
@pytest.mark.parametrize("table", ["results", "sprint_results"])
def test_ergast_py_reads_every_result(archive: dict[str, Rows], table: str) -> None:
    races = client_of_api().get_results() if table == "results" else client_of_api().get_sprints()
    statuses = StatusType().id_to_string
    found = sorted(
        (
            f"{race.season}-{race.round_no}", row.driver.driver_id, row.constructor.constructor_id,
            str(row.position), row.position_text, number(row.points), str(row.grid), str(row.laps),
            statuses[row.status], milliseconds(row.time.millis),
        )
        for race in races
        for row in (race.results if table == "results" else race.sprint_results)
    )  # fmt: skip
    assert found == columns(archive[table], *RESULT[:-1])


@pytest.mark.usefixtures("by_ergast_py")
def test_ergast_py_reads_qualifying(archive: dict[str, Rows]) -> None:
    found = sorted(
        (
            f"{race.season}-{race.round_no}", row.driver.driver_id, row.constructor.constructor_id,
            str(row.position), *map(milliseconds, (row.qual_1, row.qual_2, row.qual_3)),
        )
        for race in client_of_api().get_qualifyings()
        for row in race.qualifying_results
    )  # fmt: skip
    assert found == columns(archive["qualifying"], *QUALIFIED)


@pytest.mark.usefixtures("by_ergast_py")
def test_ergast_py_reads_every_lap_and_stop(archive: dict[str, Rows]) -> None:
    laps, stops = [], []
    for year, of_year in CALENDAR:
        race = f"{year}-{of_year}"
        for found in client_of_api().season(year).round(of_year).get_laps():
            laps += [
                (race, str(lap.number), one.driver_id, str(one.position), milliseconds(one.time))
                for lap in found.laps
                for one in lap.timings
            ]
        for found in client_of_api().season(year).round(of_year).get_pit_stops():
            for one in found.pit_stops:
                stop = str(one.stop), str(one.lap), str(one.local_time), milliseconds(one.duration)
                stops.append((race, one.driver_id, *stop))
    assert sorted(laps) == columns(archive["lap_times"], *LAP)
    assert sorted(stops) == columns(archive["pit_stops"], *STOP)


def test_standings_that_were_not_captured_are_empty(
    two_seasons: Any, fastf1_at: Any, ergast_py_at: Any
) -> None:
    with fastf1_at(two_seasons.url), ergast_py_at(two_seasons.url):
        assert FastF1().get_driver_standings(season=2021).content == []
        assert FastF1().get_constructor_standings(season=2022, round=3).content == []
        assert client_of_api().season(2021).get_driver_standings() == []


def test_both_read_recorded_standings(
    recorded_races: Any, recorded_answers: dict[str, Any], fastf1_at: Any, ergast_py_at: Any
) -> None:
    answer = recorded_answers["/2023/4/driverStandings.json"]
    (captured,) = answer["StandingsTable"]["StandingsLists"]
    expected = [
        (row["Driver"]["driverId"], row["position"], row["points"], row["wins"])
        for row in captured["DriverStandings"]
    ]
    with fastf1_at(recorded_races.url), ergast_py_at(recorded_races.url):
        (frame,) = FastF1().get_driver_standings(season=2023, round=4).content
        assert [
            (row.driverId, str(row.position), number(row.points), str(row.wins))
            for row in frame.itertuples()
        ] == expected
        (standings,) = client_of_api().season(2023).round(4).get_driver_standings()
        assert [
            (row.driver.driver_id, str(row.position), number(row.points), str(row.wins))
            for row in standings.driver_standings
        ] == expected
