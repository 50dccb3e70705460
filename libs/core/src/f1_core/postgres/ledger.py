"""Tables of the ledger: captures, their states, and the capture of each slice."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from f1_core.postgres.columns import (
    Key,
    TimestampUTC,
    metadata,
)

CAPTURE_STATES = (
    "pending",  # waits for a worker
    "processing",  # a worker has it, under a lease
    "processed",  # at least one slice is built from it
    "unchanged",  # newest, and the same rows as the capture before it
    "superseded",  # a better one is applied, or a person dismissed it
    "held",  # suspiciously empty or small: waits for a second capture or a person
    "quarantined",  # failed validation; see `reason`
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
    # The captures that a worker claims, in its order: schedules, archives, the rest.
    # The index is small, since most captures are done.
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
    *_slice_columns(),  # race_id "?monaco@2024-05-26": a race that is not in the schedule
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
