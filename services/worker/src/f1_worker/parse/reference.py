"""Drivers, constructors and circuits, as columns in the order of :mod:`f1_core.postgres.racing`.

Only who is told of in full becomes a reference row: laps and pit stops name drivers by id alone.
"""

from f1_worker.parse import cells

Columns = tuple[object, ...]


def driver(
    *,
    number: str | None,
    code: str | None,
    given_name: str | None,
    family_name: str | None,
    date_of_birth: str | None,
    nationality: str | None,
    url: str | None,
) -> Columns:
    """A driver's columns after the id."""
    return (
        cells.whole(number, "permanent number", 0, 999),
        cells.plain(code, "code"),
        cells.plain(given_name, "given name"),
        cells.plain(family_name, "family name"),
        cells.date(date_of_birth, "date of birth"),
        cells.plain(nationality, "nationality"),
        cells.url(url),
    )


def constructor(*, name: str | None, nationality: str | None, url: str | None) -> Columns:
    """A constructor's columns after the id."""
    return (
        cells.plain(name, "name"),
        cells.plain(nationality, "nationality"),
        cells.url(url),
    )


def circuit(
    *,
    name: str | None,
    locality: str | None,
    country: str | None,
    latitude: str | None,
    longitude: str | None,
    url: str | None,
) -> Columns:
    """A circuit's columns after the id."""
    return (
        cells.plain(name, "name"),
        cells.plain(locality, "locality"),
        cells.plain(country, "country"),
        cells.coordinate(latitude, "latitude"),
        cells.coordinate(longitude, "longitude"),
        cells.url(url),
    )
