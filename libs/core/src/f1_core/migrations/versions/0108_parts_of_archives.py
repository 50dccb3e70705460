"""Problems of single parts of an archive, whose other parts are applied."""

from f1_core.migrations import statements

revision = "0108"
down_revision = "0107"
upgrade = statements(__file__)
