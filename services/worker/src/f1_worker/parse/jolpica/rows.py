"""The rows of one race, of every resource except laps."""

from collections.abc import Callable, Iterable
from typing import Any

from f1_core.errors import BadCapture
from f1_core.jolpica import (
    Constructor,
    ConstructorStanding,
    Driver,
    DriverStanding,
    FastestLap,
    FinishTime,
    PitStop,
    Qualified,
    Result,
)
from f1_worker.parse import cells, lines, reference, validation
from f1_worker.parse.slices import Reference


class Rows:
    """Rows merged by key; later pages are newer.

    Attributes:
        drivers: ids of drivers and constructors in the rows.
    """

    def __init__(self, resource: str, people: Reference) -> None:
        self.drivers: set[str] = set()
        self.constructors: set[str] = set()
        self._resource = resource
        self._reference = people
        self._lines: dict[tuple[str, ...], str] = {}
        self._differences: dict[tuple[str, ...], str] = {}

    def add(self, page: int, entry: Any) -> None:
        """Merge a page's rows of the race, with the drivers and constructors that it describes.

        Raises:
            BadCapture: a value cannot be read.
        """
        read = _READERS[self._resource]
        for row in entry.rows:
            try:
                key, line = read(row, self)
            except cells.Unreadable as error:
                raise BadCapture(f"page {page}: {_whose(row)} has {error}") from error
            before = self._lines.get(key, line)
            if before != line:
                self._differences[key] = validation.disagreement(
                    self._resource, _whose(row), before, line
                )
            self._lines[key] = line

    def sorted_lines(self) -> list[str]:
        """The lines, canonical."""
        rows: Iterable[str] = self._lines.values()
        return sorted(lines.order_ties(rows) if self._resource in lines.STANDINGS else rows)

    def keys(self) -> Iterable[tuple[str, ...]]:
        """The rows' keys."""
        return self._lines

    def differences(self) -> list[str]:
        """Messages about contradictions between pages."""
        return list(self._differences.values())

    def note_driver(self, driver: Driver) -> str:
        """Add a driver; returns the id."""
        self.drivers.add(driver.driver_id)
        columns = reference.driver(driver)
        self._reference.drivers[driver.driver_id] = columns
        return driver.driver_id

    def note_constructor(self, constructor: Constructor) -> str:
        """Add a constructor; returns the id."""
        self.constructors.add(constructor.constructor_id)
        columns = reference.constructor(constructor)
        self._reference.constructors[constructor.constructor_id] = columns
        return constructor.constructor_id


def _whose(row: Any) -> str:
    """A description of a row for messages."""
    if isinstance(row, PitStop):
        return f"stop {row.stop} of {row.driver_id}"
    if isinstance(row, ConstructorStanding):
        return row.constructor.constructor_id
    return str(row.driver.driver_id)


def _pit_stop(row: PitStop, rows: Rows) -> lines.Row:
    rows.drivers.add(row.driver_id)
    return lines.pit_stop(
        row.driver_id,
        stop=row.stop,
        lap=row.lap,
        time=row.time,
        duration_ms=cells.precise_milliseconds(row.duration, "duration"),
        duration=row.duration,
    )


def _result(row: Result, rows: Rows) -> lines.Row:
    time = row.time or FinishTime()
    fastest = row.fastest_lap or FastestLap()
    return lines.result(
        rows.note_driver(row.driver),
        rows.note_constructor(row.constructor),
        number=row.number,
        position=row.position,
        position_text=row.position_text,
        points=row.points,
        grid=row.grid,
        laps=row.laps,
        status=row.status,
        time_ms=time.millis,
        time=time.time,
        fastest_lap_rank=fastest.rank,
        fastest_lap=fastest.lap,
        fastest_lap_time_ms=cells.precise_milliseconds(
            fastest.time.time if fastest.time else None, "time of the fastest lap"
        ),
        fastest_lap_speed_kph=fastest.speed.speed if fastest.speed else None,
    )


def _qualified(row: Qualified, rows: Rows) -> lines.Row:
    return lines.qualified(
        rows.note_driver(row.driver),
        rows.note_constructor(row.constructor),
        number=row.number,
        position=row.position,
        times_ms=(
            cells.precise_milliseconds(row.q1, "Q1"),
            cells.precise_milliseconds(row.q2, "Q2"),
            cells.precise_milliseconds(row.q3, "Q3"),
        ),
        parts=lines.parts_without_time(row.q1, row.q2, row.q3),
    )


def _driver_standing(row: DriverStanding, rows: Rows) -> lines.Row:
    return lines.standing(
        rows.note_driver(row.driver),
        position=row.position,
        position_text=row.position_text,
        points=row.points,
        wins=row.wins,
        constructor_ids=[rows.note_constructor(one) for one in row.constructors],
    )


def _constructor_standing(row: ConstructorStanding, rows: Rows) -> lines.Row:
    return lines.standing(
        rows.note_constructor(row.constructor),
        position=row.position,
        position_text=row.position_text,
        points=row.points,
        wins=row.wins,
    )


_READERS: dict[str, Callable[[Any, Rows], lines.Row]] = {
    "pitstops": _pit_stop,
    "results": _result,
    "sprint": _result,
    "qualifying": _qualified,
    "driverstandings": _driver_standing,
    "constructorstandings": _constructor_standing,
}
