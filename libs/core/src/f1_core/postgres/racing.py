"""Tables of races: reference data, the rows of slices, and figures computed from them."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from f1_core.postgres.columns import (
    Key,
    constructor_key,
    driver_key,
    metadata,
    precedence,
    race_key,
)

# --- reference data: rows are replaced by precedence, never deleted -------------------------------

drivers = sa.Table(
    "drivers",
    metadata,
    sa.Column("driver_id", Key, primary_key=True),
    sa.Column("number", sa.Integer, comment="permanent number"),
    sa.Column("code", sa.Text),
    sa.Column("given_name", sa.Text),
    sa.Column("family_name", sa.Text),
    sa.Column("date_of_birth", sa.Date),
    sa.Column("nationality", sa.Text),
    sa.Column("url", sa.Text),
    precedence(),
)

constructors = sa.Table(
    "constructors",
    metadata,
    sa.Column("constructor_id", Key, primary_key=True),
    sa.Column("name", sa.Text),
    sa.Column("nationality", sa.Text),
    sa.Column("url", sa.Text),
    precedence(),
)

circuits = sa.Table(
    "circuits",
    metadata,
    sa.Column("circuit_id", Key, primary_key=True),
    sa.Column("name", sa.Text),
    sa.Column("locality", sa.Text),
    sa.Column("country", sa.Text),
    sa.Column("latitude", sa.Float),
    sa.Column("longitude", sa.Float),
    sa.Column("url", sa.Text),
    precedence(),
)

seasons = sa.Table(
    "seasons",
    metadata,
    sa.Column("season", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("url", sa.Text),
    precedence(),
)

races = sa.Table(
    "races",
    metadata,
    sa.Column("race_id", Key, primary_key=True),
    sa.Column("season", sa.Integer, sa.ForeignKey("seasons.season"), nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("circuit_id", Key, sa.ForeignKey("circuits.circuit_id"), nullable=False),
    sa.Column("date", sa.Date, nullable=False),
    sa.Column("time", sa.Text, comment="UTC start as the source gives it, 13:00:00Z"),
    sa.Column("url", sa.Text),
    sa.Column(
        "sessions",
        pg.JSONB,
        nullable=False,
        server_default=sa.text("'{}'::jsonb"),
        comment='the weekend: {"Qualifying": {"date": "2024-05-25", "time": "14:00:00Z"}, ...}',
    ),
    # Deferrable, because several statements renumber the others after a cancelled race.
    sa.UniqueConstraint("season", "round", deferrable=True, initially="DEFERRED"),
)

# --- rows of one slice: replaced as a whole ------------------------------------------------------

lap_times = sa.Table(
    "lap_times",
    metadata,
    race_key(primary_key=True),
    sa.Column("session", sa.Text, primary_key=True, comment="race or sprint"),
    driver_key(primary_key=True),
    sa.Column("lap", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer),
    sa.Column("time_ms", sa.Integer, comment="null when the source has no time for the lap"),
    sa.Index("lap_times_race_id_driver_id_idx", "race_id", "driver_id"),
)

pit_stops = sa.Table(
    "pit_stops",
    metadata,
    race_key(primary_key=True),
    sa.Column("session", sa.Text, primary_key=True),
    driver_key(primary_key=True),
    sa.Column("stop", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("lap", sa.Integer, nullable=False),
    sa.Column("local_time", sa.Text, comment="time of day at the circuit, 14:19:22"),
    sa.Column("duration_ms", sa.Integer, comment="null when the source has no duration"),
    sa.Column("duration", sa.Text, comment="as the source wrote it: 25.636, 40:55.302, or empty"),
)


STARTED = """CASE
    WHEN laps > 0 THEN true
    WHEN position_text IN ('W', 'F', 'E') THEN false
    WHEN lower(status) IN (
        'did not start', 'did not qualify', 'did not prequalify', '107% rule'
    ) THEN false
    ELSE true
END"""
"""Whether an entry took the start, according to the sources' rows.

* A driver who completed a lap started, whatever the other columns are (Lauda withdrew from a race
  that he had started).
* W is withdrawn before the start, also where the status is the reason (Engine, Injury); F is did
  not qualify or did not prequalify; E is excluded before the race. Jolpica writes its own statuses
  30 ("withdrawn or did not start") as W, 40 and 41 as F.
