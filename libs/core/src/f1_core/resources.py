"""The resources: kinds of data that a source has about a race or a season.

Ingest fetches them, the worker writes their rows, the API serves them; other lists of resources
derive from this one. A test compares the CRD and the tables with it.
"""

from typing import NamedTuple

FIRST_SEASON = 1950


class Resource(NamedTuple):
    """One resource.

    Attributes:
        name: in captures, in the ledger and in a Season: `pitstops`.
        title: in a sentence: `pit stops`.
        table: in Postgres.
        columns: of a row, after the race and possibly the session; those of the key come first.
        key: how many of the columns are the key, within one session of one race.
        identity: the columns that show which row of another capture is the same row, corrected;
            of two columns, the second is `numbered`.
        sessions: that have it; sources provide it at least for the first.
        since: the first season for which a source has it.
        usual_rows: of a race without captured rows, or of a season's schedule.
        most_rows: more than twice what any race or season has.
    """

    name: str
    title: str
    table: str
    columns: tuple[str, ...]
    key: int
    identity: tuple[str, ...] = ("driver_id",)
    sessions: tuple[str, ...] = ("race",)
    since: int = FIRST_SEASON
    usual_rows: int = 20
    most_rows: int = 200

    @property
    def session(self) -> str:
        """The session for which sources provide it."""
        return self.sessions[0]

    @property
    def has_session(self) -> bool:
        """Whether its rows name their session."""
        return len(self.sessions) > 1

    @property
    def numbered(self) -> str | None:
        """The column that numbers a driver's rows from 1 on without gaps; None: there is none."""
        return self.identity[1] if len(self.identity) > 1 else None

    @property
    def sprint_only(self) -> bool:
        """Whether only weekends with a sprint have it."""
        return self.sessions == ("sprint",)


_RESULT = (
    "driver_id", "number", "position_text", "constructor_id", "position", "points", "grid", "laps",
    "status", "time_ms", "time", "fastest_lap_rank", "fastest_lap", "fastest_lap_time_ms",
    "fastest_lap_speed_kph",
)  # fmt: skip
_STANDING = ("position", "position_text", "points", "wins")

SCHEDULE = Resource(
    "schedule",
    "schedule",
    "races",
    ("round", "name", "circuit_id", "date", "time", "url", "sessions"),
    key=1,
    identity=("circuit_id",),
)
"""A season's races, without their ids."""

OF_A_RACE = (
    Resource("results", "results", "results", _RESULT, key=3),
    Resource(
        "qualifying",
        "qualifying",
        "qualifying",
        ("driver_id", "number", "constructor_id", "position", "q1_ms", "q2_ms", "q3_ms", "parts"),
        key=2,
        sessions=("qualifying",),
        since=1994,
    ),
    Resource("sprint", "sprint results", "sprint_results", _RESULT, key=3, sessions=("sprint",)),
    Resource(
        "pitstops",
        "pit stops",
        "pit_stops",
        ("driver_id", "stop", "lap", "local_time", "duration_ms", "duration"),
        key=2,
        identity=("driver_id", "stop"),
        sessions=("race", "sprint"),
        since=2011,
        usual_rows=45,
        most_rows=1000,
    ),
    Resource(
        "driverstandings",
        "drivers' standings",
        "driver_standings",
        ("driver_id", *_STANDING, "constructor_ids", "tie_order"),
        key=1,
        most_rows=500,
    ),
    Resource(
        "constructorstandings",
        "constructors' standings",
        "constructor_standings",
        ("constructor_id", *_STANDING, "tie_order"),
        key=1,
        identity=("constructor_id",),
        since=1958,
    ),
    Resource(
        "laps",
        "lap times",
        "lap_times",
        ("driver_id", "lap", "position", "time_ms"),
        key=2,
        identity=("driver_id", "lap"),
        sessions=("race", "sprint"),
        since=1996,
        usual_rows=1100,
        most_rows=5000,
    ),
)
"""Those of a race, in the order of fetching: the earliest published and cheapest first."""

RESOURCES = {resource.name: resource for resource in (SCHEDULE, *OF_A_RACE)}
"""All by name."""
