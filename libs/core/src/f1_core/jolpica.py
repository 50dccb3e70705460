"""Jolpica-F1's URLs and JSON, for ingest and the worker.

Every scalar is a string, null keys are left out, and keys that are not named here are ignored: the
service may add to its responses. Which keys can be missing was seen in recorded responses and in
the service's own serializers.

Rows have two types. :data:`ROWS` decodes whole rows, for the worker. :data:`KEYS` decodes only what
identifies them, for ingest, which captures a page even if other values have an unexpected type.
"""

from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Struct, field

from f1_core.foreign import built
from f1_core.resources import SCHEDULE

PAGE = 100
"""Maximum number of rows per page; the service silently reduces a larger limit."""
CANCELLED = (None, "", "None")
"""The round of a race that was cancelled: it keeps its place in the schedule."""

TimingKind = TypeVar("TimingKind")


def path(
    resource: str,
    season: int,
    number: int | None = None,
    *,
    lap: str | None = None,
    driver: str | None = None,
) -> str:
    """The path of a resource below the service's address.

    Args:
        number: the round; None: of the whole season.
        lap, driver: only rows of this lap, or of the driver with this id.

    >>> path("laps", 2024, 5), path("schedule", 2024)
    ('2024/5/laps.json', '2024/races.json')
    >>> path("laps", 2024, 5, lap="12"), path("pitstops", 2024, 5, driver="hamilton")
    ('2024/5/laps/12.json', '2024/5/drivers/hamilton/pitstops.json')
    """
    name = "races" if resource == SCHEDULE.name else resource
    if lap is not None:
        name = f"laps/{lap}" if resource == "laps" else f"laps/{lap}/{name}"
    if driver is not None:
        name = f"drivers/{driver}/{name}"
    return f"{season}/{name}.json" if number is None else f"{season}/{number}/{name}.json"


def paging(limit: int, offset: int) -> dict[str, str]:
    """The parameters of a page."""
    return {"limit": str(limit), "offset": str(offset)}


class Location(Struct):
    """Where a circuit is."""

    latitude: str | None = field(name="lat", default=None)
    longitude: str | None = field(name="long", default=None)
    locality: str | None = None
    country: str | None = None


class Circuit(Struct, rename="camel"):
    """A circuit."""

    circuit_id: str
    name: str | None = field(name="circuitName", default=None)
    url: str | None = None
    location: Location | None = field(name="Location", default=None)


@built
class Race(Struct):
    """The race, as each race-level response repeats it."""

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
    number: str | None = field(name="permanentNumber", default=None)
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


class Identity(Struct, rename="camel"):
    """The id of a driver or of a constructor."""

    driver_id: str = ""
    constructor_id: str = ""


class TimingKey(Struct, rename="camel"):
    """The key of a lap, within its number."""

    driver_id: str


class Timing(Struct, rename="camel", gc=False):
    """One driver's lap. The position may be missing."""

    driver_id: str
    position: str | None = None
    time: str | None = None


class Lap(Struct, Generic[TimingKind]):
    """The drivers of one lap: all of them, or those on this page."""

    number: str
    timings: list[TimingKind] = field(name="Timings")


class StopKey(Struct, rename="camel"):
    """The key of a stop."""

    driver_id: str
    stop: str


class PitStop(Struct, rename="camel"):
    """One stop. `duration` is empty for one of whole seconds."""

    driver_id: str
    stop: str | None = None
    lap: str | None = None
    time: str | None = None
    duration: str | None = None


class FinishTime(Struct):
    """Total time of a finisher, and its text: the winner's time, or the gap to it."""

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


class ResultKey(Struct, rename="camel"):
    """The key of a result in a race, a sprint or a qualifying."""

    driver: Identity = field(name="Driver")
    number: str = ""
    position_text: str = ""


class Result(Struct, rename="camel"):
    """A driver's result in a race or a sprint."""

    driver: Driver = field(name="Driver")
    constructor: Constructor = field(name="Constructor")
    number: str | None = None
    position: str | None = None
    position_text: str | None = None
    points: str | None = None
    grid: str | None = None
    laps: str | None = None
    status: str | None = None
    time: FinishTime | None = field(name="Time", default=None)
    fastest_lap: FastestLap | None = field(name="FastestLap", default=None)


