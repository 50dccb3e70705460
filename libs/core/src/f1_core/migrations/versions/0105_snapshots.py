"""Which state of a season lies in S3 as Parquet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0105"
down_revision = "0104"


def upgrade() -> None:
    """Add it; older programs write no snapshots."""
    op.create_table(
        "snapshots",
        sa.Column("season", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "fingerprint",
            sa.Text(),
            nullable=True,
            comment="of what the files are made of; null: there was nothing, and there are none",
        ),
        sa.Column(
            "files",
            pg.JSONB(),
            nullable=False,
            comment='{"lap_times": {"rows": 24497, "bytes": 81234, "sha256": "..."}, ...}',
        ),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("season", name=op.f("snapshots_pkey")),
    )