* The same statuses as text count with any letter.
* All others started. D is a start even without a lap: archives have 0 laps for drivers who were
  disqualified after races of 2024 and later.
"""


def _result_columns() -> list[sa.Column[Any]]:
    # A driver may have two results in one race (shared cars of the 1950s): the car's number and
    # the classification are part of the key.
    return [
        race_key(primary_key=True),
        driver_key(primary_key=True),
        sa.Column("number", sa.Text, primary_key=True, comment="the car's; empty if unknown"),
        sa.Column("position_text", sa.Text, primary_key=True, comment="1, R, D, W, F, E, N"),
        constructor_key(),
        sa.Column("position", sa.Integer, comment="order of classification"),
        sa.Column("points", sa.Numeric, nullable=False),
        sa.Column("grid", sa.Integer),
        sa.Column("laps", sa.Integer),
        sa.Column("status", sa.Text),
        sa.Column("time_ms", sa.BigInteger),
        sa.Column("time", sa.Text, comment="1:32:03.897 or the gap, +0.745"),
        sa.Column("fastest_lap_rank", sa.Integer),
        sa.Column("fastest_lap", sa.Integer),
        sa.Column("fastest_lap_time_ms", sa.Integer),
        sa.Column("fastest_lap_speed_kph", sa.Numeric),
        sa.Column(
            "started",
            sa.Boolean,
            sa.Computed(STARTED, persisted=True),
            nullable=False,
            comment="derived: false for an entry that did not take the start",
        ),
    ]


results = sa.Table(
    "results", metadata, *_result_columns(), sa.Index("results_driver_id_idx", "driver_id")
)
sprint_results = sa.Table(
    "sprint_results",
    metadata,
    *_result_columns(),
    sa.Index("sprint_results_driver_id_idx", "driver_id"),
)

qualifying = sa.Table(
    "qualifying",
    metadata,
    race_key(primary_key=True),
    driver_key(primary_key=True),
    sa.Column("number", sa.Text, primary_key=True),
    constructor_key(),
    sa.Column("position", sa.Integer),
    sa.Column("q1_ms", sa.Integer),
    sa.Column("q2_ms", sa.Integer),
    sa.Column("q3_ms", sa.Integer),
    sa.Column(
        "parts",
        sa.Integer,
        comment="how many of Q1, Q2, Q3 the driver took part in, where the last has no time",
    ),
)


def _tie_order() -> sa.Column[int]:
    return sa.Column(
        "tie_order",
        sa.Integer,
        comment="among rows that share a position or have none, as the source lists them",
    )


driver_standings = sa.Table(
    "driver_standings",
    metadata,
    race_key(primary_key=True),
    driver_key(primary_key=True),
    sa.Column("position", sa.Integer),
    sa.Column("position_text", sa.Text),
    sa.Column("points", sa.Numeric, nullable=False),
    sa.Column("wins", sa.Integer, nullable=False),
    sa.Column("constructor_ids", pg.ARRAY(sa.Text), nullable=False),
    _tie_order(),
)

constructor_standings = sa.Table(
    "constructor_standings",
    metadata,
    race_key(primary_key=True),
    sa.Column(
        "constructor_id",
        Key,
        sa.ForeignKey("constructors.constructor_id"),
        primary_key=True,
    ),
    sa.Column("position", sa.Integer),
    sa.Column("position_text", sa.Text),
    sa.Column("points", sa.Numeric, nullable=False),
    sa.Column("wins", sa.Integer, nullable=False),
    _tie_order(),
)

aggregations = sa.Table(
    "aggregations",
    metadata,
    race_key(primary_key=True),
    sa.Column("session", sa.Text, primary_key=True),
    driver_key(primary_key=True),
    # null: never captured; 0: captured, and there were none.
    sa.Column("laps", sa.Integer, comment="laps with a row"),
    sa.Column("timed_laps", sa.Integer, comment="laps with a time; the average is over these"),
    sa.Column("total_ms", sa.BigInteger),
    sa.Column("average_lap_ms", sa.Float, comment="total_ms / timed_laps"),
    sa.Column("fastest_lap_ms", sa.Integer),
    sa.Column("fastest_lap", sa.Integer, comment="the first lap that was this fast"),
    sa.Column("pit_stops", sa.Integer),
    sa.Column("pit_time_ms", sa.BigInteger),
    sa.Index("aggregations_driver_id_idx", "driver_id"),
)