class Qualified(Struct):
    """A driver's qualifying; Q2 and Q3 are missing or empty after an elimination in Q1."""

    driver: Driver = field(name="Driver")
    constructor: Constructor = field(name="Constructor")
    number: str | None = None
    position: str | None = None
    q1: str | None = field(name="Q1", default=None)
    q2: str | None = field(name="Q2", default=None)
    q3: str | None = field(name="Q3", default=None)


class DriverKey(Struct):
    """The key of a driver's standing."""

    driver: Identity = field(name="Driver")


class ConstructorKey(Struct):
    """The key of a constructor's standing."""

    constructor: Identity = field(name="Constructor")


class Standing(Struct, rename="camel", kw_only=True):
    """A place in a championship. Without a position: not classified; see `positionText`."""

    position: str | None = None
    position_text: str | None = None
    points: str | None = None
    wins: str | None = None


class DriverStanding(Standing, kw_only=True):
    """A driver's place, and the constructors driven for, in order."""

    driver: Driver = field(name="Driver")
    constructors: list[Constructor] = field(name="Constructors", default_factory=list)


class ConstructorStanding(Standing, kw_only=True):
    """A constructor's place."""

    constructor: Constructor = field(name="Constructor")


class Round(Struct):
    """The season and round of a list of standings."""

    season: str
    round: str


class Listed(Struct):
    """A race or a list of standings, as far as ingest checks it."""

    season: str
    round: str | None = None
    name: str = field(name="raceName", default="")
    date: str = ""


class _Rows(NamedTuple):
    name: str
    row: Any
    key: Any


_LISTS = {
    "laps": _Rows("Laps", Lap[Timing], Lap[TimingKey]),
    "pitstops": _Rows("PitStops", PitStop, StopKey),
    "results": _Rows("Results", Result, ResultKey),
    "sprint": _Rows("SprintResults", Result, ResultKey),
    "qualifying": _Rows("QualifyingResults", Qualified, ResultKey),
    "driverstandings": _Rows("DriverStandings", DriverStanding, DriverKey),
    "constructorstandings": _Rows("ConstructorStandings", ConstructorStanding, ConstructorKey),
}
"""The list of each resource's rows: its name, and the types of a row."""


def _with_rows(base: type[Struct], name: str, row: Any) -> Any:
    """A race, or a list of standings, with `rows`."""
    rows = ("rows", list[row], field(name=name))
    return msgspec.defstruct(f"{base.__name__}With{name}", [rows], bases=(base,), kw_only=True)


def _decoder(resource: str, entry: Any) -> msgspec.json.Decoder[Any]:
    """Reads a page: `.data.total`, `.data.limit`, `.data.offset` and `.data.table.entries`."""
    of_races = not resource.endswith("standings")
    table, entries = ("RaceTable", "Races") if of_races else ("StandingsTable", "StandingsLists")
    optional = str | None
    tables = msgspec.defstruct(
        table,
        [
            ("entries", list[entry], field(name=entries)),
            ("season", optional, None),
            ("round", optional, None),
        ],
    )
    data = msgspec.defstruct(
        "MRData",
        [
            ("table", tables, field(name=table)),
            *((name, str, "") for name in ("total", "limit", "offset")),
        ],
    )
    page = msgspec.defstruct("Page", [("data", data, field(name="MRData"))])
    return msgspec.json.Decoder(page)


ROWS = {
    name: _decoder(
        name,
        _with_rows(Round if name.endswith("standings") else Race, rows.name, rows.row),
    )
    for name, rows in _LISTS.items()
} | {SCHEDULE.name: _decoder(SCHEDULE.name, dict[str, Any])}
"""Decoders of whole pages, by resource. A schedule's races are dicts, for their sessions."""

KEYS = {
    name: _decoder(name, _with_rows(Listed, rows.name, rows.key)) for name, rows in _LISTS.items()
} | {SCHEDULE.name: _decoder(SCHEDULE.name, Listed)}
"""Decoders of the keys of a page's rows, by resource."""
