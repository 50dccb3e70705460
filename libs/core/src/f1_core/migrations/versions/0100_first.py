"""The schema of the first release.

Revisions are four digits; see f1_core.postgres.database.check_schema for what they mean.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0100"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    op.execute(sa.schema.CreateSequence(sa.Sequence("capture_order", data_type=sa.BigInteger)))
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Text(), nullable=False, comment="public half, shown in listings"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("api_keys_pkey")),
    )
    op.create_table(
        "budget_claims",
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "claimant", sa.Text(), nullable=False, comment="poll, or the season taking turns"
        ),
        sa.Column("reserved", sa.Integer(), nullable=False, comment="pages of a half-read capture"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alive_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("budget_claims_pkey")),
    )
    op.create_table(
        "budget_requests",
        sa.Column("request_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("claimant", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "counts_until",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="end of its sliding hour",
        ),
        sa.Column(
            "burst_until",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="end of its sliding second",
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("budget_requests_pkey")),
    )
    op.create_index(
        "budget_requests_source_counts_until_idx",
        "budget_requests",
        ["source", "counts_until"],
        unique=False,
    )
    op.create_table(
        "budgets",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "opens_at", sa.DateTime(timezone=True), nullable=False, comment="no request before this"
        ),
        sa.PrimaryKeyConstraint("source", name=op.f("budgets_pkey")),
    )
    op.create_table(
        "captures",
        sa.Column("capture_key", sa.Text(collation="C"), nullable=False, comment="the S3 key"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column(
            "season", sa.Integer(), nullable=True, comment="null: an archive of many seasons"
        ),
        sa.Column(
            "round",
            sa.Integer(),
            nullable=True,
            comment="as the source numbered it then; null: a whole season",
        ),
        sa.Column("capture_order", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=True,
            comment="why held, quarantined or waiting, for a person",
        ),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "not_before",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="back-off after a failed attempt",
        ),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "parser_version",
            sa.Integer(),
            nullable=True,
            comment="of the parser that read it last",
        ),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column(
            "expected", sa.Integer(), nullable=True, comment="the total that the source promised"
        ),
        sa.Column(
            "requests", sa.Integer(), nullable=True, comment="that the fetch cost, retries included"
        ),
        sa.Column(
            "announced_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'processing', 'processed', "
            "'unchanged', 'superseded', 'held', 'quarantined')",
            name=op.f("captures_state_check"),
        ),
        sa.PrimaryKeyConstraint("capture_key", name=op.f("captures_pkey")),
    )
    op.create_index(
        "captures_open_idx",
        "captures",
        [
            sa.text("(resource <> 'schedule')"),
            sa.text("(resource <> 'archive')"),
            "capture_order",
        ],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'processing')"),
    )
    op.create_index(
        "captures_season_round_resource_idx",
        "captures",
        ["season", "round", "resource"],
        unique=False,
    )
    op.create_table(
        "circuits",
        sa.Column("circuit_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("locality", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("precedence", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("circuit_id", name=op.f("circuits_pkey")),
    )
    op.create_table(
        "constructors",
        sa.Column("constructor_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("nationality", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("precedence", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("constructor_id", name=op.f("constructors_pkey")),
    )
    op.create_table(
        "decisions",
        sa.Column("capture_order", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="confirm, release or purge"),
        sa.Column(
            "capture_key", sa.Text(collation="C"), nullable=True, comment="of a confirm or release"
        ),
        sa.Column("season", sa.Integer(), nullable=True, comment="of a purge"),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("capture_order", name=op.f("decisions_pkey")),
    )
    op.create_table(
        "drivers",
        sa.Column("driver_id", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True, comment="permanent number"),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("given_name", sa.Text(), nullable=True),
        sa.Column("family_name", sa.Text(), nullable=True),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("nationality", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("precedence", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("driver_id", name=op.f("drivers_pkey")),
    )
    op.create_table(
        "expectations",
        sa.Column("owner", sa.Text(), nullable=False, comment="a Season's uid, or cli"),
        sa.Column("generation", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("season", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "race_id", sa.Text(collation="C"), nullable=False, comment="empty: of the whole season"
        ),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=True),
        sa.Column(
            "planned_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint(
            "owner", "generation", "season", "race_id", "resource", name=op.f("expectations_pkey")
        ),
    )
    op.create_table(
        "fetch_leases",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("season", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "round", sa.Integer(), autoincrement=False, nullable=False, comment="0: the season"
        ),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "source", "season", "round", "resource", name=op.f("fetch_leases_pkey")
        ),
    )
    op.create_table(
        "ingest_runs",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="poll, backfill, round, import, plan"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("season", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Text(),
            nullable=True,
            comment="succeeded, failed, source_unavailable, stopped",
        ),
        sa.Column("captures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("requests", sa.Integer(), server_default="0", nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", name=op.f("ingest_runs_pkey")),
    )
    op.create_index("ingest_runs_started_at_idx", "ingest_runs", ["started_at"], unique=False)
    op.create_table(
        "installation",
        sa.Column("singleton", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=True, comment="null until the first capture"),
        sa.Column(
            "swept_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="end of the last full sweep over S3",
        ),
        sa.CheckConstraint("singleton", name=op.f("installation_singleton_check")),
        sa.PrimaryKeyConstraint("singleton", name=op.f("installation_pkey")),
    )
    op.create_table(
        "seasons",
        sa.Column("season", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("precedence", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("season", name=op.f("seasons_pkey")),
    )
    op.create_table(
        "races",
        sa.Column("race_id", sa.Text(collation="C"), nullable=False),
        sa.Column("season", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("circuit_id", sa.Text(collation="C"), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column(
            "time", sa.Text(), nullable=True, comment="UTC start as the source gives it, 13:00:00Z"
        ),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column(
            "sessions",
            pg.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment='the weekend: {"Qualifying": {"date": "2024-05-25", "time": "14:00:00Z"}, ...}',
        ),
        sa.ForeignKeyConstraint(
            ["circuit_id"], ["circuits.circuit_id"], name=op.f("races_circuit_id_fkey")
        ),
        sa.ForeignKeyConstraint(["season"], ["seasons.season"], name=op.f("races_season_fkey")),
        sa.PrimaryKeyConstraint("race_id", name=op.f("races_pkey")),
        sa.UniqueConstraint(
            "season",
            "round",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("races_season_round_key"),
        ),
    )
    op.create_table(
        "slice_captures",
        sa.Column("season", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "race_id", sa.Text(collation="C"), nullable=False, comment="empty: of the whole season"
        ),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("capture_key", sa.Text(collation="C"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("capture_order", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column(
            "content_hash", sa.LargeBinary(), nullable=False, comment="of canonical sorted rows"
        ),
        sa.Column(
            "races",
            pg.ARRAY(sa.Text()),
            nullable=True,
            comment="a schedule's: monaco 2024-05-26, sorted",
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["capture_key"],
            ["captures.capture_key"],
            name=op.f("slice_captures_capture_key_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "season",
            "race_id",
            "session",
            "resource",
            "capture_key",
            name=op.f("slice_captures_pkey"),
        ),
    )
    op.create_index(
        "slice_captures_capture_key_idx", "slice_captures", ["capture_key"], unique=False
    )
    op.create_table(
        "slices",
        sa.Column("season", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "race_id", sa.Text(collation="C"), nullable=False, comment="empty: of the whole season"
        ),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column(
            "capture_key",
            sa.Text(collation="C"),
            nullable=False,
            comment="the rows are made of this one",
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("capture_order", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="newest capture with these rows",
        ),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column(
            "expected", sa.Integer(), nullable=True, comment="the total that the source promised"
        ),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("parser_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["capture_key"], ["captures.capture_key"], name=op.f("slices_capture_key_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "season", "race_id", "session", "resource", name=op.f("slices_pkey")
        ),
    )
    op.create_table(
        "aggregations",
        sa.Column("race_id", sa.Text(collation="C"), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("driver_id", sa.Text(collation="C"), nullable=False),
        sa.Column("laps", sa.Integer(), nullable=True, comment="laps with a row"),
        sa.Column(
            "timed_laps",
            sa.Integer(),
            nullable=True,
            comment="laps with a time; the average is over these",
        ),
        sa.Column("total_ms", sa.BigInteger(), nullable=True),
        sa.Column("average_lap_ms", sa.Float(), nullable=True, comment="total_ms / timed_laps"),
        sa.Column("fastest_lap_ms", sa.Integer(), nullable=True),
        sa.Column(
            "fastest_lap", sa.Integer(), nullable=True, comment="the first lap that was this fast"
        ),
        sa.Column("pit_stops", sa.Integer(), nullable=True),
        sa.Column("pit_time_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["drivers.driver_id"], name=op.f("aggregations_driver_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["race_id"],
            ["races.race_id"],
            name=op.f("aggregations_race_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("race_id", "session", "driver_id", name=op.f("aggregations_pkey")),
    )
    op.create_index("aggregations_driver_id_idx", "aggregations", ["driver_id"], unique=False)
    op.create_table(
        "constructor_standings",
        sa.Column("race_id", sa.Text(collation="C"), nullable=False),
        sa.Column("constructor_id", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("position_text", sa.Text(), nullable=True),
        sa.Column("points", sa.Numeric(), nullable=False),
        sa.Column("wins", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["constructor_id"],
            ["constructors.constructor_id"],
            name=op.f("constructor_standings_constructor_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["race_id"],
            ["races.race_id"],
            name=op.f("constructor_standings_race_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "race_id", "constructor_id", name=op.f("constructor_standings_pkey")
        ),
    )
    op.create_table(
        "driver_standings",
        sa.Column("race_id", sa.Text(collation="C"), nullable=False),
        sa.Column("driver_id", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("position_text", sa.Text(), nullable=True),
        sa.Column("points", sa.Numeric(), nullable=False),
        sa.Column("wins", sa.Integer(), nullable=False),
        sa.Column("constructor_ids", pg.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["drivers.driver_id"], name=op.f("driver_standings_driver_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["race_id"],
            ["races.race_id"],
            name=op.f("driver_standings_race_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("race_id", "driver_id", name=op.f("driver_standings_pkey")),
    )
    op.create_table(
        "lap_times",
        sa.Column("race_id", sa.Text(collation="C"), nullable=False),
        sa.Column("session", sa.Text(), nullable=False, comment="race or sprint"),
        sa.Column("driver_id", sa.Text(collation="C"), nullable=False),
        sa.Column("lap", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column(
            "time_ms",
            sa.Integer(),
            nullable=True,
            comment="null when the source has no time for the lap",
        ),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["drivers.driver_id"], name=op.f("lap_times_driver_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["race_id"], ["races.race_id"], name=op.f("lap_times_race_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "race_id", "session", "driver_id", "lap", name=op.f("lap_times_pkey")
        ),
    )
    op.create_index(
        "lap_times_race_id_driver_id_idx", "lap_times", ["race_id", "driver_id"], unique=False
    )
    op.create_table(
        "pit_stops",
        sa.Column("race_id", sa.Text(collation="C"), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("driver_id", sa.Text(collation="C"), nullable=False),
        sa.Column("stop", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lap", sa.Integer(), nullable=False),
        sa.Column(
            "local_time", sa.Text(), nullable=True, comment="time of day at the circuit, 14:19:22"
        ),
        sa.Column(
            "duration_ms",
            sa.Integer(),
            nullable=True,
            comment="null when the source has no duration",
        ),
        sa.Column(
            "duration",
            sa.Text(),
            nullable=True,
            comment="as the source wrote it: 25.636, 40:55.302, or empty",
        ),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["drivers.driver_id"], name=op.f("pit_stops_driver_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["race_id"], ["races.race_id"], name=op.f("pit_stops_race_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "race_id", "session", "driver_id", "stop", name=op.f("pit_stops_pkey")
        ),
    )
    op.create_table(
        "qualifying",
        sa.Column("race_id", sa.Text(collation="C"), nullable=False),
        sa.Column("driver_id", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("constructor_id", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("q1_ms", sa.Integer(), nullable=True),
        sa.Column("q2_ms", sa.Integer(), nullable=True),
        sa.Column("q3_ms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["constructor_id"],
            ["constructors.constructor_id"],
            name=op.f("qualifying_constructor_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["drivers.driver_id"], name=op.f("qualifying_driver_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["race_id"], ["races.race_id"], name=op.f("qualifying_race_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("race_id", "driver_id", "number", name=op.f("qualifying_pkey")),
    )
    op.create_table(
        "results",
        sa.Column("race_id", sa.Text(collation="C"), nullable=False),
        sa.Column("driver_id", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="the car's; empty if unknown"),
        sa.Column("position_text", sa.Text(), nullable=False, comment="1, R, D, W, F, E, N"),
        sa.Column("constructor_id", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True, comment="order of classification"),
        sa.Column("points", sa.Numeric(), nullable=False),
        sa.Column("grid", sa.Integer(), nullable=True),
        sa.Column("laps", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("time_ms", sa.BigInteger(), nullable=True),
        sa.Column("time", sa.Text(), nullable=True, comment="1:32:03.897 or the gap, +0.745"),
        sa.Column("fastest_lap_rank", sa.Integer(), nullable=True),
        sa.Column("fastest_lap", sa.Integer(), nullable=True),
        sa.Column("fastest_lap_time_ms", sa.Integer(), nullable=True),
        sa.Column("fastest_lap_speed_kph", sa.Numeric(), nullable=True),
        sa.ForeignKeyConstraint(
            ["constructor_id"],
            ["constructors.constructor_id"],
            name=op.f("results_constructor_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["drivers.driver_id"], name=op.f("results_driver_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["race_id"], ["races.race_id"], name=op.f("results_race_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "race_id", "driver_id", "number", "position_text", name=op.f("results_pkey")
        ),
    )
    op.create_index("results_driver_id_idx", "results", ["driver_id"], unique=False)
    op.create_table(
        "sprint_results",
        sa.Column("race_id", sa.Text(collation="C"), nullable=False),
        sa.Column("driver_id", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="the car's; empty if unknown"),
        sa.Column("position_text", sa.Text(), nullable=False, comment="1, R, D, W, F, E, N"),
        sa.Column("constructor_id", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True, comment="order of classification"),
        sa.Column("points", sa.Numeric(), nullable=False),
        sa.Column("grid", sa.Integer(), nullable=True),
        sa.Column("laps", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("time_ms", sa.BigInteger(), nullable=True),
        sa.Column("time", sa.Text(), nullable=True, comment="1:32:03.897 or the gap, +0.745"),
        sa.Column("fastest_lap_rank", sa.Integer(), nullable=True),
        sa.Column("fastest_lap", sa.Integer(), nullable=True),
        sa.Column("fastest_lap_time_ms", sa.Integer(), nullable=True),
        sa.Column("fastest_lap_speed_kph", sa.Numeric(), nullable=True),
        sa.ForeignKeyConstraint(
            ["constructor_id"],
            ["constructors.constructor_id"],
            name=op.f("sprint_results_constructor_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["drivers.driver_id"], name=op.f("sprint_results_driver_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["race_id"],
            ["races.race_id"],
            name=op.f("sprint_results_race_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "race_id", "driver_id", "number", "position_text", name=op.f("sprint_results_pkey")
        ),
    )
    op.create_index("sprint_results_driver_id_idx", "sprint_results", ["driver_id"], unique=False)
