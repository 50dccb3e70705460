"""Rows of whole seasons, as a service with Jolpica's protocol stores them.

The generator and the loader of the Ergast archive in f1_devkit make datasets, and
:func:`f1_ingest.synthetic.responses.respond` serves them. Durations are texts of the source;
`millis` reads them without the project's parser, so that tests can compare the two.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from f1_core.foreign import built


def millis(text: str | None) -> int | None:
    """Milliseconds of `[[h:]m:]s.fff`; None for null and an empty string.

    >>> millis("1:31.531"), millis("55.404"), millis("2:05:07.547"), millis("")
    (91531, 55404, 7507547, None)
    """
    if not text:
        return None
    seconds, _, fraction = text.rpartition(".") if "." in text else (text, "", "")
    total = 0
    for part in seconds.split(":"):
        total = total * 60 + int(part)
    return total * 1000 + int(fraction.ljust(3, "0")[:3])


class Driver(msgspec.Struct, kw_only=True):
    """A driver; `number` is the permanent one."""

    driver_id: str
    given_name: str
    family_name: str
    number: int | None = None
    code: str | None = None
    date_of_birth: str | None = None
    nationality: str | None = None
    url: str | None = None


class Constructor(msgspec.Struct, kw_only=True):
    """A team."""

    constructor_id: str
    name: str
    nationality: str | None = None
    url: str | None = None


class Circuit(msgspec.Struct, kw_only=True):
    """A circuit; latitude and longitude in degrees, as text."""

    circuit_id: str
    name: str
    locality: str
    country: str
    latitude: str
    longitude: str
    url: str | None = None


class Session(msgspec.Struct):
    """The start of a weekend's session, in UTC: `2024-05-25` and `14:00:00Z`."""

    date: str
    time: str | None = None


class Race(msgspec.Struct, kw_only=True):
    """A race of the schedule. `sessions` have the service's names: Qualifying, Sprint, ..."""

    season: int
    round: int
    name: str
    circuit_id: str
    date: str
    time: str | None = None
    url: str | None = None
    sessions: dict[str, Session] = {}

    @property
    def starts_at(self) -> datetime:
        """When the race starts; midnight if no time is known."""
        return _moment(self.date, self.time)


class Result(msgspec.Struct, kw_only=True):
    """A driver's result in a race or sprint; `time` is the winner's, or the gap to it."""

    driver_id: str
    constructor_id: str
    number: str
    position: int | None
    position_text: str
    points: float
    grid: int | None
    laps: int | None
    status: str
    time: str | None = None
    race_millis: int | None = None
    fastest_lap: int | None = None
    fastest_rank: int | None = None
    fastest_time: str | None = None
    fastest_speed: str | None = None


class Qualifying(msgspec.Struct, kw_only=True):
    """A driver's qualifying; an empty text: participation without a time."""

    driver_id: str
    constructor_id: str
    number: str
    position: int
    q1: str | None = None
    q2: str | None = None
    q3: str | None = None


class Lap(msgspec.Struct):
    """One lap of one driver."""

    driver_id: str
    lap: int
    position: int | None
    time: str | None

    @property
    def millis(self) -> int | None:
        """The lap time in milliseconds."""
        return millis(self.time)


class PitStop(msgspec.Struct):
    """One stop; `local_time` is the time of day at the circuit."""

    driver_id: str
    stop: int
    lap: int
    local_time: str
    duration: str | None

    @property
    def millis(self) -> int | None:
        """The duration in milliseconds."""
        return millis(self.duration)


class DriverStanding(msgspec.Struct, kw_only=True):
    """A driver's place in the championship after a race; no position: not classified."""

    driver_id: str
    constructor_ids: list[str]
    position: int | None
    position_text: str
    points: float
    wins: int


class ConstructorStanding(msgspec.Struct, kw_only=True):
    """A constructor's place in the championship after a race."""

    constructor_id: str
    position: int | None
    position_text: str
    points: float
    wins: int


class Weekend(msgspec.Struct, kw_only=True):
    """A race weekend, with each list in the service's order."""

    race: Race
    results: list[Result] = []
    sprint: list[Result] = []
    qualifying: list[Qualifying] = []
    laps: list[Lap] = []
    pit_stops: list[PitStop] = []
    driver_standings: list[DriverStanding] = []
    constructor_standings: list[ConstructorStanding] = []

    def sort(self) -> None:
        """Sort the rows in the service's order, which is not total: ties are not changed."""
        last = 10_000
        self.laps.sort(key=lambda row: (row.lap, row.position or last))
        self.pit_stops.sort(key=lambda row: row.local_time)
        for results in (self.results, self.sprint):
            results.sort(key=lambda row: row.position or last)
        self.qualifying.sort(key=lambda row: row.position)


@built
class Dataset(msgspec.Struct, kw_only=True):
    """Seasons, weekends in order, and by id their drivers, constructors, circuits and statuses."""

    seasons: dict[int, str | None] = {}
    drivers: dict[str, Driver] = {}
    constructors: dict[str, Constructor] = {}
    circuits: dict[str, Circuit] = {}
    statuses: dict[int, str] = {}
    weekends: list[Weekend] = []

    def weekend(self, season: int, number: int) -> Weekend:
        """The weekend of a round.

        Raises:
            KeyError: there is none.
        """
        for weekend in self.weekends:
            if (weekend.race.season, weekend.race.round) == (season, number):
                return weekend
        raise KeyError((season, number))

    def season(self, year: int) -> list[Weekend]:
        """The weekends of a season, by round."""
        return [weekend for weekend in self.weekends if weekend.race.season == year]

    def count(self, resource: str) -> int:
        """Number of rows of one kind in all weekends: laps, pit_stops, results, sprint, ..."""
        return sum(len(getattr(weekend, resource)) for weekend in self.weekends)

    def copy(self) -> "Dataset":
        """A deep copy, which can be corrected without changing the original."""
        return msgspec.json.decode(msgspec.json.encode(self), type=Dataset)


def merge(datasets: Iterable[Dataset]) -> Dataset:
    """Several datasets as one; shared entries are taken from the last."""
    merged = Dataset()
    for part in datasets:
        merged.seasons |= part.seasons
        merged.drivers |= part.drivers
        merged.constructors |= part.constructors
        merged.circuits |= part.circuits
        merged.statuses |= part.statuses
        merged.weekends += part.weekends
    merged.weekends.sort(key=lambda weekend: (weekend.race.season, weekend.race.round))
    return merged


def _moment(date: str, time: str | None) -> datetime:
    return datetime.fromisoformat(f"{date}T{(time or '00:00:00Z').rstrip('Z')}").replace(tzinfo=UTC)
