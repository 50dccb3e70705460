"""Why a capture failed validation, kept after a newer capture or a person settled it."""

from f1_core.migrations import statements

revision = "0106"
down_revision = "0105"
upgrade = statements(__file__)
