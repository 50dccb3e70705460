"""Which state of a season lies in S3 as Parquet."""

from f1_core.migrations import statements

revision = "0105"
down_revision = "0104"
upgrade = statements(__file__)
