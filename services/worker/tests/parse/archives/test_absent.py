"""A resource that an archive has only for later races gets a slice without rows."""

import json

import pytest

from f1_worker.parse.absent import absent
from f1_worker.parse.slices import RaceRef, ScheduledRace


def race(season: int, number: int, *, sprint: bool = False) -> tuple[RaceRef, ScheduledRace]:
    date = f"{season}-06-{number:02}"
    sessions = json.dumps({"Sprint": {"date": date}} if sprint else {})
    scheduled = ScheduledRace(number, "A race", "spa", date, None, None, sessions)
    return RaceRef(season, number, "spa", date), scheduled


RACES = {"1": race(2021, 1), "2": race(2021, 2), "3": race(2021, 3)}
RESULTS = {(number, "results", "race") for number in RACES}


def absent_of(
    races: dict[str, tuple[RaceRef, ScheduledRace]],
    have: set[tuple[str, str, str]],
    damaged: tuple[str, ...] = (),
) -> list[tuple[str, str, str]]:
    """The absent slices, if all results are valid."""
    run = {race for race, resource, _ in have if resource == "results"}
    return list(absent(races, have, damaged, run))


def test_a_race_without_stops_before_one_with_stops_had_none() -> None:
    have = {*RESULTS, ("1", "pitstops", "race"), ("3", "pitstops", "race")}
    assert absent_of(RACES, have) == [("2", "pitstops", "race")]


def test_qualifying_of_early_seasons_is_absent_if_a_later_season_has_it() -> None:
    races = {"1": race(1996, 1), "2": race(2002, 1), "3": race(2003, 1), "0": race(1990, 1)}
    have = {(number, "results", "race") for number in races} | {("3", "qualifying", "qualifying")}
    assert sorted(absent_of(races, have)) == [
        ("1", "qualifying", "qualifying"),
        ("2", "qualifying", "qualifying"),
    ]


@pytest.mark.parametrize(
    ("have", "damaged"),
    [
        ({*RESULTS, ("1", "pitstops", "race")}, ()),  # the file may be cut after the first race
        ({*RESULTS, ("3", "pitstops", "race")}, ("pitstops",)),
        ({("3", "results", "race"), ("3", "pitstops", "race")}, ()),  # the others were not run
        ({*RESULTS, ("3", "laps", "race")}, ()),  # results have the number of laps
        ({*RESULTS, ("3", "sprint", "sprint")}, ()),  # no sprint was held
    ],
    ids=["behind the last row", "a damaged file", "not run", "laps", "no sprint"],
)
def test_nothing_is_absent(have: set[tuple[str, str, str]], damaged: tuple[str, ...]) -> None:
    assert absent_of(RACES, have, damaged) == []


def test_a_scheduled_sprint_is_absent_if_a_later_one_has_results() -> None:
    races = {"1": race(2022, 1, sprint=True), "2": race(2022, 2, sprint=True)}
    have = {("1", "results", "race"), ("2", "results", "race"), ("2", "sprint", "sprint")}
    assert absent_of(races, have) == [("1", "sprint", "sprint")]


def test_nothing_is_absent_in_a_race_with_invalid_results() -> None:
    have = {*RESULTS, ("1", "pitstops", "race"), ("3", "pitstops", "race")}
    assert list(absent(RACES, have, (), {"1", "3"})) == []
