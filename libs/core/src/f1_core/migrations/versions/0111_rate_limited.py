"""The time since which a source responds with HTTP 429 only; an outcome for failures of S3."""

from f1_core.migrations import statements

revision = "0111"
down_revision = "0110"
upgrade = statements(__file__)
