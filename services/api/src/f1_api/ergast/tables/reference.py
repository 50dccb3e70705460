"""Seasons, circuits, races, constructors and drivers, as lists and in other answers."""

import unicodedata
from collections.abc import Iterable
from typing import Any

import msgspec

from f1_api.ergast.texts import Shape, known
from f1_api.postgres.pool import Row, Snapshot

_SESSIONS = (
    "FirstPractice", "SecondPractice", "ThirdPractice", "Qualifying", "Sprint", "SprintShootout",
    "SprintQualifying",
)  # fmt: skip
_sessions = msgspec.json.Decoder(dict[str, dict[str, Any]])


def seasons(snapshot: Snapshot, ids: Iterable[str] | None = None) -> dict[str, Shape]:
    """Seasons by year; all, or those with the ids."""
    rows = snapshot.rows("ergast_seasons", _these(ids))
    return {season: known(season=season, url=url) for season, url in rows}


def circuits(snapshot: Snapshot, ids: Iterable[str] | None = None) -> dict[str, Shape]:
    """Circuits by id."""
    return {row[0]: _circuit(row) for row in snapshot.rows("ergast_circuits", _these(ids))}


def constructors(snapshot: Snapshot, ids: Iterable[str] | None = None) -> dict[str, Shape]:
    """Constructors by id."""
    return {
        row[0]: known(constructorId=row[0], url=row[1], name=row[2], nationality=row[3])
        for row in snapshot.rows("ergast_constructors", _these(ids))
    }


def drivers(snapshot: Snapshot, ids: Iterable[str] | None = None) -> dict[str, Shape]:
    """Drivers by family name without case and accents: de Vries, Gasly, Hamilton, Hülkenberg."""
    rows = snapshot.rows("ergast_drivers", _these(ids))
    return {row[0]: _driver(row) for row in sorted(rows, key=_by_name)}


def races(
    snapshot: Snapshot, ids: Iterable[str] | None = None, *, weekend: bool = False
) -> dict[str, Shape]:
    """Races by season and round.

    Args:
        weekend: with the other sessions, which only the calendar has.
    """
    rows = snapshot.rows("ergast_races", _these(ids))
    return {row[0]: _race(row, weekend=weekend) for row in rows}


def _these(ids: Iterable[str] | None) -> dict[str, list[str] | None]:
    return {"ids": None if ids is None else sorted(set(ids))}


def _race(row: Row, *, weekend: bool) -> Shape:
    _, season, round_, url, name, date, time, sessions, *circuit = row
    found = _sessions.decode(sessions) if weekend else {}
    return known(
        season=season,
        round=round_,
        url=url,
        raceName=name,
        Circuit=_circuit(circuit),
        date=date,
        time=time,
        **{key: known(**found[key]) for key in _SESSIONS if key in found},
    )


def _circuit(row: Any) -> Shape:
    circuit_id, url, name, latitude, longitude, locality, country = row
    place = known(lat=latitude, long=longitude, locality=locality, country=country)
    return known(circuitId=circuit_id, url=url, circuitName=name, Location=place or None)


def _driver(row: Row) -> Shape:
    driver_id, number, code, url, given_name, family_name, date_of_birth, nationality = row
    return known(
        driverId=driver_id,
        permanentNumber=number,
        code=code,
        url=url,
        givenName=given_name,
        familyName=family_name,
        dateOfBirth=date_of_birth,
        nationality=nationality,
    )


def _by_name(row: Row) -> tuple[bool, str, str]:
    family_name = row[5]
    plain = unicodedata.normalize("NFKD", family_name or "")
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return family_name is None, letters.casefold(), row[0]
