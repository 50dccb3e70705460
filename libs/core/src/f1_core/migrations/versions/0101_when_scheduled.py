"""The schedule of a run, and the size of a budget, so that people can see them."""

from f1_core.migrations import statements

revision = "0101"
down_revision = "0100"
upgrade = statements(__file__)
