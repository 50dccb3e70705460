"""The shape of Jolpica's answers, as far as it is read.

Every scalar is a string, null keys are left out, and keys that are not named here are passed over:
the service may add to its answers. Which keys can be missing was seen in recorded answers and in
the service's own serializers.
"""

from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct, field

Row = TypeVar("Row")


class Location(Struct):
    """Where a circuit is."""

    lat: str | None = None
    long: str | None = None
    locality: str | None = None
    country: str | None = None


class Circuit(Struct, rename="camel"):
    """A circuit."""

    circuit_id: str
    circuit_name: str | None = None
    url: str | None = None
    location: Location | None = field(name="Location", default=None)


class Race(Struct):
    """What each race-level answer repeats about its race."""

    season: str
    round: str
    date: str
    circuit: Circuit = field(name="Circuit")
    name: str | None = field(name="raceName", default=None)
    time: str | None = None
    url: str | None = None


class Driver(Struct, rename="camel"):
    """A driver; those of the early years have no number and no code."""

    driver_id: str
    permanent_number: str | None = None
    code: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    date_of_birth: str | None = None
    nationality: str | None = None
    url: str | None = None


class Constructor(Struct, rename="camel"):
    """A constructor."""

    constructor_id: str
    name: str | None = None
    nationality: str | None = None
    url: str | None = None


class Timing(Struct, gc=False):
    """One driver's lap. The position may be missing."""

    driver_id: str = field(name="driverId")
    position: str | None = None
    time: str | None = None


class Lap(Struct):
    """The drivers of one lap: all of them, or those on this side of the page's edge."""

    number: str
    timings: list[Timing] = field(name="Timings")


class LapsRace(Race, kw_only=True):
    """A race with some of its laps."""

    laps: list[Lap] = field(name="Laps")


class PitStop(Struct):
    """One stop. `duration` is empty for one of whole seconds."""

    driver_id: str = field(name="driverId")
    stop: str | None = None
    lap: str | None = None
    time: str | None = None
    duration: str | None = None


class PitStopsRace(Race, kw_only=True):
    """A race with some of its pit stops."""

    rows: list[PitStop] = field(name="PitStops")


class FinishTime(Struct):
    """Total time of a finisher, and how it is shown: the winner's, or the gap to it."""

    millis: str | None = None
    time: str | None = None


class ShownTime(Struct):
    """The time of a fastest lap."""

    time: str | None = None


class Speed(Struct):
    """An average speed; always in kph."""

    speed: str | None = None


class FastestLap(Struct):
    """A driver's fastest lap; the rank is missing in sprints, the speed in some races."""

    rank: str | None = None
    lap: str | None = None
    time: ShownTime | None = field(name="Time", default=None)
    speed: Speed | None = field(name="AverageSpeed", default=None)


class Result(Struct):
    """A driver's result in a race or a sprint."""

    driver: Driver = field(name="Driver")
    constructor: Constructor = field(name="Constructor")
    number: str | None = None
    position: str | None = None
    position_text: str | None = field(name="positionText", default=None)
    points: str | None = None
    grid: str | None = None
    laps: str | None = None
    status: str | None = None
    time: FinishTime | None = field(name="Time", default=None)
    fastest_lap: FastestLap | None = field(name="FastestLap", default=None)


class ResultsRace(Race, kw_only=True):
    """A race with some of its results."""

    rows: list[Result] = field(name="Results")


class SprintRace(Race, kw_only=True):
    """A race with some results of its sprint."""

    rows: list[Result] = field(name="SprintResults")


class Qualified(Struct):
    """A driver's qualifying; who was out in Q1 has no Q2 and Q3, or empty ones."""

    driver: Driver = field(name="Driver")
    constructor: Constructor = field(name="Constructor")
    number: str | None = None
    position: str | None = None
    q1: str | None = field(name="Q1", default=None)
    q2: str | None = field(name="Q2", default=None)
    q3: str | None = field(name="Q3", default=None)


class QualifyingRace(Race, kw_only=True):
    """A race with some of its qualifying."""

    rows: list[Qualified] = field(name="QualifyingResults")


class Standing(Struct, kw_only=True):
    """A place in a championship. Without a position: not classified, `positionText` says why."""

    position: str | None = None
    position_text: str | None = field(name="positionText", default=None)
    points: str | None = None
    wins: str | None = None


class DriverStanding(Standing, kw_only=True):
    """A driver's place, and the constructors driven for, first one first."""

    driver: Driver = field(name="Driver")
    constructors: list[Constructor] = field(name="Constructors", default_factory=list)


class ConstructorStanding(Standing, kw_only=True):
    """A constructor's place."""

    constructor: Constructor = field(name="Constructor")


class DriverStandings(Struct):
    """The drivers' championship after a round."""

    season: str
    round: str
    rows: list[DriverStanding] = field(name="DriverStandings")


class ConstructorStandings(Struct):
    """The constructors' championship after a round."""

    season: str
    round: str
    rows: list[ConstructorStanding] = field(name="ConstructorStandings")


class RaceTable(Struct, Generic[Row]):
    """Races: one, or on the pages of a schedule many."""

    rows: list[Row] = field(name="Races")


class RaceData(Struct, Generic[Row]):
    """The envelope's inside."""

    total: str
    table: RaceTable[Row] = field(name="RaceTable")


class RaceAnswer(Struct, Generic[Row]):
    """A page of what belongs to races."""

    data: RaceData[Row] = field(name="MRData")


class StandingsTable(Struct, Generic[Row]):
    """Standings: of one round."""

    rows: list[Row] = field(name="StandingsLists")


class StandingsData(Struct, Generic[Row]):
    """The envelope's inside."""

    total: str
    table: StandingsTable[Row] = field(name="StandingsTable")


class StandingsAnswer(Struct, Generic[Row]):
    """A page of standings."""

    data: StandingsData[Row] = field(name="MRData")


DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    "schedule": msgspec.json.Decoder(RaceAnswer[dict[str, Any]]),
    "laps": msgspec.json.Decoder(RaceAnswer[LapsRace]),
    "pitstops": msgspec.json.Decoder(RaceAnswer[PitStopsRace]),
    "results": msgspec.json.Decoder(RaceAnswer[ResultsRace]),
    "sprint": msgspec.json.Decoder(RaceAnswer[SprintRace]),
    "qualifying": msgspec.json.Decoder(RaceAnswer[QualifyingRace]),
    "driverstandings": msgspec.json.Decoder(StandingsAnswer[DriverStandings]),
    "constructorstandings": msgspec.json.Decoder(StandingsAnswer[ConstructorStandings]),
}
"""How to read a page, by resource. A schedule's races are kept whole, for the sessions in them."""
