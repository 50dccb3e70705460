"""The snapshot of each season in S3."""

from f1_core.migrations import statements

revision = "0105"
down_revision = "0104"
upgrade = statements(__file__)
