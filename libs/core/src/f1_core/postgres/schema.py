"""The Postgres schema: the one description of every table, read by all programs and by Alembic.

Keys are derived from the data, so that a replay from S3 makes the same rows again:

* a driver, constructor or circuit is known by Ergast's text id (``max_verstappen``);
* a race is known by its season and circuit, ``2024-monaco``; the n-th race at the same circuit in
  one season, by date, ends in ``-n`` (``2020-silverstone-2``). Date and round are attributes:
  a moved or renumbered race keeps its id. See docs/adr/0003-race-identity.md.

Times are integer milliseconds. Text keys use the "C" collation: comparisons are byte-wise,
quicker, and sort the same on every machine.

``precedence`` orders two captures that say something of the same thing: the better source first,
then the newer capture (see :mod:`f1_core.sources`).
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

Key = sa.Text(collation="C")
TimestampUTC = sa.DateTime(timezone=True)


def _race(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(
        "race_id",
        Key,
        sa.ForeignKey("races.race_id", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
    )


def _driver(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(
        "driver_id",
        Key,
        sa.ForeignKey("drivers.driver_id"),
        nullable=False,
        primary_key=primary_key,
    )


def _constructor() -> sa.Column[str]:
    return sa.Column(
        "constructor_id", Key, sa.ForeignKey("constructors.constructor_id"), nullable=False
    )


def _precedence() -> sa.Column[int]:
    return sa.Column("precedence", sa.BigInteger, nullable=False, server_default="0")


# --- reference data: rows are guarded by precedence, never deleted -------------------------------

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
    _precedence(),
)

constructors = sa.Table(
    "constructors",
    metadata,
    sa.Column("constructor_id", Key, primary_key=True),
    sa.Column("name", sa.Text),
    sa.Column("nationality", sa.Text),
    sa.Column("url", sa.Text),
    _precedence(),
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
    _precedence(),
)

seasons = sa.Table(
    "seasons",
    metadata,
    sa.Column("season", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("url", sa.Text),
    _precedence(),
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
    # Deferrable, because a cancelled race renumbers the others in one statement after another.
    sa.UniqueConstraint("season", "round", deferrable=True, initially="DEFERRED"),
)

# --- rows of one slice: replaced whole -----------------------------------------------------------

lap_times = sa.Table(
    "lap_times",
    metadata,
    _race(primary_key=True),
    sa.Column("session", sa.Text, primary_key=True, comment="race or sprint"),
    _driver(primary_key=True),
    sa.Column("lap", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer),
    sa.Column("time_ms", sa.Integer, comment="null when the source has no time for the lap"),
    sa.Index("lap_times_race_id_driver_id_idx", "race_id", "driver_id"),
)

pit_stops = sa.Table(
    "pit_stops",
    metadata,
    _race(primary_key=True),
    sa.Column("session", sa.Text, primary_key=True),
    _driver(primary_key=True),
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
"""Whether an entry took the start, by what the sources say.

* A driver who completed a lap started, whatever else the row says (Lauda withdrew from a race that
  he had started).
* W is withdrawn before the start, also where the status is the reason (Engine, Injury); F is did
  not qualify or did not prequalify; E is excluded before the race. Jolpica writes its own statuses
  30 ("withdrawn or did not start") as W, 40 and 41 as F.
* The same statuses as text, whatever the letter.
* All others started. D is a start without a lap, too: archives have 0 laps of drivers who were
  disqualified after races of 2024 and later.
