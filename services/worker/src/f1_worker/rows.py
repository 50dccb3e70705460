"""The rows of a slice: replaced whole, by COPY."""

import io

import psycopg2
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from f1_worker.slices import TABLES


def replace(
    connection: Connection, race_id: str, session: str, resource: str, lines: str, *, clear: bool
) -> None:
    """Make a slice's rows those of `lines`.

    Args:
        lines: COPY text without race and session, joined by newlines, none at the end.
        clear: rows of an earlier capture are there.
    """
    if clear:
        remove(connection, race_id, session, resource)
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
    driver = connection.connection.driver_connection
    assert driver is not None
    try:
        with driver.cursor() as cursor:
            cursor.copy_expert(copy, io.BytesIO(content.encode()), size=65536)
    except psycopg2.Error as error:
        # Past SQLAlchemy: told in its words, so that deadlocks and outages are known as such.
        if driver.closed:
            connection.invalidate(error)
        raise DBAPIError.instance(
            copy, None, error, psycopg2.Error, connection_invalidated=bool(driver.closed)
        ) from error


def remove(connection: Connection, race_id: str, session: str, resource: str) -> None:
    """Remove a slice's rows."""
    table = TABLES[resource]
    statement = f"DELETE FROM {table.name} WHERE race_id = :race_id"  # noqa: S608 - our own name
    if table.has_session:
        statement += " AND session = :session"
    connection.execute(text(statement), {"race_id": race_id, "session": session})


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
