"""Participation in a part of qualifying without a time: an empty text in Jolpica."""

from f1_core.migrations import statements

revision = "0104"
down_revision = "0103"
upgrade = statements(__file__)
