"""Provenance of numbers and history of corrections: see docs/adr/0011.

The worker fills it; captures that an older program processed are processed again.
"""

from f1_core.migrations import statements

revision = "0102"
down_revision = "0101"
upgrade = statements(__file__)
