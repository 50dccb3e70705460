"""The dump's files by the names of their tables."""

from collections.abc import Iterator

from f1_worker.parse.csvfiles import Files, Table


def file_name(table: str) -> str:
    """The file of a table."""
    return f"formula_one_{table}.csv"


def open_table(files: Files, table: str) -> Table | None:
    """Start to read a table's file; None if the dump does not have it."""
    name = file_name(table)
    return files.table(name) if name in files else None


def rows(files: Files, table: str, *required: str) -> Iterator[tuple[Table, dict[str, str]]]:
    """A table's rows by column name, each with the place where it stands."""
    opened = open_table(files, table)
    if opened is not None:
        for row in opened.rows(*required):
            yield opened, row


def columns(files: Files, table: str, *names: str) -> Iterator[tuple[str, ...]]:
    """Some columns of a table's rows."""
    opened = open_table(files, table)
    return iter(()) if opened is None else opened.columns(*names)
