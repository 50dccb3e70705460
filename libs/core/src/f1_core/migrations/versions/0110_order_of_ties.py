"""The source's order of entries with equal positions in a championship, or none."""

from f1_core.migrations import statements

revision = "0110"
down_revision = "0109"
upgrade = statements(__file__)
