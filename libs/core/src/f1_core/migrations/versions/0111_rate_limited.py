"""Since when a source answers HTTP 429 only; runs that S3 refused have an outcome of their own."""

from f1_core.migrations import statements

revision = "0111"
down_revision = "0110"
upgrade = statements(__file__)
