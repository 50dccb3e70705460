"""When a run was scheduled, and how large a budget is: so that people see what was promised."""

from f1_core.migrations import statements

revision = "0101"
down_revision = "0100"
upgrade = statements(__file__)
