"""Results, points and qualifying of a race."""

import random

from f1_core.durations import format_duration
from f1_ingest.synthetic.cast import Seat
from f1_ingest.synthetic.circuits import Track
from f1_ingest.synthetic.dataset import Qualifying, Result
from f1_ingest.synthetic.racing import Run

STATUSES = {
    1: "Finished",
    2: "Disqualified",
    4: "Collision",
    5: "Engine",
    6: "Gearbox",
    9: "Hydraulics",
    11: "+1 Lap",
    12: "+2 Laps",
    13: "+3 Laps",
    14: "+4 Laps",
    15: "+5 Laps",
    20: "Spun off",
    22: "Suspension",
    23: "Brakes",
    31: "Retired",
    54: "Withdrew",
    142: "Did not start",
    143: "Lapped",
}
_NEW_WORDS = 2023
"""Since then the status of a lapped car is `Lapped`, and of a retired one `Retired`."""


def race_points(year: int) -> tuple[int, ...]:
    """Points for the first places of a race."""
    if year >= 2010:
        return (25, 18, 15, 12, 10, 8, 6, 4, 2, 1)
    if year >= 2003:
        return (10, 8, 6, 5, 4, 3, 2, 1)
    return (10, 6, 4, 3, 2, 1) if year >= 1991 else (9, 6, 4, 3, 2, 1)


def sprint_points(year: int) -> tuple[int, ...]:
    """Points for the first places of a sprint."""
    return (8, 7, 6, 5, 4, 3, 2, 1) if year >= 2022 else (3, 2, 1)


def classify(
    runs: list[Run],
    track: Track,
    year: int,
    *,
    points: tuple[int, ...],
    factor: float = 1.0,
    is_sprint: bool = False,
) -> list[Result]:
    """Results in order: by laps and time, then drivers not started or disqualified."""
    order = sorted(runs, key=lambda run: ("RWD".find(run.outcome) > 0, -len(run.times), run.total))
    winner = order[0]
    ranks = _fastest(runs) if year >= 2004 else {}
    results = []
    for position, run in enumerate(order, 1):
        counted = not run.outcome or (
            # A driver who retired after nine tenths of the distance is classified.
            run.outcome == "R" and len(run.times) * 10 >= len(winner.times) * 9
        )
        earned = points[position - 1] * factor if counted and position <= len(points) else 0.0
        behind = len(winner.times) - len(run.times)
        result = Result(
            driver_id=run.seat.driver.driver_id,
            constructor_id=run.seat.constructor.constructor_id,
            number=run.seat.number,
            position=position,
            position_text=str(position) if counted else run.outcome,
            points=earned,
            grid=run.grid,
            laps=len(run.times),
            status=_status(run, behind, year),
        )
        if not run.outcome and behind == 0:
            gap = run.total - winner.total
            result.time = (
                format_duration(run.total) if run is winner else f"+{format_duration(gap)}"
            )
            result.race_millis = run.total
        if run.times and year >= 2004:
            best = min(run.times)
            result.fastest_lap = run.times.index(best) + 1
            result.fastest_time = format_duration(best)
            if not is_sprint:  # the service has neither for sprints
                result.fastest_rank = ranks[id(run)]
                result.fastest_speed = f"{track.length_km * 3_600_000 / best:.3f}"
                if 2019 <= year <= 2024 and result.fastest_rank == 1 and counted and position <= 10:
                    result.points += 1
        results.append(result)
    return results


def qualify(seats: list[Seat], track: Track, year: int, chance: random.Random) -> list[Qualifying]:
    """Qualifying in order; in three parts since 2006."""
    parts = 3 if year >= 2006 else 1
    field = list(seats)
    times: dict[str, list[str]] = {seat.number: [] for seat in seats}
    knocked_out: list[Seat] = []
    for part in range(parts):
        laps = {
            seat.number: int(
                track.best_ms * (1.004 - 0.002 * part + seat.pace)
                + abs(chance.gauss(0, track.best_ms * 0.002))
            )
            for seat in field
        }
        field.sort(key=lambda seat: laps[seat.number])
        for seat in field:
            times[seat.number].append(format_duration(laps[seat.number]))
        if part == 0:  # the last driver set no time
            times[field[-1].number] = [""]
        keep = {0: 15, 1: 10}.get(part, 0) if parts == 3 else 0
        knocked_out = field[keep:] + knocked_out
        field = field[:keep]
    return [
        Qualifying(
            driver_id=seat.driver.driver_id,
            constructor_id=seat.constructor.constructor_id,
            number=seat.number,
            position=position,
            **dict(zip(("q1", "q2", "q3"), times[seat.number], strict=False)),
        )
        for position, seat in enumerate(knocked_out, 1)
    ]


def _status(run: Run, behind: int, year: int) -> str:
    if run.outcome == "W":
        return "Did not start" if year >= _NEW_WORDS else "Withdrew"
    if run.outcome == "D":
        return "Disqualified"
    if run.cause is not None:
        return "Retired" if year >= _NEW_WORDS else run.cause
    if behind == 0:
        return "Finished"
    if year >= _NEW_WORDS:
        return "Lapped"
    return f"+{min(behind, 5)} Lap{'s' if behind > 1 else ''}"


def _fastest(runs: list[Run]) -> dict[int, int]:
    timed = sorted((run for run in runs if run.times), key=lambda run: min(run.times))
    return {id(run): rank for rank, run in enumerate(timed, 1)}
