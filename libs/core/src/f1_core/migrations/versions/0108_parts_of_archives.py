"""What is wrong with parts of an archive, of which all others are applied."""

import sqlalchemy as sa
from alembic import op

revision = "0108"
down_revision = "0107"


def upgrade() -> None:
    """Add the columns; older programs leave them null."""
    op.add_column(
        "captures",
        sa.Column("notes", sa.Text(), comment="what is wrong with an archive, and costs no slice"),
    )
    op.add_column(
        "slice_captures",
        sa.Column(
            "refused", sa.Text(), comment="why its rows are no candidate, also after that ended"
        ),
    )
    op.add_column(
        "slice_captures",
        sa.Column("remark", sa.Text(), comment="what does not agree in rows that are believed"),
    )
