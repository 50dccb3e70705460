"""Who took part in a session of qualifying and set no time: Jolpica has it as an empty text."""

from f1_core.migrations import statements

revision = "0104"
down_revision = "0103"
upgrade = statements(__file__)
