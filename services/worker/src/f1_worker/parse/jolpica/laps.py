"""The laps of one race. All seasons have half a million laps, so the loop is kept short."""

from collections.abc import Iterator
from typing import Any

from f1_core.errors import BadCapture
from f1_worker.parse import validation
from f1_worker.parse.cells import IDS, LAP_NUMBERS, LAP_TIMES, POSITIONS, Unreadable


class Laps:
    """Laps merged by number and driver; later pages are newer."""

    constructors: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self._laps: dict[str, dict[str, str]] = {}
        self._differences: dict[tuple[str, str], str] = {}

    def add(self, page: int, race: Any) -> None:
        """Merge a page's laps of the race.

        Raises:
            BadCapture: a value cannot be read.
        """
        for lap in race.rows:
            try:
                number = LAP_NUMBERS[lap.number]
            except Unreadable as error:
                raise BadCapture(f"page {page}: there is {error}") from error
            drivers = self._laps.setdefault(number, {})
            for timing in lap.timings:
                driver_id = timing.driver_id
                try:
                    line = (
                        f"{IDS[driver_id]}\t{number}"
                        f"\t{POSITIONS[timing.position]}\t{LAP_TIMES[timing.time]}"
                    )
                except Unreadable as error:
                    raise BadCapture(
                        f"page {page}: {_name(number, driver_id)} has {error}"
                    ) from error
                before = drivers.setdefault(driver_id, line)
                if before != line:
                    self._differences[driver_id, number] = validation.disagreement(
                        "laps", _name(number, driver_id), before, line
                    )
                    drivers[driver_id] = line

    @property
    def drivers(self) -> set[str]:
        """Ids of the drivers."""
        return set().union(*self._laps.values())

    def sorted_lines(self) -> list[str]:
        """The lines, canonical."""
        return sorted(line for drivers in self._laps.values() for line in drivers.values())

    def keys(self) -> Iterator[tuple[str, str]]:
        """Driver and lap of each row."""
        return (
            (driver_id, number) for number, drivers in self._laps.items() for driver_id in drivers
        )

    def differences(self) -> list[str]:
        """Messages about contradictions between pages."""
        return list(self._differences.values())


def _name(number: str, driver_id: str) -> str:
    return f"lap {number} of {driver_id}"
