"""Since when a source answers HTTP 429 only; runs that S3 refused have an outcome of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0111"
down_revision = "0110"


def upgrade() -> None:
    """Add a column that older programs leave null."""
    op.add_column(
        "budgets",
        sa.Column(
            "limited_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="since when each answer is HTTP 429; null: the last one was not",
        ),
    )
    op.alter_column(
        "ingest_runs",
        "outcome",
        comment="succeeded, failed, source_unavailable, store_unavailable, stopped",
        existing_type=sa.Text(),
        existing_comment="succeeded, failed, source_unavailable, stopped",
    )
