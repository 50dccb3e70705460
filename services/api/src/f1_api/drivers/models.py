"""Models of answers about drivers."""

from datetime import date
from typing import Annotated

from msgspec import Struct

from f1_api.completeness.models import OfSeasons
from f1_api.descriptions import doc


class Driver(Struct, frozen=True):
    """A driver. Names are null while only laps or pit stops of the driver were captured."""

    driver_id: str
    number: Annotated[int | None, doc("permanent number")]
    code: str | None
    given_name: str | None
    family_name: str | None
    date_of_birth: date | None
    nationality: str | None
    url: str | None


class DriverSeason(Struct, frozen=True):
    """A season of a driver, by the results and laps captured."""

    season: int
    races: Annotated[int, doc("races entered: with a result or a lap; `starts` are in `by_season`")]
    constructor_ids: Annotated[list[str] | None, doc("null: no results of the season are captured")]
    championship_position: Annotated[
        int | None,
        doc(
            "after the newest race with standings of the driver; null: none captured, or the "
            "driver has no place"
        ),
    ]
    championship_position_text: Annotated[
        str | None, doc("the same; `D`: excluded from the championship, `-`: without a place")
    ]


class DriverList(OfSeasons, frozen=True):
    """Drivers, by family name."""

    drivers: list[Driver]
    total: Annotated[int, doc("of all pages")]
    next: Annotated[str | None, doc("address of the next page")]


class Figures(Struct, frozen=True, kw_only=True):
    """A driver's figures over a race, a season, or all that is stored.

    Null means that nothing of the kind was captured, or that there is none, such as the average
    over no timed lap.
    """

    season: Annotated[int | None, doc("null: over several seasons")] = None
    race_id: Annotated[str | None, doc("null: over several races")] = None
    round: int | None = None
    races: Annotated[int, doc("the same as `entries`")]
    entries: Annotated[int, doc("races with a result or a lap of the driver; two cars count once")]
    starts: Annotated[
        int,
        doc(
            "of those, races that the driver started: not withdrawn before the start, not "
            "unqualified, not excluded before the race"
        ),
    ]
    races_with_results: Annotated[
        int,
        doc(
            "of `entries`, those with captured results, which wins, podiums, poles and points count"
        ),
    ]
    races_with_laps: Annotated[
        int,
        doc(
            "of `starts`, those with captured laps, which laps, averages and the fastest lap "
            "count; no source has laps before 1996"
        ),
    ]
    races_with_pit_stops: Annotated[
        int,
        doc(
            "of `starts`, those with captured pit stops, which pit_stops and pit_time_ms count; no "
            "source has any before 2011"
        ),
    ]
    laps: int | None
    timed_laps: Annotated[int | None, doc("laps that have a time")]
    total_ms: Annotated[int | None, doc("sum of all lap times, milliseconds")]
    average_lap_ms: Annotated[float | None, doc("total_ms / timed_laps, milliseconds")]
    fastest_lap_ms: Annotated[int | None, doc("milliseconds")]
    fastest_lap: Annotated[int | None, doc("number of that lap")]
    fastest_lap_race_id: str | None
    pit_stops: int | None
    pit_time_ms: Annotated[int | None, doc("time in the pit lane of all stops, milliseconds")]
    wins: Annotated[int | None, doc("all drivers of a shared car are winners")]
    podiums: Annotated[int | None, doc("first to third, also in a shared car")]
    poles: Annotated[
        int | None,
        doc("first places of the grid; in a shared car only of the driver who started in it"),
    ]
    points: Annotated[
        float | None,
        doc(
            "of races and sprints, before a championship drops results; with `session=sprint` of "
            "sprints alone"
        ),
    ]
    race_points: Annotated[float | None, doc("of races alone; null with `session=sprint`")]
    sprint_points: Annotated[float | None, doc("of sprints alone; 0 where no sprint was held")]
    championship_points: Annotated[
        float | None,
        doc(
            "as the championship counts them, after the newest race of the season with standings "
            "of the driver; over several seasons their sum. Null: no standings are captured, or "
            "one race only, or `session=sprint`"
        ),
    ]
    championship_seasons: Annotated[
        int | None, doc("seasons with captured standings, which championship_points count")
    ]


Started = Annotated[
    bool,
    doc(
        "false: withdrawn before the start, did not start, did not qualify or prequalify, or "
        "excluded before the race"
    ),
]


class DriverRace(Struct, frozen=True, kw_only=True):
    """A result of a driver; two in one race, if two cars were shared (before 1958)."""

    race_id: str
    season: int
    round: int
    name: str
    date: date
    constructor_id: str
    constructor_name: str | None
    grid: Annotated[int | None, doc("0: from the pit lane, or not started")]
    position: Annotated[int | None, doc("order of classification")]
    position_text: Annotated[str, doc("1, 2, ..., R(etired), D(isqualified), ...")]
    points: float
    sprint_points: Annotated[float | None, doc("null: no result of a sprint")]
    laps: int | None
    status: str | None
    started: Started
    shared_with: Annotated[list[str], doc("ids of the car's other drivers")]


class DriverAnswer(OfSeasons, frozen=True):
    """One driver: seasons, figures, and every result."""

    driver: Driver
    seasons: list[DriverSeason]
    total: Annotated[Figures, doc("over all races; points include sprints")]
    by_season: list[Figures]
    races: Annotated[list[DriverRace], doc("results by date; empty: none captured")]


class Stats(OfSeasons, frozen=True):
    """A driver's figures: `total` over all requested races, `rows` by season or by race."""

    driver: Driver
    by: Annotated[str, doc("career, season or race")]
    session: Annotated[str, doc("race or sprint")]
    total: Figures
    rows: Annotated[list[Figures] | None, doc("null for by=career")]
