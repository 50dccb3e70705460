"""The dump's files by the names of their tables."""

from collections.abc import Iterator

from f1_core.errors import BadCapture
from f1_worker.parse.csvfiles import Files, Table

REQUIRED = (
    *("season", "circuit", "driver", "team", "teamdriver", "round", "roundentry"),
    *("session", "sessionentry", "lap"),
)
"""Required tables of a dump; other tables refer to them."""


def file_name(table: str) -> str:
    """The file of a table."""
    return f"formula_one_{table}.csv"


def check_complete(files: Files) -> None:
    """Check that a dump has all required tables.

    Raises:
        BadCapture: it lacks some.
    """
    missing = [file_name(table) for table in REQUIRED if file_name(table) not in files]
    if missing:
        raise BadCapture(
            f"the archive has no {', '.join(missing)}: the dump is incomplete; fetch it again"
        )


def rows(files: Files, table: str, *required: str) -> Iterator[tuple[Table, dict[str, str]]]:
    """A table's rows by column name, each with its place; invalid rows are in `Table.bad`."""
    name = file_name(table)
    if name in files:
        opened = files.table(name)
        for row in opened.rows(*required):
            yield opened, row


def columns(files: Files, table: str, *names: str) -> Iterator[tuple[str, ...]]:
    """Some columns of a table's rows."""
    name = file_name(table)
    return files.table(name).columns(*names) if name in files else iter(())
