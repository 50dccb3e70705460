"""The schema of the first release.

Revisions are four digits; see f1_core.postgres.database.check_schema for what they mean.
"""

from f1_core.migrations import statements

revision = "0100"
down_revision = None
upgrade = statements(__file__)
