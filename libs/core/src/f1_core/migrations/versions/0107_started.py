"""Which entries of a race took the start."""

from f1_core.migrations import statements

revision = "0107"
down_revision = "0106"
upgrade = statements(__file__)
