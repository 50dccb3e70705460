"""Why a capture failed validation, kept after a newer capture or a person settled it."""

import sqlalchemy as sa
from alembic import op

revision = "0106"
down_revision = "0105"


def upgrade() -> None:
    """Add the column, and the comments of decisions that can dismiss; older programs ignore it."""
    op.add_column(
        "captures",
        sa.Column(
            "refused", sa.Text(), comment="why it failed validation, also after that was settled"
        ),
    )
    op.execute("UPDATE captures SET refused = reason WHERE state = 'quarantined'")
    op.alter_column("decisions", "kind", comment="confirm, release, dismiss or purge")
    op.alter_column("decisions", "capture_key", comment="of all but a purge")
