"""Which entries of a race took its start."""

import sqlalchemy as sa
from alembic import op

revision = "0107"
down_revision = "0106"

_STARTED = """CASE
    WHEN laps > 0 THEN true
    WHEN position_text IN ('W', 'F', 'E') THEN false
    WHEN lower(status) IN (
        'did not start', 'did not qualify', 'did not prequalify', '107% rule'
    ) THEN false
    ELSE true
END"""


def upgrade() -> None:
    """Add a column that Postgres computes: older programs neither write nor read it."""
    for table in ("results", "sprint_results"):
        op.add_column(
            table,
            sa.Column(
                "started",
                sa.Boolean(),
                sa.Computed(_STARTED, persisted=True),
                nullable=False,
                comment="derived: false for an entry that did not take the start",
            ),
        )
