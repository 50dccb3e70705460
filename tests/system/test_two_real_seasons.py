"""2021 and 2022: 44 races and 47,217 laps become the same rows from two sources."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from f1_devkit.programs.installation import Installation
from f1_devkit.programs.tables import count, read_tables
from f1_devkit.servers.jolpica import ergast_csv
from f1_devkit.servers.jolpica.edges import PageEdges

ROWS = {"races": 44, "lap_times": 47_217, "pit_stops": 1_603, "results": 880, "sprint_results": 120}
EQUAL_TABLES = (
    "races", "lap_times", "pit_stops", "results", "sprint_results", "qualifying",
)  # fmt: skip


@pytest.fixture
def archive(shared_data: Path) -> Path:
    return shared_data / "ergast-csv-2021-2022"


@pytest.fixture
def imported(installation: Installation, archive: Path) -> Installation:
    installation.run("f1-ingest", "import", str(archive), "--source", "ergast-csv")
    installation.run("f1-worker", "run", "--drain")
    return installation


def dictionaries(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def test_the_archive_gives_exactly_its_rows(imported: Installation, archive: Path) -> None:
    assert {table: count(imported.engine(), table) for table in ROWS} == ROWS
    races = names(archive, "races.csv", "year", "round")
    drivers = names(archive, "drivers.csv", "driverRef")

    def of_archive(file: str, *columns: str) -> set[tuple[str | None, ...]]:
        return {
            (*races[row["raceId"]], *drivers[row["driverId"]],
             *(None if row[name] == "\\N" else row[name] for name in columns))
            for row in dictionaries(archive / file)
        }  # fmt: skip

    for table, file, columns in (
        ("lap_times", "lap_times.csv", {"lap": "lap", "position": "position",
                                        "time_ms": "milliseconds"}),
        ("pit_stops", "pit_stops.csv", {"stop": "stop", "lap": "lap",
                                        "duration_ms": "milliseconds"}),
        ("results", "results.csv", {"position": "positionOrder", "grid": "grid", "laps": "laps"}),
    ):  # fmt: skip
        texts = ", ".join(f"t.{name}::text" for name in columns)
        query = f"SELECT season::text, round::text, driver_id, {texts} FROM {table} t"
        with imported.engine().connect() as connection:
            rows = connection.execute(text(f"{query} JOIN races USING (race_id)"))
            assert {tuple(row) for row in rows} == of_archive(file, *columns.values()), table


def names(archive: Path, file: str, *columns: str) -> dict[str, tuple[str, ...]]:
    """The ids of the archive's numbers of races and drivers."""
    return {
        next(iter(row.values())): tuple(row[name] for name in columns)
        for row in dictionaries(archive / file)
    }


def test_averages_and_fastest_laps_equal_a_direct_computation_from_the_csv(
    imported: Installation, archive: Path
) -> None:
    laps: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in dictionaries(archive / "lap_times.csv"):
        laps[row["raceId"], row["driverId"]].append(int(row["milliseconds"]))
    drivers = {row["driverId"]: row["driverRef"] for row in dictionaries(archive / "drivers.csv")}
    races = {
        row["raceId"]: (int(row["year"]), int(row["round"]))
        for row in dictionaries(archive / "races.csv")
    }
    expected = {
        (*races[race], drivers[driver]): (sum(times) / len(times), min(times), len(times))
        for (race, driver), times in laps.items()
    }

    with imported.engine().connect() as connection:
        found = connection.execute(
            text(
                "SELECT season, round, driver_id, average_lap_ms, fastest_lap_ms, laps"
                "  FROM aggregations JOIN races USING (race_id)"
                " WHERE laps > 0"
            )
        )
        assert {tuple(row[:3]): tuple(row[3:]) for row in found} == expected


@pytest.mark.timeout(600)
def test_pages_with_missing_rows_at_their_edges_give_the_same_rows(
    imported: Installation,
    archive: Path,
    fresh_installation: Callable[[], Installation],
    serve: Callable[..., object],
) -> None:
    paged = fresh_installation()
    serve(paged, ergast_csv.load(archive), edges=PageEdges(rate=0.3))
    for season in ("2021", "2022"):
        paged.run("f1-ingest", "backfill", "--season", season)
    paged.run("f1-worker", "run", "--drain")

    assert {table: count(paged.engine(), table) for table in ROWS} == ROWS
    from_archive, from_pages = read_tables(imported.engine()), read_tables(paged.engine())
    for table in EQUAL_TABLES:
        assert from_pages[table] == from_archive[table], table
    # Also Spa 2021, three laps behind the safety car: the archive has stops of later races, so it
    # had none.
    assert from_pages["aggregations"] == from_archive["aggregations"]
