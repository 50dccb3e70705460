"""In which order the source lists those who share a place in a championship, or have none."""

import sqlalchemy as sa
from alembic import op

revision = "0110"
down_revision = "0109"


def upgrade() -> None:
    """Add a column that older programs leave null."""
    for table in ("driver_standings", "constructor_standings"):
        op.add_column(
            table,
            sa.Column(
                "tie_order",
                sa.Integer(),
                nullable=True,
                comment="among rows that share a position or have none, as the source lists them",
            ),
        )
