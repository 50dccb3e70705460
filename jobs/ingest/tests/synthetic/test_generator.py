"""Synthetic seasons are reproducible, consistent, and have the irregularities of real ones."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from f1_core.durations import format_duration
from f1_ingest.synthetic import cached_season, season, seasons
from f1_ingest.synthetic.cast import Cast
from f1_ingest.synthetic.dataset import Dataset, millis

years = st.integers(1950, 2100)
seeds = st.integers(0, 2**32)


def test_a_season_has_as_many_rows_as_a_real_one() -> None:
    started = time.thread_time()
    made = season(2024, seed=1)
    seconds = time.thread_time() - started

    assert 22 <= len(made.weekends) <= 24
    assert 900 < made.count("laps") / len(made.weekends) < 1200
    assert made.count("results") == 20 * len(made.weekends)
    assert made.count("sprint") == 6 * 20
    assert made.count("pit_stops") > 500
    assert seconds < 5  # 0.1 when nothing measures coverage


def test_equal_seeds_make_equal_seasons_and_others_different_ones() -> None:
    assert season(2023, seed=7) == season(2023, seed=7)
    assert season(2023, seed=7) != season(2023, seed=8)


@settings(max_examples=15, deadline=None)
@given(years, seeds)
def test_every_season_is_consistent(year: int, seed: int) -> None:
    made = season(year, seed)

    dates = [weekend.race.date for weekend in made.weekends]
    assert dates == sorted(dates)
    assert all(date.startswith(str(year)) for date in dates)
    assert [weekend.race.round for weekend in made.weekends] == list(range(1, len(dates) + 1))
    for weekend in made.weekends:
        assert weekend.race.circuit_id in made.circuits
        for result in [*weekend.results, *weekend.sprint]:
            assert result.driver_id in made.drivers
            assert result.constructor_id in made.constructors
            assert result.status in made.statuses.values()
        numbers = [result.number for result in weekend.results]
        assert len(set(numbers)) == len(numbers)
        keys = [(lap.driver_id, lap.lap) for lap in weekend.laps]
        assert len(set(keys)) == len(keys)
        raced = {result.driver_id: result.laps or 0 for result in weekend.results}
        assert all(lap.lap <= raced[lap.driver_id] for lap in weekend.laps)
        assert all(stop.lap <= raced[stop.driver_id] for stop in weekend.pit_stops)
        assert weekend.results[0].position_text == "1"


@settings(max_examples=10, deadline=None)
@given(years, seeds)
def test_standings_are_the_sum_of_the_results(year: int, seed: int) -> None:
    made = season(year, seed)
    points = dict.fromkeys(made.drivers, 0.0)
    for weekend in made.weekends:
        for result in [*weekend.results, *weekend.sprint]:
            points[result.driver_id] += result.points
        for standing in weekend.driver_standings:
            assert standing.points == points[standing.driver_id]
        assert sum(row.points for row in weekend.driver_standings) == sum(points.values())
    if year >= 1958:
        teams = made.weekends[-1].constructor_standings
        assert sum(row.points for row in teams) == sum(points.values())


@pytest.mark.parametrize("year", [2021, 2022, 2024, 2025])
def test_every_modern_season_has_the_irregularities_of_real_ones(year: int) -> None:
    made = cached_season(year)
    laps = [lap for weekend in made.weekends for lap in weekend.laps]
    stops = [stop for weekend in made.weekends for stop in weekend.pit_stops]
    results = [result for weekend in made.weekends for result in weekend.results]

    assert {"R", "W", "D"} < {result.position_text for result in results}
    assert any(result.points % 1 for result in results), "half points"
    assert any(lap.position is None for lap in laps)
    assert any(lap.time is None for lap in laps)
    assert any(lap.time and ":" not in lap.time for lap in laps), "a lap below a minute"
    assert any(stop.duration == "" for stop in stops)
    assert any(len(stop.duration or "") >= len("40:55.302") for stop in stops)
    assert any(result.grid == 0 for result in results), "a start from the pit lane"
    assert any(driver.number is None for driver in made.drivers.values())
    assert any(len(row.constructor_ids) > 1 for row in made.weekends[-1].driver_standings)
    assert any(not driver.family_name.isascii() for driver in made.drivers.values())
    assert disagreeing(made) > 0
    for weekend in made.weekends:
        times = [stop.local_time for stop in weekend.pit_stops]
        if len(set(times)) < len(times):
            break
    else:
        pytest.fail("no two stops at the same second")


def disagreeing(made: Dataset) -> int:
    """Results whose number of laps is not that of their lap rows."""
    count = 0
    for weekend in made.weekends:
        for result in weekend.results:
            rows = sum(1 for lap in weekend.laps if lap.driver_id == result.driver_id)
            count += rows != result.laps
    return count


def test_a_lap_can_take_more_than_an_hour() -> None:
    laps = [lap for weekend in cached_season(2022).weekends for lap in weekend.laps]
    assert any((lap.millis or 0) > 3_600_000 for lap in laps)


def test_a_circuit_can_hold_two_races_of_a_season() -> None:
    held = [weekend.race.circuit_id for weekend in cached_season(2020).weekends]
    assert len(set(held)) == len(held) - 1


@pytest.mark.parametrize(
    ("year", "has", "lacks"),
    [
        (1990, (), ("qualifying", "laps", "pit_stops", "sprint")),
        (1996, ("qualifying", "laps"), ("pit_stops", "sprint")),
        (2011, ("qualifying", "laps", "pit_stops"), ("sprint",)),
        (2021, ("qualifying", "laps", "pit_stops", "sprint"), ()),
    ],
)
def test_coverage_is_that_of_the_real_service(
    year: int, has: tuple[str, ...], lacks: tuple[str, ...]
) -> None:
    made = cached_season(year)
    assert all(made.count(resource) for resource in has)
    assert not any(made.count(resource) for resource in lacks)


def test_sessions_have_the_names_of_their_year() -> None:
    names = {year: sprint_sessions(year) for year in (2021, 2023, 2024)}
    assert names == {
        2021: {"FirstPractice", "Qualifying", "SecondPractice", "Sprint"},
        2023: {"FirstPractice", "Qualifying", "SprintShootout", "Sprint"},
        2024: {"FirstPractice", "Qualifying", "SprintQualifying", "Sprint"},
    }


def sprint_sessions(year: int) -> set[str]:
    weekend = next(weekend for weekend in cached_season(year).weekends if weekend.sprint)
    return set(weekend.race.sessions)


def test_careers_last_several_seasons() -> None:
    made = seasons(range(2018, 2026))
    drivers = {}
    for year in made.seasons:
        weekend = made.season(year)[0]
        drivers[year] = {result.driver_id for result in weekend.results}
    assert 10 <= len(drivers[2018] & drivers[2020]) < 20
    assert len(made.drivers) > 30


def test_other_years_are_refused() -> None:
    with pytest.raises(ValueError, match="1950 to 2100"):
        season(1949)


@given(st.integers(0, 30_000_000))
def test_durations_are_read_as_they_are_written(total: int) -> None:
    assert millis(format_duration(total)) == total


def test_a_copy_can_be_corrected() -> None:
    made = cached_season(2024)
    copy = made.copy()
    assert copy == made
    copy.weekend(2024, 3).results.pop()
    assert len(made.weekend(2024, 3).results) == 20
    with pytest.raises(KeyError):
        made.weekend(2024, 30)


def test_drivers_codes_are_unique() -> None:
    for seed in range(1, 6):
        cast = Cast(seed)
        codes = {
            seat.driver.driver_id: seat.driver.code
            for year in range(1950, 2101)
            for seat in cast.seats(year)
        }
        known = [code for code in codes.values() if code is not None]
        assert len(set(known)) == len(known) > 100
        assert all(re.fullmatch("[A-Z]{3}", code) for code in known)
        assert all(seat.driver.code for seat in cast.seats(2024))
