"""Drivers, constructors and circuits, as columns in the order of :mod:`f1_core.postgres.racing`.

Each function takes an object with the source's values as attributes, by the columns' names. Only
full descriptions become reference rows: laps and pit stops have only the driver's id.
"""

from collections.abc import Mapping
from typing import Any

from f1_worker.parse import cells

Columns = tuple[object, ...]


class Named:
    """A row of a CSV file as such an object.

    Args:
        names: the file's column names by those of the table, where they differ.
    """

    def __init__(self, row: Mapping[str, str], names: Mapping[str, str]) -> None:
        self._row = row
        self._names = names

    def __getattr__(self, column: str) -> str | None:
        return self._row.get(self._names.get(column, column))


def driver(row: Any) -> Columns:
    """A driver's columns after the id."""
    return (
        cells.whole(row.number, "permanent number", 0, 999),
        cells.plain(row.code, "code"),
        cells.plain(row.given_name, "given name"),
        cells.plain(row.family_name, "family name"),
        cells.date(row.date_of_birth, "date of birth"),
        cells.plain(row.nationality, "nationality"),
        cells.url(row.url),
    )


def constructor(row: Any) -> Columns:
    """A constructor's columns after the id."""
    return (
        cells.plain(row.name, "name"),
        cells.plain(row.nationality, "nationality"),
        cells.url(row.url),
    )


def circuit(row: Any, place: Any = None) -> Columns:
    """A circuit's columns after the id.

    Args:
        place: the object with the circuit's location, if it is another one.
    """
    place = place or row
    return (
        cells.plain(row.name, "name"),
        cells.plain(place.locality, "locality"),
        cells.plain(place.country, "country"),
        cells.coordinate(place.latitude, "latitude"),
        cells.coordinate(place.longitude, "longitude"),
        cells.url(row.url),
    )
