"""Drivers and their figures."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from f1_api.models.completeness import Coverage, License


class Driver(Struct, frozen=True):
    """A driver. Names are null while only laps or pit stops of the driver were captured."""

    driver_id: str
    number: Annotated[int | None, Meta(description="permanent number")]
    code: str | None
    given_name: str | None
    family_name: str | None
    date_of_birth: date | None
    nationality: str | None
    url: str | None


class DriverSeason(Struct, frozen=True):
    """A season of a driver, by the results and laps captured."""

    season: int
    races: int
    constructor_ids: Annotated[
        list[str] | None, Meta(description="null: no results of the season are captured")
    ]
    championship_position: Annotated[
        int | None,
        Meta(description="after the newest race with standings of the driver; null: none captured"),
    ]


class DriverList(Struct, frozen=True):
    """Drivers, by family name."""

    drivers: list[Driver]
    total: Annotated[int, Meta(description="of all pages")]
    next: Annotated[str | None, Meta(description="address of the next page")]
    completeness: Coverage
    license: License | None
    synthetic: bool | None


class Figures(Struct, frozen=True, kw_only=True):
    """A driver's figures over a race, a season, or all that is stored.

    Null means that nothing of the kind was captured, or that there is none, such as the average
    over no timed lap.
    """

    season: Annotated[int | None, Meta(description="null: over several seasons")] = None
    race_id: Annotated[str | None, Meta(description="null: over several races")] = None
    round: int | None = None
    races: Annotated[int, Meta(description="races with a result or a lap of the driver")]
    laps: int | None
    timed_laps: Annotated[int | None, Meta(description="laps that have a time")]
    total_ms: Annotated[int | None, Meta(description="sum of all lap times, milliseconds")]
    average_lap_ms: Annotated[float | None, Meta(description="total_ms / timed_laps, milliseconds")]
    fastest_lap_ms: Annotated[int | None, Meta(description="milliseconds")]
    fastest_lap: Annotated[int | None, Meta(description="number of that lap")]
    fastest_lap_race_id: str | None
    pit_stops: int | None
    pit_time_ms: Annotated[
        int | None, Meta(description="time in the pit lane of all stops, milliseconds")
    ]
    wins: int | None
    podiums: int | None
    poles: Annotated[int | None, Meta(description="starts from the first place of the grid")]
    points: Annotated[float | None, Meta(description="of this session; not of sprints, if races")]


class DriverRace(Struct, frozen=True, kw_only=True):
    """A result of a driver; two in one race, if two cars were shared (before 1958)."""

    race_id: str
    season: int
    round: int
    name: str
    date: date
    constructor_id: str
    constructor_name: str | None
    grid: Annotated[int | None, Meta(description="0: from the pit lane")]
    position: Annotated[int | None, Meta(description="order of classification")]
    position_text: Annotated[str, Meta(description="1, 2, ..., R(etired), D(isqualified), ...")]
    points: float
    sprint_points: Annotated[float | None, Meta(description="null: no result of a sprint")]
    laps: int | None
    status: str | None


class DriverAnswer(Struct, frozen=True, kw_only=True):
    """One driver: seasons, figures, and every result."""

    driver: Driver
    seasons: list[DriverSeason]
    total: Annotated[Figures, Meta(description="over all races, without sprints")]
    by_season: list[Figures]
    races: Annotated[list[DriverRace], Meta(description="results by date; none: none captured")]
    completeness: Coverage
    license: License | None
    synthetic: bool | None


class Stats(Struct, frozen=True):
    """A driver's figures: `total` over everything asked for, `rows` by season or by race."""

    driver: Driver
    by: Annotated[str, Meta(description="career, season or race")]
    session: Annotated[str, Meta(description="race or sprint")]
    total: Figures
    rows: Annotated[list[Figures] | None, Meta(description="null for by=career")]
    completeness: Coverage
    license: License | None
    synthetic: bool | None
