"""Rows as the service writes them: every scalar a string, null keys left out."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from f1_ingest.synthetic.dataset import (
    Circuit,
    Constructor,
    ConstructorStanding,
    Dataset,
    Driver,
    DriverStanding,
    Lap,
    PitStop,
    Qualifying,
    Race,
    Result,
)

Json = dict[str, Any]


def text(**values: object) -> Json:
    """The values as strings, without those that are None.

    >>> text(position=1, points=12.5, wins=2.0, code=None)
    {'position': '1', 'points': '12.5', 'wins': '2'}
    """
    return {
        key: f"{value:g}" if isinstance(value, float) else str(value)
        for key, value in values.items()
        if value is not None
    }


def driver(row: Driver) -> Json:
    """A driver."""
    return text(
        driverId=row.driver_id,
        permanentNumber=row.number,
        code=row.code,
        url=row.url,
        givenName=row.given_name,
        familyName=row.family_name,
        dateOfBirth=row.date_of_birth,
        nationality=row.nationality,
    )


def constructor(row: Constructor) -> Json:
    """A constructor."""
    return text(
        constructorId=row.constructor_id, url=row.url, name=row.name, nationality=row.nationality
    )


def circuit(row: Circuit) -> Json:
    """A circuit."""
    place = {
        "lat": str(float(row.latitude)),
        "long": str(float(row.longitude)),
        "locality": row.locality,
        "country": row.country,
    }
    return {**text(circuitId=row.circuit_id, url=row.url, circuitName=row.name), "Location": place}


def race(row: Race, dataset: Dataset) -> Json:
    """A race without its sessions, as in responses with results, laps and so on."""
    return {
        **text(season=row.season, round=row.round, url=row.url, raceName=row.name),
        "Circuit": circuit(dataset.circuits[row.circuit_id]),
        **text(date=row.date, time=row.time),
    }


def race_with_sessions(row: Race, dataset: Dataset) -> Json:
    """A race of the schedule."""
    sessions = {
        name: text(date=session.date, time=session.time) for name, session in row.sessions.items()
    }
    return {**race(row, dataset), **sessions}


def result(row: Result, dataset: Dataset) -> Json:
    """A result of a race or sprint."""
    shape: Json = {
        **text(
            number=row.number or None,
            position=row.position,
            positionText=row.position_text,
            points=row.points,
        ),
        "Driver": driver(dataset.drivers[row.driver_id]),
        "Constructor": constructor(dataset.constructors[row.constructor_id]),
        **text(grid=row.grid, laps=row.laps, status=row.status),
    }
    if row.time is not None and row.position_text.isdecimal():
        shape["Time"] = text(millis=row.race_millis, time=row.time)
    if row.fastest_lap is not None:
        fastest: Json = text(rank=row.fastest_rank, lap=row.fastest_lap)
        if row.fastest_time is not None:
            fastest["Time"] = {"time": row.fastest_time}
        if row.fastest_speed is not None:
            fastest["AverageSpeed"] = {"units": "kph", "speed": row.fastest_speed}
        shape["FastestLap"] = fastest
    return shape


def qualifying(row: Qualifying, dataset: Dataset) -> Json:
    """A qualifying result."""
    return {
        **text(number=row.number or None, position=row.position),
        "Driver": driver(dataset.drivers[row.driver_id]),
        "Constructor": constructor(dataset.constructors[row.constructor_id]),
        **text(Q1=row.q1, Q2=row.q2, Q3=row.q3),
    }


def laps(rows: Iterable[Lap]) -> list[Json]:
    """Laps, grouped by number."""
    return [
        {
            "number": str(number),
            "Timings": [
                {"driverId": row.driver_id, "position": str(row.position), "time": row.time or ""}
                for row in together
            ],
        }
        for number, together in groupby(rows, key=lambda row: row.lap)
    ]


def pit_stop(row: PitStop) -> Json:
    """A pit stop."""
    return text(
        driverId=row.driver_id,
        lap=row.lap,
        stop=row.stop,
        time=row.local_time,
        duration=row.duration,
    )


def driver_standing(row: DriverStanding, dataset: Dataset) -> Json:
    """A driver's place in the championship."""
    return {
        **_standing(row),
        "Driver": driver(dataset.drivers[row.driver_id]),
        "Constructors": [constructor(dataset.constructors[key]) for key in row.constructor_ids],
    }


def constructor_standing(row: ConstructorStanding, dataset: Dataset) -> Json:
    """A constructor's place in the championship."""
    return {
        **_standing(row),
        "Constructor": constructor(dataset.constructors[row.constructor_id]),
    }


def _standing(row: DriverStanding | ConstructorStanding) -> Json:
    return text(
        position=row.position, positionText=row.position_text, points=row.points, wins=row.wins
    )
