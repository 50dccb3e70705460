"""What answers where a number is from, and what a correction changed: see docs/adr/0011.

Filled by the worker as it processes captures; those of an older program are processed again.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0102"
down_revision = "0101"


def upgrade() -> None:
    """Add columns."""
    columns: dict[str, list[sa.Column[Any]]] = {
        "captures": [
            sa.Column(
                "header",
                pg.JSONB(),
                nullable=True,
                comment="of the raw object, as it is there; null: unreadable",
            ),
            sa.Column(
                "pages",
                pg.JSONB(),
                nullable=True,
                comment="url, sha256, bytes, ... of each page; null: unreadable",
            ),
        ],
        "slice_captures": [
            sa.Column(
                "lines",
                sa.Text(),
                nullable=True,
                comment="canonical rows; null: of a time when they were not kept",
            ),
            sa.Column(
                "applied",
                sa.Text(collation="C"),
                nullable=True,
                comment="with this capture the rows became those of that one, ...",
            ),
            sa.Column(
                "replaced",
                sa.Text(collation="C"),
                nullable=True,
                comment="... and had been those of that one; null: of none",
            ),
        ],
        "installation": [
            sa.Column(
                "bucket",
                sa.Text(),
                nullable=True,
                comment="that was swept: where the raw objects are",
            ),
        ],
    }
    for table, added in columns.items():
        for column in added:
            op.add_column(table, column)
