"""${message}"""

from f1_core.migrations import statements

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
upgrade = statements(__file__)
