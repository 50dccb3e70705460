"""What answers where a number is from, and what a correction changed: see docs/adr/0011.

Filled by the worker as it processes captures; those of an older program are processed again.
"""

from f1_core.migrations import statements

revision = "0102"
down_revision = "0101"
upgrade = statements(__file__)
