"""Who took part in a session of qualifying and set no time: Jolpica has it as an empty text."""

import sqlalchemy as sa
from alembic import op

revision = "0104"
down_revision = "0103"


def upgrade() -> None:
    """Add a column that older programs leave null."""
    op.add_column(
        "qualifying",
        sa.Column(
            "parts",
            sa.Integer(),
            nullable=True,
            comment="how many of Q1, Q2, Q3 the driver took part in, where the last has no time",
        ),
    )
