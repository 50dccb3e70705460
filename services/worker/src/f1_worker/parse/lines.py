"""Lines of COPY text for the tables of :mod:`f1_worker.parse.slices`, the same from every source.

A race must give the same lines from JSON and from CSV; otherwise each source would seem to correct
the other. So all lines are made here, from values as text; each function returns the row's key and
its line.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import count
from typing import NamedTuple

from f1_core.durations import format_duration
from f1_worker.parse import cells
from f1_worker.parse.cells import DAY_MS, MAX_LAP, NULL

_MAX_KEY = 30
"""Most characters of a text in a key; an index allows 2,700 bytes for all columns."""

Row = tuple[tuple[str, ...], str]
"""A row's key, unique in its slice, and its line."""


class Made(NamedTuple):
    """A row, with the drivers and constructors that it refers to."""

    row: Row
    driver: str | None
    constructors: tuple[str, ...] = ()


STANDINGS = ("driverstandings", "constructorstandings")


def pit_stop(
    driver_id: str,
    *,
    stop: str | None,
    lap: str | None,
    time: str | None,
    duration_ms: str,
    duration: str | None,
) -> Row:
    """A pit stop; `duration_ms` is already a column, since its parsing depends on the source."""
    key = (cells.identifier(driver_id, "driver id"), cells.count(stop, "stop", 1, 99))
    # An empty duration stays empty: the source has a duration, but wrote it incorrectly.
    shown = "" if duration == "" else cells.text(duration, "duration")
    line = (*key, cells.lap_number(lap), cells.time_of_day(time), duration_ms, shown)
    return key, "\t".join(line)


def result(
    driver_id: str,
    constructor_id: str,
    *,
    number: str | None,
    position: str | None,
    position_text: str | None,
    points: str | None,
    grid: str | None,
    laps: str | None,
    status: str | None,
    time_ms: str | None,
    time: str | None,
    fastest_lap_rank: str | None,
    fastest_lap: str | None,
    fastest_lap_time_ms: str,
    fastest_lap_speed_kph: str | None,
) -> Row:
    """A result of a race or a sprint; `fastest_lap_time_ms` is already a column."""
    position_text = cells.present(position_text) or cells.present(position)
    if position_text is None:
        raise cells.Unreadable("position", position, "which must not be missing")
    rank = cells.integer(fastest_lap_rank, "rank of the fastest lap", 0, 999)
    key = (
        cells.identifier(driver_id, "driver id"),
        _number(number),
        cells.text(position_text, "position", _MAX_KEY),
    )
    line = (
        *key,
        cells.identifier(constructor_id, "constructor id"),
        cells.position(position),
        _points(points),
        cells.integer(grid, "grid", 0, 999),
        cells.integer(laps, "laps", 0, MAX_LAP),
        cells.text(status, "status"),
        cells.integer(time_ms, "time in milliseconds", 1, DAY_MS - 1),
        cells.text(cells.canonical_clock(time), "time"),
        NULL if rank == "0" else rank,  # drivers without a lap have no rank
        cells.integer(fastest_lap, "fastest lap", 1, MAX_LAP),
        fastest_lap_time_ms,
        cells.decimal(fastest_lap_speed_kph, "speed", places=3),
    )
    return key, "\t".join(line)


def finish_time(time_ms: str | None, winner_ms: str | None, written: str | None) -> str | None:
    """A finishing time in the service's format: the winner's time, for all others the gap to it.

    Args:
        time_ms: the row's milliseconds.
        winner_ms: of the classified winner; missing: unknown.
        written: the archive's text, for rows without milliseconds.

    >>> finish_time("4797566", "4797566", "+0.526"), finish_time("4798213", "4797566", "+1.173")
    ('1:19:57.566', '+0.647')
    """
    own, best = (cells.integer(ms, "time", 1, DAY_MS - 1) for ms in (time_ms, winner_ms))
    if NULL in (own, best):
        return written
    gap = int(own) - int(best)
    if gap < 0:
        return None  # classified, but stopped before the winner finished
    return f"+{format_duration(gap)}" if gap else format_duration(int(own))


def is_classified(position_text: str | None) -> bool:
    """Whether a result has a place; all others are R, D, W, N, E, F.

    >>> is_classified("3"), is_classified("D"), is_classified(None)
    (True, False, False)
    """
    return bool(position_text and position_text.isdecimal())


def qualified(
    driver_id: str,
    constructor_id: str,
    *,
    number: str | None,
    position: str | None,
    times_ms: tuple[str, str, str],
    parts: int = 0,
) -> Row:
    """A driver's qualifying; the times of Q1, Q2 and Q3 are already columns.

    Args:
        parts: the last part in which the driver is known to have taken part; 0: unknown.
    """
    key = (
        cells.identifier(driver_id, "driver id"),
        _number(number),
    )
    constructor = cells.identifier(constructor_id, "constructor id")
    timed = max((part for part, ms in enumerate(times_ms, 1) if ms != NULL), default=0)
    # Only parts without a time, so that sources without this information give the same line.
    untimed = str(parts) if parts > timed else NULL
    return key, "\t".join((*key, constructor, cells.position(position), *times_ms, untimed))


def parts_without_time(*times: str | None) -> int:
    """The last part of qualifying with an empty time: the driver took part and set no time."""
    return max((part for part, time in enumerate(times, 1) if time == ""), default=0)


def standing(
    competitor_id: str,
    *,
    position: str | None,
    position_text: str | None,
    points: str | None,
    wins: str | None,
    constructor_ids: Iterable[str] | None = None,
) -> Row:
    """A place in the drivers' championship, or without `constructor_ids` the constructors'.

    Its line lacks the last column, which :func:`order_ties` adds.
    """
    key = (cells.identifier(competitor_id, "id"),)
    line = [
        *key,
        cells.position(position),
        cells.text(position_text, "position"),
        _points(points),
        cells.integer(wins, "wins", 0, 999).replace(NULL, "0"),
    ]
    if constructor_ids is not None:
        ids = (f'"{cells.identifier(one, "constructor id")}"' for one in constructor_ids)
        line.append("{" + ",".join(ids) + "}")
    return key, "\t".join(line)


def order_ties(standings: Iterable[str]) -> list[str]:
    r"""Lines of standings with their last column: the order among rows that share a position.

    Rows without a position count as sharing one. The order is the source's; it is null for a
    position that is not shared, so that the same standings give the same lines from every source.

    >>> order_ties(["ada\t1", "bo\t\\N", "cy\t\\N"])
    ['ada\t1\t\\N', 'bo\t\\N\t1', 'cy\t\\N\t2']
    """
    listed = list(standings)
    positions = [line.split("\t", 2)[1] for line in listed]
    orders = {position: count(1) for position, times in Counter(positions).items() if times > 1}
    return [
        f"{line}\t{next(orders[position]) if position in orders else NULL}"
        for line, position in zip(listed, positions, strict=True)
    ]


def _number(value: str | None) -> str:
    # Part of the key, so empty and not null: some early entries have no known car number.
    return cells.text(value, "number", _MAX_KEY) if cells.present(value) else ""


def _points(value: str | None) -> str:
    points = cells.decimal(value, "points")
    return "0" if points == NULL else points
