"""All thirteen resources of `/ergast`, of every driver, constructor and circuit, equal the files.

Expected values are read from the CSV files by `csv` only.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from archives.csv_files import Row
from archives.served_archive import ServedArchive

KINDS = {"drivers": "driverId", "constructors": "constructorId", "circuits": "circuitId"}
ENTRIES = ("results", "sprint_results", "qualifying")
Pairs = list[tuple[str, str]]
ALL = 5000
"""Rows on a page, more than any answer has."""


def everyone(corners: ServedArchive) -> Iterator[tuple[str, str]]:
    """Each driver, constructor and circuit: `("driverId", "fangio")`."""
    for table, column in KINDS.items():
        assert corners.files.tables[table]
        for row in corners.files.tables[table]:
            yield column, str(row[column])


def rows_of(corners: ServedArchive, table: str, column: str, value: str) -> list[Row]:
    """Rows of a table; of results, in the order of the classification."""
    files = corners.files
    if column == "circuitId":
        places = {(r["season"], r["round"]) for r in files.rows("races", circuitId=value)}
        found = [r for r in files.tables[table] if (r["season"], r["round"]) in places]
    else:
        found = list(files.rows(table, **{column: value}))
    order = "positionOrder" if "positionOrder" in files.tables[table][0] else "position"
    return sorted(found, key=lambda row: (*when(row), int(row[order] or 0)))


def when(row: Row) -> tuple[int, int]:
    return int(row["season"] or 0), int(row["round"] or 0)


def races_of(corners: ServedArchive, table: str) -> set[tuple[int, int]]:
    """Seasons and rounds that have rows of a table."""
    found = {when(row) for row in corners.files.tables[table]}
    assert found, table
    return found


def took_part(corners: ServedArchive, column: str, value: str) -> list[Row]:
    return [row for table in ENTRIES for row in rows_of(corners, table, column, value)]


def listed(corners: ServedArchive, column: str, value: str, resource: str) -> Any:
    """The list in an answer's table, for a path such as `/drivers/fangio/races`."""
    kind = next(kind for kind, name in KINDS.items() if name == column)
    path = f"/{kind}/{value}" if kind == resource else f"/{kind}/{value}/{resource}"
    data = corners.api.mrdata(f"{path}.json", limit=ALL)
    table = next(table for name, table in data.items() if name.endswith("Table"))
    found = next(inner for inner in table.values() if isinstance(inner, list))
    assert int(data["total"]) == sum(len(inner_rows(one)) for one in found), path
    return found


def inner_rows(item: dict[str, Any]) -> list[Any]:
    names = ("Results", "SprintResults", "QualifyingResults", "DriverStandings")
    return next((item[name] for name in names if name in item), [item])


def test_races(corners: ServedArchive) -> None:
    for column, value in everyone(corners):
        expected = {when(row) for row in took_part(corners, column, value)}
        if column == "circuitId":
            expected = {when(row) for row in corners.files.rows("races", circuitId=value)}
        found = [
            (int(r["season"]), int(r["round"])) for r in listed(corners, column, value, "races")
        ]
        assert found == sorted(expected), value


def test_seasons(corners: ServedArchive) -> None:
    for column, value in everyone(corners):
        rows = took_part(corners, column, value)
        if column != "circuitId":  # standings also show participation in seasons
            rows += corners.files.rows(f"{column.removesuffix('Id')}_standings", **{column: value})
        years = [int(row["season"]) for row in listed(corners, column, value, "seasons")]
        assert years == sorted({when(row)[0] for row in rows}), value


@pytest.mark.parametrize(("resource", "name"), list(KINDS.items()))
def test_drivers_constructors_and_circuits(
    corners: ServedArchive, resource: str, name: str
) -> None:
    circuit_of = {when(row): row["circuitId"] for row in corners.files.tables["races"]}
    for column, value in everyone(corners):
        if column == name:
            expected = {value}
        else:
            rows = took_part(corners, column, value)
            expected = {str(row[name] if name in row else circuit_of[when(row)]) for row in rows}
        found = [row[name] for row in listed(corners, column, value, resource)]
        assert sorted(found) == sorted(expected), (value, resource)


def result(row: Row) -> tuple[Any, ...]:
    points = f"{float(row['points'] or 0):g}"
    names = ("driverId", "constructorId", "number", "positionOrder", "positionText", "grid", "laps")
    classified = (row["positionText"] or "").isdecimal()
    millis = row["milliseconds"] if classified else None
    return (*when(row), *(row[name] for name in names), points, row["statusId"], millis)


def answered_result(race: dict[str, Any], row: dict[str, Any]) -> tuple[Any, ...]:
    names = ("number", "position", "positionText", "grid", "laps", "points", "status")
    return (
        *(int(race["season"]), int(race["round"])),
        *(row["Driver"]["driverId"], row["Constructor"]["constructorId"]),
        *(row.get(name) for name in names),
        row.get("Time", {}).get("millis"),
    )


