"""Limits of API keys, and their use."""

from f1_core.migrations import statements

revision = "0103"
down_revision = "0102"
upgrade = statements(__file__)
