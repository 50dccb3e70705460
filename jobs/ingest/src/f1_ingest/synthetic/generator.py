"""Generates whole seasons: equal years and seeds give equal seasons, on any machine.

They contain the irregularities of real seasons: retirements, a driver who did not
start and one who was disqualified, half points, laps without a position or a time, results that
disagree with their number of lap rows, lap times above an hour and below a minute, a pit stop
of 40:55.302 and one with an empty duration, two stops at the same second, a driver without number
and code, two teams for one driver, two races at one circuit (every fifth year), and names that
are not ASCII. As in the real service, qualifying begins in 1994, laps in 1996, fastest laps in
2004, pit stops in 2011, sprints in 2021.
"""

import random
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from f1_ingest.synthetic import racing, standings
from f1_ingest.synthetic.cast import Cast, Seat
from f1_ingest.synthetic.classification import (
    STATUSES,
    classify,
    qualify,
    race_points,
    sprint_points,
)
from f1_ingest.synthetic.dataset import Dataset, Race, Weekend, merge
from f1_ingest.synthetic.schedule import Plan, plan

FIRST_YEAR, LAST_YEAR = 1950, 2100
_START_S = 15 * 3600
"""Races start at 15:00, local time."""


def season(year: int, seed: int = 1) -> Dataset:
    """Make one season.

    Raises:
        ValueError: the year is not between 1950 and 2100.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"a season is made for a year from {FIRST_YEAR} to {LAST_YEAR}")
    chance = random.Random(f"{seed}:{year}")
    dataset = Dataset(seasons={year: f"https://synthetic.invalid/{year}"}, statuses=dict(STATUSES))
    cast = Cast(seed)
    regulars = cast.seats(year)
    plans = plan(year, chance)
    for planned in plans:
        seats = _line_up(regulars, cast, planned.race, len(plans))
        for seat in seats:
            dataset.drivers[seat.driver.driver_id] = seat.driver
            dataset.constructors[seat.constructor.constructor_id] = seat.constructor
        circuit = planned.track.circuit
        dataset.circuits[circuit.circuit_id] = circuit
        dataset.weekends.append(_weekend(planned, seats, chance))
    _add_irregularities(dataset, chance)
    standings.fill(dataset.weekends, constructors=year >= 1958)
    return dataset


def seasons(years: Iterable[int], seed: int = 1) -> Dataset:
    """Make several seasons with the same drivers and teams."""
    return merge(season(year, seed) for year in years)


@lru_cache(maxsize=8)
def cached_season(year: int, seed: int = 1) -> Dataset:
    """The same as :func:`season`, cached. The caller must not change it."""
    return season(year, seed)


def _line_up(regulars: list[Seat], cast: Cast, race: Race, rounds: int) -> list[Seat]:
    """The drivers of a race: two change teams at mid-season, a reserve drives three races."""
    seats = list(regulars)
    if race.round > rounds // 2:
        first, second = seats[12], seats[17]
        seats[12] = replace(second, constructor=first.constructor, pace=first.pace)
        seats[17] = replace(first, constructor=second.constructor, pace=second.pace)
    if 5 <= race.round <= 7:
        seats[9] = replace(seats[9], driver=cast.reserve(race.season), number="99")
    return seats


def _weekend(planned: Plan, seats: list[Seat], chance: random.Random) -> Weekend:
    race, track, year = planned.race, planned.track, planned.race.season
    weekend = Weekend(race=race)
    session = qualify(seats, track, year, chance)
    places = {row.driver_id: row.position for row in session}
    grid = [places[seat.driver.driver_id] for seat in seats]
    if year >= 1994:
        weekend.qualifying = session
    if planned.sprint:
        runs = racing.sprint(seats, grid, track, chance)
        weekend.sprint = classify(runs, track, year, points=sprint_points(year), is_sprint=True)
    # The third last starts from the pit lane.
    grid = [0 if place == len(seats) - 2 else place for place in grid]
    wait = None
    if planned.red_flag:
        wait = racing.LONG_RED_FLAG_MS if year % 3 == 0 else racing.RED_FLAG_MS
    course = racing.conditions(track, chance, shortened=planned.shortened, red_flag=wait)
    runs = racing.race(
        seats,
        grid,
        track,
        course,
        chance,
        withdrawn=planned.withdrawn,
        disqualified=planned.disqualified,
    )
    weekend.results = classify(
        runs,
        track,
        year,
        points=race_points(year),
        factor=0.5 if planned.shortened else 1.0,
    )
    if year >= 1996:
        weekend.laps = racing.laps(runs, chance)
    if year >= 2011:
        weekend.pit_stops = racing.pit_stops(runs, _START_S)
    weekend.sort()
    return weekend


def _add_irregularities(dataset: Dataset, chance: random.Random) -> None:
    """Add rare irregularities: an empty pit duration, two stops in the same second."""
    stopping = [weekend for weekend in dataset.weekends if len(weekend.pit_stops) > 4]
    for weekend in chance.sample(stopping, min(3, len(stopping))):
        stops = weekend.pit_stops
        chance.choice(stops).duration = ""
        first = chance.randrange(len(stops) - 1)
        stops[first + 1].local_time = stops[first].local_time
