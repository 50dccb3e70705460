"""When a run was scheduled, and how large a budget is: so that people see what was promised."""

import sqlalchemy as sa
from alembic import op

revision = "0101"
down_revision = "0100"


def upgrade() -> None:
    """Add columns that may be null."""
    op.add_column(
        "ingest_runs",
        sa.Column(
            "scheduled_at",
            sa.DateTime(timezone=True),
            comment="by a CronJob; null: run by hand or a Season",
        ),
    )
    op.add_column(
        "budgets",
        sa.Column(
            "per_window",
            sa.Integer(),
            comment="requests, as the last process was set",
        ),
    )
    op.add_column(
        "budgets", sa.Column("window_s", sa.Float(), comment="how long that window is: an hour")
    )
