"""Models of answers about races."""

from datetime import date
from typing import Annotated

from msgspec import Struct

from f1_api.completeness.models import Completeness, License, OfRace, OfSeasons
from f1_api.descriptions import doc
from f1_api.drivers.models import Started

Next = Annotated[str | None, doc("address of the next page, if `limit` is given")]


class RaceSummary(Struct, frozen=True):
    """The race of an answer."""

    race_id: Annotated[str, doc("2024-monaco; kept when rounds are renumbered")]
    season: int
    round: Annotated[int, doc("changes for later races when a race is cancelled")]
    name: str
    circuit_id: str
    date: date


class Circuit(Struct, frozen=True):
    """A circuit."""

    circuit_id: str
    name: str | None
    locality: str | None
    country: str | None
    latitude: Annotated[float | None, doc("degrees north")]
    longitude: Annotated[float | None, doc("degrees east")]
    url: str | None


class Session(Struct, frozen=True):
    """The start of a session of the weekend; null: the schedule does not have it."""

    date: str | None
    time: Annotated[str | None, doc("UTC, 14:00:00Z")]


class Winner(Struct, frozen=True):
    """A winner of a race."""

    driver_id: str
    driver_name: str | None
    constructor_id: str
    constructor_name: str | None


class Race(Struct, frozen=True, kw_only=True):
    """A race of a calendar, with its captured and missing resources."""

    race_id: str
    season: int
    round: int
    name: str
    circuit_id: str
    date: date
    time: Annotated[str | None, doc("start, UTC, 13:00:00Z")]
    captured: Annotated[list[str], doc("resources in the database")]
    missing: Annotated[list[str], doc("resources that should exist and do not")]
    has_sprint: bool
    winners: Annotated[
        list[Winner] | None, doc("several if they shared a car; null: results were never captured")
    ]


class RaceList(OfSeasons, frozen=True):
    """Races, by date."""

    races: list[Race]
    total: int
    next: str | None


class RaceDetail(Struct, frozen=True, kw_only=True):
    """A race with its circuit and the sessions of its weekend."""

    race_id: str
    season: int
    round: int
    name: str
    date: date
    time: str | None
    url: str | None
    circuit: Circuit
    sessions: Annotated[dict[str, Session], doc("by the source's names")]


class _OfSession(Struct, frozen=True):
    race: RaceSummary
    session: str


class RaceRows(_OfSession, frozen=True, kw_only=True):
    """Rows of one session of a race, which each kind has in a field of its own."""

    total: Annotated[int | None, doc("lines of all pages; null: never captured")]
    next: Next
    completeness: Completeness
    license: License | None
    synthetic: bool | None


class Lap(Struct, frozen=True):
    """One lap of one driver."""

    driver_id: str
    lap: int
    position: Annotated[int | None, doc("at the end of the lap")]
    time_ms: Annotated[int | None, doc("milliseconds; null: the source has none")]


class LapTimes(RaceRows, frozen=True):
    """Laps by driver and number; null if laps of this session were never captured."""

    laps: list[Lap] | None


class Result(Struct, frozen=True, kw_only=True):
    """One line of a classification."""

    position: Annotated[int | None, doc("order of classification")]
    position_text: Annotated[str, doc("1, 2, ..., R(etired), D(isqualified), ...")]
    number: Annotated[str, doc("of the car; empty if unknown")]
    driver_id: str
    driver_code: str | None
    driver_name: str | None
    constructor_id: str
    constructor_name: str | None
    points: float
    grid: Annotated[int | None, doc("0: from the pit lane, or not started")]
    laps: int | None
    status: str | None
    time_ms: Annotated[int | None, doc("of the whole race, milliseconds")]
    time: Annotated[str | None, doc("as Jolpica has it: 1:32:03.897, +1:06.004")]
    fastest_lap_rank: int | None
    fastest_lap: Annotated[int | None, doc("number of the driver's fastest lap")]
    fastest_lap_time_ms: int | None
    fastest_lap_speed_kph: float | None
    started: Started


class Results(RaceRows, frozen=True):
    """The classification of a race or sprint; null if it was never captured."""

    results: list[Result] | None


class QualifyingResult(Struct, frozen=True, kw_only=True):
    """One line of a qualifying session."""

    position: int | None
    number: str
    driver_id: str
    driver_code: str | None
    driver_name: str | None
    constructor_id: str
    constructor_name: str | None
    q1_ms: Annotated[int | None, doc("milliseconds; null: no time set")]
    q2_ms: int | None
    q3_ms: int | None


class Qualifying(RaceRows, frozen=True):
    """The qualifying session; null if it was never captured."""

    qualifying: list[QualifyingResult] | None


class PitStop(Struct, frozen=True):
    """One stop of one driver."""

    driver_id: str
    stop: Annotated[int, doc("1 is the driver's first")]
    lap: int
    local_time: Annotated[str | None, doc("time of day at the circuit")]
    duration_ms: Annotated[
        int | None, doc("in the pit lane, milliseconds; null: the source has none")
    ]
    duration: Annotated[str | None, doc("as the source has it")]


class PitStops(RaceRows, frozen=True):
    """Pit stops by lap; null if they were never captured."""

    pit_stops: list[PitStop] | None


class Aggregation(Struct, frozen=True, kw_only=True):
    """A driver's figures in one session of one race. Null: laps (or stops) were never captured."""

    driver_id: str
    laps: int | None
    timed_laps: Annotated[int | None, doc("laps that have a time")]
    total_ms: Annotated[int | None, doc("sum of all lap times, milliseconds")]
    average_lap_ms: Annotated[float | None, doc("total_ms / timed_laps, milliseconds")]
    fastest_lap_ms: Annotated[int | None, doc("milliseconds")]
    fastest_lap: Annotated[int | None, doc("the first lap that was this fast")]
    pit_stops: int | None
    pit_time_ms: Annotated[int | None, doc("milliseconds")]


class Aggregations(RaceRows, frozen=True):
    """Figures by driver, fastest lap first; null if neither laps nor stops were captured."""

    aggregations: list[Aggregation] | None


class RaceAnswer(OfRace, frozen=True):
    """One race. Results and figures are null if they were never captured."""

    race: RaceDetail
    session: Annotated[str, doc("session of the results: race or sprint")]
    results: list[Result] | None
    aggregations: Annotated[list[Aggregation] | None, doc("figures by driver")]
