"""Objects in S3 that cannot be read, and captures whose raw object was changed."""

from f1_core.migrations import statements

revision = "0109"
down_revision = "0108"
upgrade = statements(__file__)
