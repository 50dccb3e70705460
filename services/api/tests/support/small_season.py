"""A small season in a database.

Three races in 2024: monaco (everything captured), spa (a sprint weekend, laps missing), and one in
2099's calendar that has not been run. Season 2023 has one race, so that a career spans two.
"""

from datetime import date
from typing import Any

from api_database import FETCHED, Database

from f1_core.postgres import operations, racing

LAPS: dict[str, list[int | None]] = {
    "ada": [90_000, 85_000, 84_000],
    "bruno": [91_000, None, 84_500],
    "cleo": [92_000],
}
"""Lap times at monaco, in milliseconds."""


def _result(race_id: str, driver: str, position: int, **more: Any) -> dict[str, Any]:
    return {
        "race_id": race_id,
        "driver_id": driver,
        "number": str(position),
        "position_text": str(position),
        "constructor_id": "north",
        "position": position,
        "points": {1: 25, 2: 18, 3: 15.5}[position],
        "grid": position,
        "laps": 3,
        "status": "Finished",
        "time_ms": 259_000 + position,
        "time": "4:19.001",
        "fastest_lap_rank": position,
        "fastest_lap": 3,
        "fastest_lap_time_ms": 84_000,
        "fastest_lap_speed_kph": 180.5,
        **more,
    }


def _aggregation(race_id: str, driver: str, times: list[int | None], **more: Any) -> dict[str, Any]:
    timed = [time for time in times if time is not None]
    return {
        "race_id": race_id,
        "session": "race",
        "driver_id": driver,
        "laps": len(times),
        "timed_laps": len(timed),
        "total_ms": sum(timed),
        "average_lap_ms": sum(timed) / len(timed),
        "fastest_lap_ms": min(timed),
        "fastest_lap": times.index(min(timed)) + 1,
        "pit_stops": 0,
        "pit_time_ms": 0,
        **more,
    }


def fill(database: Database) -> None:
    """Write the small season."""
    add = database.insert
    people = [("ada", "Falk", "Norwegian"), ("bruno", "Keller", "Swiss"), ("cleo", "Ames", "Swiss")]
    add(operations.installation, {"synthetic": True, "swept_at": FETCHED})
    add(
        racing.drivers,
        *(
            {
                "driver_id": driver,
                "number": number,
                "code": driver[:3].upper(),
                "given_name": driver.title(),
                "family_name": family,
                "date_of_birth": date(1990, 1, number),
                "nationality": nationality,
                "url": f"https://example.org/{driver}",
            }
            for number, (driver, family, nationality) in enumerate(people, 1)
        ),
    )
    add(racing.drivers, {"driver_id": "stub"})
    add(
        racing.constructors,
        {
            "constructor_id": "north",
            "name": "North",
            "nationality": "Norwegian",
            "url": "https://n",
        },
    )
    add(
        racing.circuits,
        *(
            {
                "circuit_id": circuit,
                "name": circuit.title(),
                "locality": "Here",
                "country": "There",
                "latitude": 43.5,
                "longitude": 7.25,
                "url": "https://c",
            }
            for circuit in ("monaco", "spa", "oslo")
        ),
    )
    add(
        racing.seasons, *({"season": year, "url": f"https://{year}"} for year in (2023, 2024, 2099))
    )
    sprint = {"Sprint": {"date": "2024-07-27", "time": "10:00:00Z"}}
    quali = {"Qualifying": {"date": "2024-05-25", "time": "14:00:00Z"}}
    add(
        racing.races,
        *(
            {
                "race_id": f"{season}-{circuit}",
                "season": season,
                "round": round_,
                "name": f"{circuit.title()} Grand Prix",
                "circuit_id": circuit,
                "date": on,
                "time": "13:00:00Z",
                "url": "https://r",
                "sessions": sessions,
            }
            for season, circuit, round_, on, sessions in (
                (2023, "monaco", 1, date(2023, 5, 28), quali),
                (2024, "monaco", 1, date(2024, 5, 26), quali),
                (2024, "spa", 2, date(2024, 7, 28), sprint),
                (2099, "oslo", 1, date(2099, 9, 9), {}),
            )
        ),
    )
    add(
        racing.lap_times,
        *(
            {
                "race_id": "2024-monaco",
                "session": "race",
                "driver_id": driver,
                "lap": lap,
                "position": None if driver == "cleo" else 1,
                "time_ms": time_ms,
            }
            for driver, times in LAPS.items()
            for lap, time_ms in enumerate(times, 1)
        ),
    )
    add(
        racing.pit_stops,
        {
            "race_id": "2024-monaco",
            "session": "race",
            "driver_id": "bruno",
            "stop": 1,
            "lap": 2,
            "local_time": "15:20:01",
            "duration_ms": 23_456,
            "duration": "23.456",
        },
    )
    add(
        racing.aggregations,
        _aggregation("2024-monaco", "ada", LAPS["ada"]),
        _aggregation("2024-monaco", "bruno", LAPS["bruno"], pit_stops=1, pit_time_ms=23_456),
        _aggregation("2024-monaco", "cleo", LAPS["cleo"]),
        # 2023: laps were captured, pit stops were not.
        _aggregation("2023-monaco", "ada", [80_000], pit_stops=None, pit_time_ms=None),
    )
    add(
        racing.results,
        _result("2024-monaco", "ada", 1),
        _result("2024-monaco", "bruno", 2),
        _result("2024-monaco", "cleo", 3, position_text="R", points=0, grid=0, status="Engine"),
        _result("2024-spa", "ada", 2),
        _result("2024-spa", "bruno", 1),
    )
    add(racing.sprint_results, _result("2024-spa", "ada", 1, points=8))
    add(
        racing.qualifying,
        {
            "race_id": "2024-monaco",
            "driver_id": "ada",
            "number": "1",
            "constructor_id": "north",
            "position": 1,
            "q1_ms": 80_000,
            "q2_ms": 79_000,
            "q3_ms": None,
        },
    )
    standing = {"position": 1, "position_text": "1", "points": 25, "wins": 1}
    add(
        racing.driver_standings,
        {"race_id": "2024-monaco", "driver_id": "ada", "constructor_ids": ["north"], **standing},
    )
    add(
        racing.constructor_standings,
        {"race_id": "2024-monaco", "constructor_id": "north", **standing},
    )
    database.slice("schedule", "2023-", 1)
    database.slice("schedule", "2024-", 2)
    database.slice("schedule", "2099-", 1)
    database.slice("laps", "2023-monaco", 1, round=1)
    database.slice("laps", "2024-monaco", 7, round=1, expected=7)
    database.slice("pitstops", "2024-monaco", 1, round=1)
    database.slice("results", "2024-monaco", 3, round=1, expected=3)
    database.slice("qualifying", "2024-monaco", 1, round=1, session="qualifying")
    database.slice("driverstandings", "2024-monaco", 1, round=1)
    database.slice("constructorstandings", "2024-monaco", 1, round=1)
    database.slice("results", "2024-spa", 2, round=2, expected=2)
    database.slice("sprint", "2024-spa", 1, round=2, session="sprint")