"""


def _result_columns() -> list[sa.Column[Any]]:
    # A driver may have two results in one race (shared cars of the 1950s): the car's number and
    # the classification are part of the key.
    return [
        _race(primary_key=True),
        _driver(primary_key=True),
        sa.Column("number", sa.Text, primary_key=True, comment="the car's; empty if unknown"),
        sa.Column("position_text", sa.Text, primary_key=True, comment="1, R, D, W, F, E, N"),
        _constructor(),
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
    _race(primary_key=True),
    _driver(primary_key=True),
    sa.Column("number", sa.Text, primary_key=True),
    _constructor(),
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
    _race(primary_key=True),
    _driver(primary_key=True),
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
    _race(primary_key=True),
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
    _race(primary_key=True),
    sa.Column("session", sa.Text, primary_key=True),
    _driver(primary_key=True),
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

# --- the ledger: what was captured, what became of it, and what each slice is built from ---------

CAPTURE_STATES = (
    "pending",  # waits for a worker
    "processing",  # a worker has it, under a lease
    "processed",  # at least one slice is built from it
    "unchanged",  # newest, and the same rows as the capture before it
    "superseded",  # a better one is applied, or a person dismissed it
    "held",  # suspiciously empty or small: waits for a second one or a person
    "quarantined",  # failed validation; `reason` says why
)

captures = sa.Table(
    "captures",
    metadata,
    sa.Column("capture_key", Key, primary_key=True, comment="the S3 key"),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("resource", sa.Text, nullable=False),
    sa.Column("season", sa.Integer, comment="null: an archive of many seasons"),
    sa.Column("round", sa.Integer, comment="as the source numbered it then; null: a whole season"),
    sa.Column("capture_order", sa.BigInteger, nullable=False),
    sa.Column("fetched_at", TimestampUTC, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="pending"),
    sa.Column("reason", sa.Text, comment="why held, quarantined or waiting, for a person"),
    sa.Column("refused", sa.Text, comment="why it failed validation, also after that was settled"),
    sa.Column("notes", sa.Text, comment="what is wrong with an archive, and costs no slice"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("not_before", TimestampUTC, comment="back-off after a failed attempt"),
    sa.Column("lease_owner", sa.Text),
    sa.Column("lease_expires_at", TimestampUTC),
    sa.Column("parser_version", sa.Integer, comment="of the parser that read it last"),
    sa.Column("rows", sa.Integer),
    sa.Column("expected", sa.Integer, comment="the total that the source promised"),
    sa.Column("requests", sa.Integer, comment="that the fetch cost, retries included"),
    sa.Column("header", pg.JSONB, comment="of the raw object, as it is there; null: unreadable"),
    sa.Column("pages", pg.JSONB, comment="url, sha256, bytes, ... of each page; null: unreadable"),
    sa.Column("announced_at", TimestampUTC, nullable=False, server_default=sa.func.now()),
    sa.Column("finished_at", TimestampUTC),
    sa.Column(
        "changed",
        sa.Text,
        comment="why the raw object is not the one that was read first; null: it is",
    ),
    sa.CheckConstraint(sa.column("state").in_(CAPTURE_STATES), name="state"),
    # What a worker looks for, in the order in which it takes it: schedules, archives, the rest.
    # Small, since most captures are done.
    sa.Index(
        "captures_open_idx",
        sa.text("(resource <> 'schedule')"),
        sa.text("(resource <> 'archive')"),
        "capture_order",
        postgresql_where=sa.text("state IN ('pending', 'processing')"),
    ),
    sa.Index("captures_season_round_resource_idx", "season", "round", "resource"),
)


def _slice_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("season", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("race_id", Key, primary_key=True, comment="empty: of the whole season"),
        sa.Column("session", sa.Text, primary_key=True),
        sa.Column("resource", sa.Text, primary_key=True),
    ]


slice_captures = sa.Table(
    "slice_captures",
    metadata,
    *_slice_columns(),  # race_id "?monaco@2024-05-26": of no race that is in the schedule
    sa.Column(
        "capture_key",
        Key,
        sa.ForeignKey("captures.capture_key", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("capture_order", sa.BigInteger, nullable=False),
    sa.Column("fetched_at", TimestampUTC, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("content_hash", sa.LargeBinary, nullable=False, comment="of canonical sorted rows"),
    sa.Column("races", pg.ARRAY(sa.Text), comment="a schedule's: monaco 2024-05-26, sorted"),
    sa.Column("lines", sa.Text, comment="canonical rows; null: of a time when they were not kept"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("refused", sa.Text, comment="why its rows are no candidate, also after that ended"),
    sa.Column("remark", sa.Text, comment="what does not agree in rows that are believed"),
    sa.Column("applied", Key, comment="with this capture the rows became those of that one, ..."),
    sa.Column("replaced", Key, comment="... and had been those of that one; null: of none"),
    sa.Index("slice_captures_capture_key_idx", "capture_key"),
)

slices = sa.Table(
    "slices",
    metadata,
    *_slice_columns(),
    sa.Column(
        "capture_key",
        Key,
        sa.ForeignKey("captures.capture_key"),
        nullable=False,
        comment="the rows are made of this one",
    ),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("capture_order", sa.BigInteger, nullable=False),
    sa.Column("fetched_at", TimestampUTC, nullable=False),
    sa.Column("seen_at", TimestampUTC, nullable=False, comment="newest capture with these rows"),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("expected", sa.Integer, comment="the total that the source promised"),
    sa.Column("content_hash", sa.LargeBinary, nullable=False),
    sa.Column("parser_version", sa.Integer, nullable=False),
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("capture_order", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False, comment="confirm, release, dismiss or purge"),
    sa.Column("capture_key", Key, comment="of all but a purge"),
    sa.Column("season", sa.Integer, comment="of a purge"),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("decided_at", TimestampUTC, nullable=False),
    sa.Column("why", sa.Text),
)

capture_order = sa.Sequence("capture_order", metadata=metadata, data_type=sa.BigInteger)

# --- what replay cannot rebuild ------------------------------------------------------------------

installation = sa.Table(
    "installation",
    metadata,
    sa.Column("singleton", sa.Boolean, primary_key=True, server_default=sa.text("true")),
    sa.Column("synthetic", sa.Boolean, comment="null until the first capture"),
    sa.Column("swept_at", TimestampUTC, comment="end of the last full sweep over S3"),
    sa.Column("bucket", sa.Text, comment="that was swept: where the raw objects are"),
    sa.CheckConstraint("singleton", name="singleton"),
)

unreadable_objects = sa.Table(
    "unreadable_objects",
    metadata,
    sa.Column("object_key", Key, primary_key=True, comment="the S3 key"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("found_at", TimestampUTC, nullable=False, server_default=sa.func.now()),
    sa.Column(
        "seen_at",
        TimestampUTC,
        nullable=False,
        server_default=sa.func.now(),
        comment="by the last sweep that met it",
    ),
)

snapshots = sa.Table(
    "snapshots",
    metadata,
    sa.Column("season", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column(
        "fingerprint",
        sa.Text,
        comment="of what the files are made of; null: there was nothing, and there are none",
    ),
    sa.Column(
        "files",
        pg.JSONB,
        nullable=False,
        comment='{"lap_times": {"rows": 24497, "bytes": 81234, "sha256": "..."}, ...}',
    ),
    sa.Column("written_at", TimestampUTC, nullable=False),
)

expectations = sa.Table(
    "expectations",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True, comment="a Season's uid, or cli"),
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("season", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("race_id", Key, primary_key=True, comment="empty: of the whole season"),
    sa.Column("resource", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("round", sa.Integer),
    sa.Column("planned_at", TimestampUTC, nullable=False, server_default=sa.func.now()),
)

fetch_leases = sa.Table(
    "fetch_leases",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("season", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("round", sa.Integer, primary_key=True, autoincrement=False, comment="0: the season"),
    sa.Column("resource", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("expires_at", TimestampUTC, nullable=False),
)

ingest_runs = sa.Table(
    "ingest_runs",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False, comment="poll, backfill, round, import, plan"),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("season", sa.Integer),
    sa.Column("scheduled_at", TimestampUTC, comment="by a CronJob; null: run by hand or a Season"),
    sa.Column("started_at", TimestampUTC, nullable=False),
    sa.Column("finished_at", TimestampUTC),
    sa.Column(
        "outcome",
        sa.Text,
        comment="succeeded, failed, source_unavailable, store_unavailable, stopped",
    ),
    sa.Column("captures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("requests", sa.Integer, nullable=False, server_default="0"),
    sa.Column("detail", sa.Text),
    sa.Index("ingest_runs_started_at_idx", "started_at"),
)

budgets = sa.Table(
    "budgets",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("opens_at", TimestampUTC, nullable=False, comment="no request before this"),
    sa.Column("per_window", sa.Integer, comment="requests, as the last process was set"),
    sa.Column("window_s", sa.Float, comment="how long that window is: an hour"),
    sa.Column(
        "limited_since",
        TimestampUTC,
        comment="since when each answer is HTTP 429; null: the last one was not",
    ),
)

budget_requests = sa.Table(
    "budget_requests",
    metadata,
    sa.Column("request_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("claimant", sa.Text, nullable=False),
    sa.Column("granted_at", TimestampUTC, nullable=False),
    sa.Column("counts_until", TimestampUTC, nullable=False, comment="end of its sliding hour"),
    sa.Column("burst_until", TimestampUTC, nullable=False, comment="end of its sliding second"),
    sa.Index("budget_requests_source_counts_until_idx", "source", "counts_until"),
)

budget_claims = sa.Table(
    "budget_claims",
    metadata,
    sa.Column("claim_id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("claimant", sa.Text, nullable=False, comment="poll, or the season taking turns"),
    sa.Column("reserved", sa.Integer, nullable=False, comment="pages of a half-read capture"),
    sa.Column("since", TimestampUTC, nullable=False),
    sa.Column("alive_until", TimestampUTC, nullable=False),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("key_id", sa.Text, primary_key=True, comment="public half, shown in listings"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("secret_sha256", sa.LargeBinary, nullable=False),
    sa.Column("created_at", TimestampUTC, nullable=False, server_default=sa.func.now()),
    sa.Column("expires_at", TimestampUTC),
    sa.Column("revoked_at", TimestampUTC),
    sa.Column("limit_requests", sa.Integer, comment="null: as many as it likes"),
    sa.Column("limit_window_s", sa.Integer),
)

api_quotas = sa.Table(
    "api_quotas",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True, comment="key/ID, or address/IP without a key"),
    sa.Column("ends_at", TimestampUTC, nullable=False, comment="of the window that is counted"),
    sa.Column(
        "taken", sa.Integer, nullable=False, comment="requests leased to the API's processes"
    ),
)

REPLAYED = (
    drivers, constructors, circuits, seasons, races, lap_times, pit_stops, results,
    sprint_results, qualifying, driver_standings, constructor_standings, aggregations,
    captures, slice_captures, slices, decisions,
)  # fmt: skip
"""Tables that a sweep over S3 rebuilds row by row (of `captures`, all but the columns that tell
when and how often this database worked: attempts, lease, not_before, announced_at, finished_at)."""
