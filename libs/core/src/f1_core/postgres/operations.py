"""Tables of the programs' work, which a replay cannot rebuild: runs, budgets, leases, keys."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from f1_core.postgres.columns import Key, TimestampUTC, metadata

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
