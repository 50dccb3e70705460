"""Simulates races, lap by lap."""

import random
from dataclasses import dataclass, field

from f1_core.durations import format_duration
from f1_ingest.synthetic.cast import Seat
from f1_ingest.synthetic.circuits import Track
from f1_ingest.synthetic.dataset import Lap, PitStop

_CAUSES = ("Engine", "Gearbox", "Collision", "Hydraulics", "Spun off", "Brakes", "Suspension")
RED_FLAG_MS = 2_455_302
"""A wait of 40:55.302 in the pit lane, as in a real race."""
LONG_RED_FLAG_MS = 7_382_150
"""A wait of more than two hours, as in Canada in 2011."""


@dataclass
class Run:
    """The race of one car.

    Attributes:
        times: lap times in milliseconds.
        stops: lap and milliseconds of each pit stop.
        cause: of its retirement; None if it finished.
        outcome: R retired, W did not start, D disqualified, or empty.
    """

    seat: Seat
    grid: int
    times: list[int] = field(default_factory=list)
    stops: list[tuple[int, int]] = field(default_factory=list)
    cause: str | None = None
    outcome: str = ""

    @property
    def total(self) -> int:
        """Milliseconds from the start to the end of the last lap."""
        return sum(self.times)


@dataclass(frozen=True)
class Conditions:
    """Conditions of a race: its length, slow laps, and a red flag's lap and duration."""

    laps: int
    slow: frozenset[int]
    red_flag: tuple[int, int] | None = None


def conditions(
    track: Track, chance: random.Random, *, shortened: bool = False, red_flag: int | None = None
) -> Conditions:
    """Draw random conditions of a race; `red_flag` is a wait in milliseconds."""
    laps = track.laps() // (3 if shortened else 1)
    slow: set[int] = set()
    if chance.random() < 0.5:  # a safety car
        start = chance.randrange(2, laps - 4)
        slow = set(range(start, start + chance.randint(3, 6)))
    flag = (chance.randrange(laps // 4, laps // 2), red_flag) if red_flag else None
    return Conditions(laps, frozenset(slow), flag)


def race(
    seats: list[Seat],
    grid: list[int],
    track: Track,
    course: Conditions,
    chance: random.Random,
    *,
    withdrawn: bool = False,
    disqualified: bool = False,
) -> list[Run]:
    """Simulate a race.

    Args:
        seats: the cars that take part.
        grid: their places on the grid; 0 is the pit lane.
        withdrawn: one of them does not start.
        disqualified: one of the finishers is disqualified.

    Returns:
        A run for each seat, in the same order.
    """
    runs = [Run(seat, place) for seat, place in zip(seats, grid, strict=True)]
    if withdrawn:
        chance.choice(runs[8:]).outcome = "W"
    for run in runs:
        if run.outcome != "W":
            _drive(run, track, course, chance)
    _finish(runs, course.laps)
    if disqualified:
        finished = [run for run in runs if not run.outcome]
        chance.choice(finished).outcome = "D"
    return runs


def sprint(seats: list[Seat], grid: list[int], track: Track, chance: random.Random) -> list[Run]:
    """Simulate a sprint: 100 km, no stops, few retirements."""
    runs = [Run(seat, place) for seat, place in zip(seats, grid, strict=True)]
    laps = track.laps(100.0)
    for run in runs:
        end = chance.randrange(1, laps) if chance.random() < 0.04 else laps
        run.times = [_lap(run, track, lap, lap, chance) for lap in range(1, end + 1)]
        if end < laps:
            run.cause, run.outcome = chance.choice(_CAUSES), "R"
    _finish(runs, laps)
    return runs


def laps(runs: list[Run], chance: random.Random) -> list[Lap]:
    """The lap rows of a race, with gaps as in real data."""
    at_line: dict[int, list[tuple[int, Run]]] = {}
    for run in runs:
        total = 0
        for number, time in enumerate(run.times, 1):
            total += time
            at_line.setdefault(number, []).append((total, run))
    rows = []
    for number, crossings in sorted(at_line.items()):
        crossings.sort(key=lambda crossing: crossing[0])
        for position, (_, run) in enumerate(crossings, 1):
            driver_id = run.seat.driver.driver_id
            rows.append(Lap(driver_id, number, position, format_duration(run.times[number - 1])))
    for row in chance.sample(rows, 3):
        row.position = None
    if chance.random() < 0.3:
        chance.choice(rows).time = None
    if chance.random() < 0.5:  # a result that disagrees with its number of lap rows
        stops = {(run.seat.driver.driver_id, lap) for run in runs for lap, _ in run.stops}
        lost = chance.choice(rows[len(rows) // 2 :])
        if (lost.driver_id, lost.lap) not in stops:
            rows.remove(lost)
    return rows


def pit_stops(runs: list[Run], start_s: int) -> list[PitStop]:
    """The pit stop rows of a race that started `start_s` seconds after local midnight."""
    rows = []
    for run in runs:
        for number, (lap, duration) in enumerate(run.stops, 1):
            seconds = (start_s + sum(run.times[:lap]) // 1000 - duration // 1000) % 86_400
            minutes, second = divmod(seconds, 60)
            at = f"{minutes // 60:02}:{minutes % 60:02}:{second:02}"
            rows.append(
                PitStop(run.seat.driver.driver_id, number, lap, at, format_duration(duration))
            )
    return rows


def _drive(run: Run, track: Track, course: Conditions, chance: random.Random) -> None:
    """Simulate one car's laps until the end of the race or its retirement."""
    end = course.laps
    if chance.random() < 0.11:
        end = chance.randrange(course.laps)
        run.cause, run.outcome = chance.choice(_CAUSES), "R"
    count = chance.choice((1, 1, 2, 2, 2, 3))
    planned = {
        max(2, course.laps * (n + 1) // (count + 1) + chance.randint(-5, 5)) for n in range(count)
    }
    tyre_age = 0
    for lap in range(1, end + 1):
        tyre_age += 1
        time = _lap(run, track, lap, tyre_age, chance)
        if lap in course.slow:
            time = time * 14 // 10
        if course.red_flag and lap == course.red_flag[0]:
            stop = course.red_flag[1] + chance.randrange(-4000, 4000) * (run.grid != 1)
        elif lap in planned and lap < course.laps:
            stop = int(chance.gauss(24_000, 1_200)) + (chance.random() < 0.03) * 31_000
        else:
            run.times.append(time)
            continue
        run.stops.append((lap, stop))
        run.times.append(time + stop)
        tyre_age = 0


def _lap(run: Run, track: Track, lap: int, tyre_age: int, chance: random.Random) -> int:
    best = track.best_ms
    time = best * (1.012 + run.seat.pace + tyre_age * 0.0004 - lap * 0.0002)
    time += abs(chance.gauss(0, best * 0.003))
    if lap == 1:  # a standing start, and traffic
        time += 4_000 + 350 * (run.grid or 21)
    return int(time)


def _finish(runs: list[Run], distance: int) -> None:
    """Remove the laps that lapped cars would drive after the winner's finish."""
    finishers = [run for run in runs if len(run.times) == distance]
    end = min(run.total for run in finishers)
    for run in runs:
        total, kept = 0, 0
        for time in run.times:
            if total >= end:
                break
            total += time
            kept += 1
        if kept < len(run.times):
            if run.outcome == "R":  # it would have retired after the finish
                run.cause, run.outcome = None, ""
            del run.times[kept:]
            run.stops = [stop for stop in run.stops if stop[0] <= kept]
