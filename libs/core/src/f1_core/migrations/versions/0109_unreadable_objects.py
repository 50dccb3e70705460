"""Objects in S3 that cannot be read, and captures whose raw object was changed."""

import sqlalchemy as sa
from alembic import op

revision = "0109"
down_revision = "0108"


def upgrade() -> None:
    """Add them; older programs pass such objects over in silence, and believe changed ones."""
    op.create_table(
        "unreadable_objects",
        sa.Column("object_key", sa.Text(collation="C"), nullable=False, comment="the S3 key"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "found_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
            comment="by the last sweep that met it",
        ),
        sa.PrimaryKeyConstraint("object_key", name=op.f("unreadable_objects_pkey")),
    )
    op.add_column(
        "captures",
        sa.Column(
            "changed",
            sa.Text(),
            nullable=True,
            comment="why the raw object is not the one that was read first; null: it is",
        ),
    )
