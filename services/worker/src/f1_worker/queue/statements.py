"""Statements of one transaction, sent to Postgres together.

Statements without result are buffered until a result is needed or :meth:`Statements.send` is
called: a capture takes a few round trips instead of twenty. Each statement still sees what was
committed before it started, so that statements after a lock see the writes of its previous holder.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg2
import psycopg2.extensions
from sqlalchemy import Connection, TextClause
from sqlalchemy.dialects.postgresql import psycopg2 as dialects
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, object]
Cursor = psycopg2.extensions.cursor


class Statements:
    """Statements on one connection; see :meth:`send` before other use of it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._waiting: list[bytes] = []

    def add(self, statement: TextClause, values: Values) -> None:
        """Add a statement without result to the buffer."""
        self._waiting.append(self._cursor().mogrify(_text(statement), values))

    def fetch(self, statement: TextClause, values: Values) -> list[tuple[Any, ...]]:
        """Execute the buffered statements and then this one; returns its rows."""
        self.add(statement, values)
        with self.driver() as cursor:
            cursor.execute(b";\n".join(self._taken()))
            return cursor.fetchall()

    def send(self) -> None:
        """Execute the buffered statements."""
        if self._waiting:
            with self.driver() as cursor:
                cursor.execute(b";\n".join(self._taken()))

    @contextmanager
    def driver(self) -> Iterator[Cursor]:
        """A cursor of the driver that raises SQLAlchemy's errors, so that deadlocks and outages are
        handled the same way everywhere.

        Raises:
            DBAPIError: an error of the server.
        """
        try:
            with self._cursor() as cursor:
                yield cursor
        except psycopg2.Error as error:
            closed = bool(self._driver_connection().closed)
            if closed:
                self.connection.invalidate(error)
            raise DBAPIError.instance(
                None, None, error, psycopg2.Error, connection_invalidated=closed
            ) from error

    def _taken(self) -> list[bytes]:
        taken, self._waiting = self._waiting, []
        return taken

    def _cursor(self) -> Cursor:
        return self._driver_connection().cursor()

    def _driver_connection(self) -> psycopg2.extensions.connection:
        driver = self.connection.connection.driver_connection
        assert isinstance(driver, psycopg2.extensions.connection)
        return driver


_DIALECT = dialects.dialect()  # type: ignore[no-untyped-call]


@lru_cache(maxsize=256)
def _text(statement: TextClause) -> str:
    return str(statement.compile(dialect=_DIALECT))
