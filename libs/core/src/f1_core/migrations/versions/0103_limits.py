"""Limits of API keys, and what of them is used up."""

from f1_core.migrations import statements

revision = "0103"
down_revision = "0102"
upgrade = statements(__file__)
