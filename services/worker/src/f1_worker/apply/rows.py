"""The rows of a slice: replaced whole, by COPY."""

import io

from sqlalchemy import text

from f1_core.ledger.rows_text import TABLES
from f1_worker.queue.statements import Statements


def replace(
    statements: Statements, race_id: str, session: str, resource: str, lines: str, *, clear: bool
) -> None:
    """Make a slice's rows those of `lines`.

    Args:
        lines: COPY text without race and session, joined by newlines, none at the end.
        clear: rows of an earlier capture are there.
    """
    if clear:
        remove(statements, race_id, session, resource)
    if not lines:
        return
    table = TABLES[resource]
    prefix = _escape(race_id) + "\t"
    leading = "race_id"
    if table.has_session:
        prefix += _escape(session) + "\t"
        leading += ", session"
    content = prefix + lines.replace("\n", "\n" + prefix) + "\n"
    # The names are this program's own.
    copy = f"COPY {table.name} ({leading}, {', '.join(table.columns)}) FROM STDIN"
    statements.send()
    with statements.driver() as cursor:
        cursor.copy_expert(copy, io.BytesIO(content.encode()), size=65536)


def remove(statements: Statements, race_id: str, session: str, resource: str) -> None:
    """Remove a slice's rows."""
    statements.add(_REMOVE[resource], {"race_id": race_id, "session": session})


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


_REMOVE = {
    resource: text(
        f"DELETE FROM {table.name} WHERE race_id = :race_id"  # noqa: S608 - our own name
        + (" AND session = :session" if table.has_session else "")
    )
    for resource, table in TABLES.items()
}
