"""Starts of sessions, from archives with dates in UTC or at the circuit."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from f1_datasets import queries

Starts = Callable[..., dict[str, Any]]
COLUMNS = (
    *("season", "round", "race_id", "name", "circuit_id", "date", "starts_at"),
    *("first_practice_at", "second_practice_at", "third_practice_at", "qualifying_at"),
    *("sprint_qualifying_at", "sprint_at", "url"),
)
STATEMENTS = (
    "INSERT INTO seasons (season) VALUES (:year) ON CONFLICT DO NOTHING",
    "INSERT INTO circuits (circuit_id, longitude) VALUES ('here', :longitude)",
    """
    INSERT INTO races (race_id, season, round, name, circuit_id, date, time, sessions)
    VALUES ('x', :year, 1, 'x', 'here', :day, :time, CAST(:sessions AS jsonb))
    """,
)
LAS_VEGAS = {
    "FirstPractice": {"date": "2024-11-21", "time": "02:30:00Z"},
    "Qualifying": {"date": "2024-11-22", "time": "06:00:00Z"},
    "Sprint": {"date": "2024-11-22", "time": "20:00:00Z"},
    "ThirdPractice": {"date": "2024-11-22"},
}


@pytest.fixture
def starts(engine: sa.Engine) -> Starts:
    """Returns the starts of a race's sessions."""

    def starts(
        day: str, time: str | None, longitude: float | None, sessions: object = None
    ) -> dict[str, Any]:
        with engine.begin() as connection:
            year = int(day[:4])
            for statement in STATEMENTS:
                values = {
                    "year": year,
                    "longitude": longitude,
                    "day": day,
                    "time": time,
                    "sessions": json.dumps(sessions or {}),
                }
                connection.execute(sa.text(statement), values)
            cursor = connection.connection.cursor()
            cursor.execute(queries.of("races"), {"season": year, "race_id": None})
            [row] = cursor.fetchall()
        return dict(zip(COLUMNS, row, strict=True))

    return starts


def test_dates_at_the_circuit_are_converted_to_utc(starts: Starts) -> None:
    found = starts("2024-11-23", "06:00:00Z", -115.173, LAS_VEGAS)
    assert str(found["date"]) == "2024-11-23"
    assert found["starts_at"] == "2024-11-24T06:00:00Z"
    assert found["first_practice_at"] == "2024-11-22T02:30:00Z"
    assert found["qualifying_at"] == "2024-11-23T06:00:00Z"
    assert found["sprint_at"] == "2024-11-22T20:00:00Z"  # noon there: the same day
    assert found["third_practice_at"] is None


@pytest.mark.parametrize(
    ("day", "time", "longitude"),
    [
        ("2025-11-23", "04:00:00Z", -115.173),  # a Sunday: in Las Vegas it is Saturday
        ("2024-05-26", "13:00:00Z", 7.42),
        ("2024-03-09", "17:00:00Z", 39.1),  # a Saturday, in Jeddah
        ("2024-03-24", "04:00:00Z", 144.97),
        ("2024-11-03", "17:00:00Z", -46.7),
        ("2015-10-24", "06:00:00Z", None),
    ],
)
def test_dates_in_utc_are_kept(
    day: str, time: str, longitude: float | None, starts: Starts
) -> None:
    qualifying = {"Qualifying": {"date": day, "time": "02:00:00Z"}}
    found = starts(day, time, longitude, qualifying)
    assert found["starts_at"] == f"{day}T{time}"
    assert found["qualifying_at"] == f"{day}T02:00:00Z"


def test_a_race_without_a_time_has_no_start_but_its_sessions_do(starts: Starts) -> None:
    found = starts("2024-11-23", None, -115.173, LAS_VEGAS)
    assert found["starts_at"] is None
    assert found["qualifying_at"] == "2024-11-22T06:00:00Z"
