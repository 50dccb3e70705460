"""Every driver's figures of each season equal a direct computation from the archive's files."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from archives.csv_files import Row
from archives.served_archive import ServedArchive

TOOK_OVER = {("1951", "4", "fagioli"), ("1956", "2", "castellotti"), ("1956", "8", "castellotti")}
"""Drivers of the car on pole that another one had qualified: Fangio, in all three races."""

Season = tuple[str, int]
"""A driver and a year."""


def started(row: Row) -> bool:
    """Whether a result is of a driver who started."""
    return row["positionText"] not in ("W", "F", "E") or int(row["laps"] or 0) > 0


def rounds(rows: Iterator[Row]) -> dict[Season, int]:
    """The number of races of a season in which a driver has one of these rows."""
    found = {(row["driverId"], row["season"], row["round"]) for row in rows}
    counts: dict[Season, int] = defaultdict(int)
    for driver, season, _ in found:
        counts[str(driver), int(season or 0)] += 1
    return counts


def points(rows: Iterator[Row]) -> dict[Season, float]:
    """The sum of points of these rows."""
    found: dict[Season, float] = defaultdict(float)
    for row in rows:
        found[str(row["driverId"]), int(row["season"] or 0)] += float(row["points"] or 0)
    return found


def championship(corners: ServedArchive) -> dict[Season, float]:
    """The points of the championship after the last known race of a season."""
    by_round = sorted(
        corners.files.rows("driver_standings"), key=lambda row: int(row["round"] or 0)
    )
    return {
        (str(row["driverId"]), int(row["season"] or 0)): float(row["points"] or 0)
        for row in by_round
    }


@pytest.fixture(scope="module")
def known() -> dict[Path, dict[str, Any]]:
    """Answers of an archive, read once."""
    return {}


@pytest.fixture
def drivers(corners: ServedArchive, known: dict[Path, dict[str, Any]]) -> dict[str, Any]:
    """The answer of `/drivers/{id}` for each driver with a result."""
    if corners.folder not in known:
        ids = {str(row["driverId"]) for row in corners.files.rows("results")}
        ids = {one for one in ids if one == one.lower()}
        known[corners.folder] = {one: corners.api.json(f"/drivers/{one}") for one in sorted(ids)}
    return known[corners.folder]


def by_season(drivers: dict[str, Any], name: str) -> dict[Season, Any]:
    """One figure of every driver and season."""
    return {
        (driver, figures["season"]): figures[name]
        for driver, answer in drivers.items()
        for figures in answer["by_season"]
    }


def test_entries_starts_wins_podiums_and_poles_are_exact(
    corners: ServedArchive, drivers: dict[str, Any]
) -> None:
    def results() -> Iterator[Row]:
        return corners.files.rows("results")

    entries = rounds(results())
    expected = {
        "entries": entries,
        "races": entries,
        "starts": rounds(row for row in results() if started(row)),
        "wins": rounds(row for row in results() if row["positionText"] == "1"),
        "podiums": rounds(row for row in results() if row["positionText"] in ("1", "2", "3")),
        "poles": rounds(
            row
            for row in results()
            if row["grid"] == "1"
            and (row["season"], row["round"], row["driverId"]) not in TOOK_OVER
        ),
    }
    seasons = {season for season in entries if season[0] in drivers}
    for name, known in expected.items():
        found = by_season(drivers, name)
        assert found.keys() == seasons, name
        assert found == {season: known.get(season, 0) for season in found}, name
    for driver, answer in drivers.items():
        own = [figures["starts"] for figures in answer["by_season"]]
        assert answer["total"]["starts"] == sum(own), driver


def test_points_of_races_sprints_and_championships_are_exact(
    corners: ServedArchive, drivers: dict[str, Any]
) -> None:
    races = points(corners.files.rows("results"))
    sprints = points(corners.files.rows("sprint_results"))
    counted = championship(corners)
    seasons = list(by_season(drivers, "points"))
    assert set(seasons) == {one for one in races if one[0] in drivers}
    assert by_season(drivers, "race_points") == {one: races[one] for one in seasons}
    assert by_season(drivers, "sprint_points") == {one: sprints[one] for one in seasons}
    assert by_season(drivers, "points") == {one: races[one] + sprints[one] for one in seasons}
    assert by_season(drivers, "championship_points") == {
        one: counted.get(one, 0.0) for one in seasons
    }
    for driver, answer in drivers.items():
        for name in ("points", "championship_points"):
            own = [figures[name] for figures in answer["by_season"]]
            assert answer["total"][name] == sum(own), (driver, name)


def test_laps_and_stops_have_their_number_of_races(
    corners: ServedArchive, drivers: dict[str, Any]
) -> None:
    laps = {(row["season"], row["round"]) for row in corners.files.rows("lap_times")}
    stops = {(row["season"], row["round"]) for row in corners.files.rows("pit_stops")}
    starts = [row for row in corners.files.rows("results") if started(row)]
    seasons = by_season(drivers, "starts")
    for name, captured in (("races_with_laps", laps), ("races_with_pit_stops", stops)):
        known = rounds(row for row in starts if (row["season"], row["round"]) in captured)
        assert by_season(drivers, name) == {one: known.get(one, 0) for one in seasons}, name
    for answer in drivers.values():
        total, of_driver = answer["total"], answer["completeness"]["of_driver"]
        assert of_driver["laps"] == {
            "races": total["starts"],
            "captured": total["races_with_laps"],
        }
        assert of_driver["pitstops"]["captured"] == total["races_with_pit_stops"]
        assert of_driver["results"] == {"races": total["entries"], "captured": total["entries"]}


def test_each_result_shows_whether_the_driver_started(
    corners: ServedArchive, drivers: dict[str, Any]
) -> None:
    expected = sorted(
        (row["driverId"], int(row["season"] or 0), int(row["round"] or 0), started(row))
        for row in corners.files.rows("results")
        if row["driverId"] in drivers
    )
    assert expected == sorted(
        (driver, race["season"], race["round"], race["started"])
        for driver, answer in drivers.items()
        for race in answer["races"]
    )


def test_a_season_has_the_sums_of_its_drivers_pages(
    corners: ServedArchive, drivers: dict[str, Any]
) -> None:
    compared = set[Season]()
    for season in {int(row["year"] or 0) for row in corners.files.rows("races")}:
        form = corners.api.json(f"/seasons/{season}")["form"]["drivers"]
        for line in (one for one in form if one["driver_id"] in drivers):
            own = next(
                one for one in drivers[line["driver_id"]]["by_season"] if one["season"] == season
            )
            assert line["total"] == own["points"]
            assert line["sprint_points"] == own["sprint_points"]
            assert (line["championship_points"] or 0) == own["championship_points"]
            compared.add((line["driver_id"], season))
    assert compared >= set(by_season(drivers, "starts"))


def test_a_races_page_names_all_winners(corners: ServedArchive) -> None:
    names = {
        row["driverRef"]: f"{row['forename']} {row['surname']}"
        for row in corners.files.rows("drivers")
    }
    winners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in corners.files.rows("results", positionText=1):
        winners[str(row["season"]), str(row["round"])].add(names[row["driverId"]])
    assert any(len(who) == 2 for who in winners.values())
    for (season, number), who in winners.items():
        page = corners.api.page(f"/races/{season}-{number}")
        label = "<dt>Winner</dt><dd>" if len(who) == 1 else "<dt>Winners, one car</dt><dd>"
        shown = page.partition(label)[2].partition("</dd>")[0]
        assert set(shown.replace("&#39;", "'").split(", ")) == who, (season, number)


class TestWritten:
    """Well-known values, and their text on pages."""

    def test_verstappen_has_437_points_in_2024(self, recorded: ServedArchive) -> None:
        total = recorded.api.json("/drivers/max_verstappen/stats", season=2024)["total"]
        assert (total["points"], total["race_points"], total["sprint_points"]) == (437, 399, 38)
        assert total["championship_points"] == 437
        page = recorded.api.page("/drivers/max_verstappen/stats?season=2024&by=season")
        for cell in ("437", "399", "38"):
            assert f'<td class="n">{cell}</td>' in page
        assert "658 in races, 52 in sprints" in recorded.api.page("/drivers/max_verstappen")

    def test_fangio_dropped_results(self, recorded: ServedArchive) -> None:
        total = recorded.api.json("/drivers/fangio")["total"]
        assert (total["points"], total["championship_points"]) == (37 + 34.5, 31 + 30)
        page = recorded.api.page("/seasons/1956")
        assert "the championship counts fewer results" in page
        assert '<td class="n">34.5</td><td class="n">30</td>' in page
        assert "the championship counts fewer" not in recorded.api.page("/seasons/1983")

    def test_a_driver_who_did_not_start_was_entered(self, recorded: ServedArchive) -> None:
        hill = recorded.api.json("/drivers/damon_hill")["total"]
        assert (hill["entries"], hill["starts"]) == (17, 16)  # his throttle failed before the start
        marques = recorded.api.json("/drivers/marques")["total"]
        assert (marques["entries"], marques["starts"]) == (10, 9)  # excluded: underweight
        page = recorded.api.page("/drivers/damon_hill")
        assert "<dt>Entries</dt><dd>17</dd>" in page
        assert "<dt>Starts</dt><dd>16</dd>" in page
        assert "3 of 24 entries did not start" in recorded.api.page("/races/1997-1")

    def test_laps_of_a_part_of_the_races_have_their_number(self, recorded: ServedArchive) -> None:
        page = recorded.api.page("/drivers/michael_schumacher")
        assert '192 <span class="quiet">in 4 of 17 races</span>' in page
        figures = recorded.api.page("/drivers/michael_schumacher/stats")
        assert '192 <span class="quiet">in 4 of 17 races</span>' in figures
