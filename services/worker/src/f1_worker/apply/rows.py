"""Replaces all rows of a slice, by COPY."""

import io

from sqlalchemy import text

from f1_core.resources import OF_A_RACE, RESOURCES
from f1_worker.queue.statements import Statements


def replace(
    statements: Statements, race_id: str, session: str, resource: str, lines: str, *, clear: bool
) -> None:
    """Replace a slice's rows by `lines`.

    Args:
        lines: COPY text without race and session, joined by newlines, without one at the end.
        clear: delete the rows of an earlier capture.
    """
    if clear:
        remove(statements, race_id, session, resource)
    if not lines:
        return
    kind = RESOURCES[resource]
    prefix = _escape(race_id) + "\t"
    leading = "race_id"
    if kind.has_session:
        prefix += _escape(session) + "\t"
        leading += ", session"
    content = prefix + lines.replace("\n", "\n" + prefix) + "\n"
    # The names are constants of this program.
    copy = f"COPY {kind.table} ({leading}, {', '.join(kind.columns)}) FROM STDIN"
    statements.send()
    with statements.driver() as cursor:
        cursor.copy_expert(copy, io.BytesIO(content.encode()), size=65536)


def remove(statements: Statements, race_id: str, session: str, resource: str) -> None:
    """Remove a slice's rows."""
    statements.add(_REMOVE[resource], {"race_id": race_id, "session": session})


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


_REMOVE = {
    kind.name: text(
        f"DELETE FROM {kind.table} WHERE race_id = :race_id"  # noqa: S608 - our own name
        + (" AND session = :session" if kind.has_session else "")
    )
    for kind in OF_A_RACE
}
