"""Statements of one transaction, sent to Postgres together.

What returns nothing waits until a result is needed, or until it is sent: a capture takes a handful
of round trips instead of twenty. Each statement still sees what was committed before it began, so
that what follows a lock sees what its holder wrote.
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
    """Statements on one connection. Use nothing else on it while some wait; see :meth:`send`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._waiting: list[bytes] = []

    def add(self, statement: TextClause, values: Values) -> None:
        """Execute a statement in order, without its result."""
        self._waiting.append(self._cursor().mogrify(_text(statement), values))

    def ask(self, statement: TextClause, values: Values) -> list[tuple[Any, ...]]:
        """Execute what waits and then this; returns its rows."""
        self.add(statement, values)
        with self.driver() as cursor:
            cursor.execute(b";\n".join(self._taken()))
            return cursor.fetchall()

    def send(self) -> None:
        """Execute what waits."""
        if self._waiting:
            with self.driver() as cursor:
                cursor.execute(b";\n".join(self._taken()))

    @contextmanager
    def driver(self) -> Iterator[Cursor]:
        """A cursor past SQLAlchemy, whose errors are those of SQLAlchemy: deadlocks and
        outages are known as such everywhere.

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
