"""The datasets and their columns: the only description, used by both formats,
the documentation (docs/datasets.md) and the metadata of Parquet files.
"""

from typing import Literal, NamedTuple

Kind = Literal["int32", "int64", "float64", "text", "key", "keys", "date", "timestamp"]
"""``key``: a text with few distinct values, dictionary-encoded. ``keys``: a list of those.
``timestamp``: milliseconds in UTC; the database returns it as text."""


class Column(NamedTuple):
    """A column. `required`: never null."""

    name: str
    kind: Kind
    about: str
    unit: str | None = None
    required: bool = False


class Dataset:
    """A table.

    Attributes:
        resources: those that its rows are made of; it has a file once any of them was captured.
        columns: in the order of the query in `sql`.
    """

    def __init__(self, name: str, about: str, resources: tuple[str, ...], *columns: Column) -> None:
        self.name = name
        self.about = about
        self.resources = resources
        self.columns = columns


def _key(name: str, about: str) -> Column:
    return Column(name, "key", about, required=True)


def _time(name: str, about: str, kind: Kind = "int32") -> Column:
    return Column(name, kind, about, "ms")


def _session(name: str, of: str) -> Column:
    return Column(name, "timestamp", f"when {of} begins; null where no time is given", "UTC")


_SEASON = Column("season", "int32", "the year", required=True)
_ROUND = Column("round", "int32", "number of the race in the season, from 1", required=True)
_RACE_ID = _key("race_id", "`2024-monaco`; in `races`")
_RACE = (_SEASON, _ROUND, _RACE_ID)
_SESSION = _key("session", "`race` or `sprint`")
_DRIVER_ID = _key("driver_id", "in `drivers`")
_CONSTRUCTOR_ID = _key("constructor_id", "in `constructors`")
_NATIONALITY = Column("nationality", "text", "as the source writes it")
_URL = Column("url", "text", "link to an article")

_RESULT = (
    *_RACE,
    _DRIVER_ID,
    Column("number", "text", "the car's"),
    Column(
        "position_text",
        "text",
        "the position, or R retired, D disqualified, E excluded, W withdrawn, F not qualified, "
        "N not classified",
        required=True,
    ),
    _CONSTRUCTOR_ID,
    Column("position", "int32", "order of classification, with retired drivers at the end"),
    Column("points", "float64", "may have fractions: halves, thirds", required=True),
    Column("grid", "int32", "grid position; 0: start from the pit lane"),
    Column("laps", "int32", "completed laps, as counted by the source"),
    Column("status", "key", "Finished, +1 Lap, Engine, ..."),
    _time("time_ms", "from start to finish; only for drivers with all laps", "int64"),
    Column("time", "text", "as Jolpica writes it: 1:32:03.897, or the gap, +0.745, +1:06.004"),
    Column("fastest_lap_rank", "int32", "rank of the driver's fastest lap among all drivers"),
    Column("fastest_lap", "int32", "number of the driver's fastest lap"),
    _time("fastest_lap_time_ms", "time of that lap"),
    Column("fastest_lap_speed_kph", "float64", "average speed of that lap", "km/h"),
)
_STANDING = (
    Column("position", "int32", "position in the championship"),
    Column("position_text", "text", "the position, or the reason why there is none"),
    Column("points", "float64", "up to and including this race", required=True),
    Column("wins", "int32", "up to and including this race", required=True),
)
_OF_PEOPLE = ("results", "sprint", "qualifying", "laps", "pitstops", "driverstandings")

DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            "races",
            "The calendar",
            ("schedule",),
            _SEASON,
            _ROUND,
            Column("race_id", "text", "`2024-monaco`", required=True),
            Column("name", "text", "Monaco Grand Prix", required=True),
            Column("circuit_id", "text", "in `circuits`", required=True),
            Column("date", "date", "day of the race, at the circuit", required=True),
            _session("starts_at", "the race"),
            _session("first_practice_at", "first practice"),
            _session("second_practice_at", "second practice"),
            _session("third_practice_at", "third practice"),
            _session("qualifying_at", "qualifying"),
            _session("sprint_qualifying_at", "sprint qualifying, or the sprint shootout"),
            _session("sprint_at", "the sprint"),
            _URL,
        ),
        Dataset(
            "drivers",
            "Drivers of the season or race",
            _OF_PEOPLE,
            Column("driver_id", "text", "`max_verstappen`", required=True),
            Column("number", "int32", "permanent number"),
            Column("code", "text", "VER"),
            Column("given_name", "text", "Max"),
            Column("family_name", "text", "Verstappen"),
            Column("date_of_birth", "date", "day of birth"),
            _NATIONALITY,
            _URL,
        ),
        Dataset(
            "constructors",
            "Constructors of the season or race",
            (*_OF_PEOPLE[:3], "driverstandings", "constructorstandings"),
            Column("constructor_id", "text", "`red_bull`", required=True),
            Column("name", "text", "Red Bull"),
            _NATIONALITY,
            _URL,
        ),
        Dataset(
            "circuits",
            "Circuits of the season or race",
            ("schedule",),
            Column("circuit_id", "text", "`monaco`", required=True),
            Column("name", "text", "Circuit de Monaco"),
            Column("locality", "text", "Monte-Carlo"),
            Column("country", "text", "Monaco"),
            Column("latitude", "float64", "north is positive", "degrees"),
            Column("longitude", "float64", "east is positive", "degrees"),
            _URL,
        ),
        Dataset(
            "lap_times",
            "Every lap of every driver",
            ("laps",),
            *_RACE,
            _SESSION,
            _DRIVER_ID,
            Column("lap", "int32", "from 1", required=True),
            Column("position", "int32", "at the end of the lap"),
            _time("time_ms", "lap time; null where the source has none"),
        ),
        Dataset(
            "pit_stops",
            "Every pit stop of every driver",
            ("pitstops",),
            *_RACE,
            _SESSION,
            _DRIVER_ID,
            Column("stop", "int32", "number of the driver's stop, from 1", required=True),
            Column("lap", "int32", "lap of the stop", required=True),
            Column("local_time", "text", "time of day at the circuit, 14:19:22"),
            _time("duration_ms", "time in the pit lane; null where the source has none"),
            Column("duration", "text", "as the source writes it: 25.636, 40:55.302"),
        ),
        Dataset("results", "Classification of races", ("results",), *_RESULT),
        Dataset("sprint_results", "Classification of sprints", ("sprint",), *_RESULT),
        Dataset(
            "qualifying",
            "Qualifying sessions",
            ("qualifying",),
            *_RACE,
            _DRIVER_ID,
            Column("number", "text", "the car's"),
            _CONSTRUCTOR_ID,
            Column("position", "int32", "order of classification"),
            _time("q1_ms", "best lap of the first part"),
            _time("q2_ms", "best lap of the second part; null if the driver was not in it"),
            _time("q3_ms", "best lap of the third part; null if the driver was not in it"),
            Column("parts", "int32", "number of parts driven, if the last one has no time"),
        ),
        Dataset(
            "driver_standings",
            "Drivers' championship after each race",
            ("driverstandings",),
            *_RACE,
            _DRIVER_ID,
            Column(
                "constructor_ids", "keys", "constructors driven for up to this race", required=True
            ),
            *_STANDING,
        ),
        Dataset(
            "constructor_standings",
            "Constructors' championship after each race",
            ("constructorstandings",),
            *_RACE,
            _CONSTRUCTOR_ID,
            *_STANDING,
        ),
        Dataset(
            "aggregations",
            "Figures of each driver in each race and sprint, computed from laps and stops",
            ("laps", "pitstops"),
            *_RACE,
            _SESSION,
            _DRIVER_ID,
            Column("laps", "int32", "laps with a row; null: never captured"),
            Column("timed_laps", "int32", "laps with a time"),
            _time("total_ms", "sum of the timed laps", "int64"),
            Column("average_lap_ms", "float64", "total_ms / timed_laps", "ms"),
            _time("fastest_lap_ms", "shortest lap time"),
            Column("fastest_lap", "int32", "number of the first lap with this time"),
            Column("pit_stops", "int32", "number of stops; null: never captured, 0: none"),
            _time("pit_time_ms", "sum of the stops with a duration", "int64"),
        ),
    )
}
"""By name."""
