"""Limits of API keys, and what of them is used up."""

import sqlalchemy as sa
from alembic import op

revision = "0103"
down_revision = "0102"


def upgrade() -> None:
    """Add them; older programs know no limits."""
    op.add_column(
        "api_keys",
        sa.Column(
            "limit_requests", sa.Integer(), nullable=True, comment="null: as many as it likes"
        ),
    )
    op.add_column("api_keys", sa.Column("limit_window_s", sa.Integer(), nullable=True))
    op.create_table(
        "api_quotas",
        sa.Column(
            "subject", sa.Text(), nullable=False, comment="key/ID, or address/IP without a key"
        ),
        sa.Column(
            "ends_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="of the window that is counted",
        ),
        sa.Column(
            "taken", sa.Integer(), nullable=False, comment="requests leased to the API's processes"
        ),
        sa.PrimaryKeyConstraint("subject", name=op.f("api_quotas_pkey")),
    )