@pytest.mark.parametrize(
    ("resource", "name", "table"),
    [("results", "Results", "results"), ("sprint", "SprintResults", "sprint_results")],
)
def test_results(corners: ServedArchive, resource: str, name: str, table: str) -> None:
    for column, value in everyone(corners):
        expected = [result(row) for row in rows_of(corners, table, column, value)]
        races = listed(corners, column, value, resource)
        found = [answered_result(race, row) for race in races for row in race[name]]
        assert [one[:2] + one[5:6] for one in found] == [one[:2] + one[5:6] for one in expected]
        assert sorted(found, key=str) == sorted(expected, key=str), (value, resource)


def test_qualifying(corners: ServedArchive) -> None:
    for column, value in everyone(corners):
        expected = [
            (*when(row), row["driverId"], row["constructorId"], row["position"], row["q1"])
            for row in rows_of(corners, "qualifying", column, value)
        ]
        found = [
            (
                *(int(race["season"]), int(race["round"]), row["Driver"]["driverId"]),
                *(row["Constructor"]["constructorId"], row["position"], row.get("Q1")),
            )
            for race in listed(corners, column, value, "qualifying")
            for row in race["QualifyingResults"]
        ]
        # Two drivers may have one place; those are sorted by driver.
        expected.sort(key=lambda row: (*row[:2], int(row[4] or 0), row[2]))
        assert found == expected, value


def test_status(corners: ServedArchive) -> None:
    for column, value in everyone(corners):
        expected = Counter(row["statusId"] for row in rows_of(corners, "results", column, value))
        found = {
            row["status"]: int(row["count"]) for row in listed(corners, column, value, "status")
        }
        assert found == expected, value


def test_laps_of_every_race_and_of_each_driver_in_it(corners: ServedArchive) -> None:
    for race in races_of(corners, "lap_times"):
        rows = list(corners.files.rows("lap_times", season=race[0], round=race[1]))
        assert laps(corners, race, "") == sorted(map(lap, rows))
        for driver in {row["driverId"] for row in rows}:
            own = sorted(lap(row) for row in rows if row["driverId"] == driver)
            assert laps(corners, race, f"drivers/{driver}/") == own, (race, driver)


def lap(row: Row) -> tuple[Any, ...]:
    return int(row["lap"] or 0), row["driverId"], row["position"], row["time"]


def laps(corners: ServedArchive, race: tuple[int, int], of: str) -> list[tuple[Any, ...]]:
    data = corners.api.mrdata(f"/{race[0]}/{race[1]}/{of}laps.json", limit=ALL)
    return sorted(
        (int(lap["number"]), timing["driverId"], timing["position"], timing["time"])
        for race_ in data["RaceTable"]["Races"]
        for lap in race_["Laps"]
        for timing in lap["Timings"]
    )


def test_pit_stops_of_every_race(corners: ServedArchive) -> None:
    for race in races_of(corners, "pit_stops"):
        rows = corners.files.rows("pit_stops", season=race[0], round=race[1])
        data = corners.api.mrdata(f"/{race[0]}/{race[1]}/pitstops.json", limit=ALL)
        names = ("driverId", "stop", "lap", "time", "duration")
        found = [
            tuple(stop.get(name) for name in names)
            for one in data["RaceTable"]["Races"]
            for stop in one["PitStops"]
        ]
        expected = [tuple(row[name] for name in names) for row in rows]
        assert sorted(found, key=str) == sorted(expected, key=str), race


@pytest.mark.parametrize("who", ["driver", "constructor"])
def test_standings_after_every_race_in_the_order_of_the_source(
    corners: ServedArchive, who: str
) -> None:
    table = f"{who}_standings"
    for race in races_of(corners, table):
        rows = list(corners.files.rows(table, season=race[0], round=race[1]))
        rows.sort(key=lambda row: int(row["position"] or 999))  # stable: ties keep their order
        expected = [standing(row, row[f"{who}Id"]) for row in rows]
        assert standings(corners, f"/{race[0]}/{race[1]}", who) == expected, race


@pytest.mark.parametrize("who", ["driver", "constructor"])
def test_the_standing_of_each_driver_and_constructor_in_each_season(
    corners: ServedArchive, who: str
) -> None:
    newest: dict[int, int] = {}
    for row in corners.files.tables[f"{who}_standings"]:
        season, number = when(row)
        newest[season] = max(number, newest.get(season, 0))
    for season, number in newest.items():
        for row in corners.files.rows(f"{who}_standings", season=season, round=number):
            one = row[f"{who}Id"]
            found = standings(corners, f"/{season}/{who}s/{one}", who)
            assert found == [standing(row, one)], (season, one)


def standing(row: Row, one: str | None) -> tuple[Any, ...]:
    points = f"{float(row['points'] or 0):g}"
    return one, row["position"], row["positionText"], points, row["wins"]


def standings(corners: ServedArchive, path: str, who: str) -> list[tuple[Any, ...]]:
    name = who.title()
    data = corners.api.mrdata(f"{path}/{who}Standings.json", limit=ALL)
    return [
        (
            *(row[name][f"{who}Id"], row.get("position"), row["positionText"]),
            *(f"{float(row['points']):g}", row["wins"]),
        )
        for table in data["StandingsTable"]["StandingsLists"]
        for row in table[f"{name}Standings"]
    ]
