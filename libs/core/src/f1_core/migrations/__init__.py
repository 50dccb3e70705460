"""The schema's versions for Alembic: each is a file of SQL and a module."""

from collections.abc import Callable
from pathlib import Path

from alembic import op


def statements(module_file: str) -> Callable[[], None]:
    """The `upgrade` of a version: it executes the `.sql` file beside the module.

    Args:
        module_file: the module's ``__file__``.
    """
    sql = Path(module_file).with_suffix(".sql").read_text(encoding="utf-8")

    def upgrade() -> None:
        op.get_bind().exec_driver_sql(sql, execution_options={"no_parameters": True})

    return upgrade
