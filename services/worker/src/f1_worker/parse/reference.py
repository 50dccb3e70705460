"""Drivers, constructors and circuits, as columns in the order of :mod:`f1_core.postgres.racing`.

Each function takes what reads a value of the source by the column's name. Only who is described in
full becomes a reference row: laps and pit stops have the driver's id alone.
"""

from collections.abc import Callable, Mapping

from f1_worker.parse import cells

Columns = tuple[object, ...]
Value = Callable[[str], str | None]


def of_row(row: Mapping[str, str], names: Mapping[str, str]) -> Value:
    """Reads a row of a CSV file, in which some columns have other names.

    Args:
        names: the file's names, by those of the table.
    """
    return lambda column: row.get(names.get(column, column))


def driver(value: Value) -> Columns:
    """A driver's columns after the id."""
    return (
        cells.whole(value("number"), "permanent number", 0, 999),
        cells.plain(value("code"), "code"),
        cells.plain(value("given_name"), "given name"),
        cells.plain(value("family_name"), "family name"),
        cells.date(value("date_of_birth"), "date of birth"),
        cells.plain(value("nationality"), "nationality"),
        cells.url(value("url")),
    )


def constructor(value: Value) -> Columns:
    """A constructor's columns after the id."""
    return (
        cells.plain(value("name"), "name"),
        cells.plain(value("nationality"), "nationality"),
        cells.url(value("url")),
    )


def circuit(value: Value) -> Columns:
    """A circuit's columns after the id."""
    return (
        cells.plain(value("name"), "name"),
        cells.plain(value("locality"), "locality"),
        cells.plain(value("country"), "country"),
        cells.coordinate(value("latitude"), "latitude"),
        cells.coordinate(value("longitude"), "longitude"),
        cells.url(value("url")),
    )
