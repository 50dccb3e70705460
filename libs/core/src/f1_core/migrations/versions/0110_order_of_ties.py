"""In which order the source lists those who share a place in a championship, or have none."""

from f1_core.migrations import statements

revision = "0110"
down_revision = "0109"
upgrade = statements(__file__)
