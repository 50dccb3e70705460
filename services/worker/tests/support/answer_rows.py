"""Rows and answers of Jolpica for tests of parsing, and types of fixtures."""

from collections.abc import Callable
from typing import Any

from f1_core.capture import Capture, Race

Make = Callable[..., Capture]
Page = Callable[..., dict[str, Any]]
Laps = Callable[..., list[dict[str, Any]]]

MONACO = Race(season=2024, round=8, circuit_id="monaco", date="2024-05-26")
EMPTY = {"MRData": {"total": "0", "RaceTable": {"Races": []}}}
VER = {"driverId": "max_verstappen", "code": "VER", "givenName": "Max", "permanentNumber": "33"}
RED_BULL = {"constructorId": "red_bull", "name": "Red Bull"}


def result(**more: Any) -> dict[str, Any]:
    """A row of results, with some values changed."""
    return {
        "number": "1",
        "position": "1",
        "positionText": "1",
        "points": "26",
        "Driver": VER,
        "Constructor": RED_BULL,
        "grid": "1",
        "laps": "78",
        "status": "Finished",
        **more,
    }
