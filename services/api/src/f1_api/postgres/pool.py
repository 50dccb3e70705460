"""Connections to Postgres, and snapshots: several queries in one state of the data.

This uses psycopg2 directly: an answer needs a few statements of half a millisecond, and the check
of SQLAlchemy's engine before each use would cost one more. The snapshot's first statement detects
a closed connection and is run again on a new one.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import psycopg2
import psycopg2.extensions
import structlog

from f1_api.http.problems import Unavailable
from f1_api.postgres import sql
from f1_core.postgres import database

log = structlog.get_logger()
Row = tuple[Any, ...]
Kind = TypeVar("Kind")

_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
_WRITE = "BEGIN; "
_JSON_OIDS = (114, 3802)  # json, jsonb: kept as text, msgspec reads them


def connect(url: str, application: str, *, timeout_s: float, **options: Any) -> Any:
    """A psycopg2 connection in autocommit that does not hang on a dead peer."""
    parsed = database.sqlalchemy_url(url)
    arguments = parsed.translate_connect_args(username="user", database="dbname")
    database.use_newest_credentials(arguments)
    milliseconds = max(1, round(timeout_s * 1000))
    connection = psycopg2.connect(
        **{
            **arguments,
            **parsed.query,
            "application_name": application,
            "connect_timeout": 3,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 15_000,
            # Few rows, many joins: planning a query again costs more than a plan for all cases.
            "options": f"-c statement_timeout={milliseconds} -c timezone=UTC"
            " -c plan_cache_mode=force_generic_plan",
            **options,
        }
    )
    if not connection.async_:  # always set for an asynchronous one
        connection.autocommit = True
    for oid in _JSON_OIDS:
        psycopg2.extensions.register_type(
            psycopg2.extensions.new_type((oid,), "JSON_TEXT", _as_text), connection
        )
    return connection


def _as_text(value: str | bytes | None, _cursor: Any) -> Any:
    return value


class _Connection:
    """A connection, its cursor, and the names of its prepared queries."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.cursor = raw.cursor()
        self._prepared: set[str] = set()

    def run(self, name: str, parameters: Mapping[str, Any] | None, before: str = "") -> None:
        """Execute a named query, after the statement `before`."""
        query = sql.prepared(name)
        if name not in self._prepared:
            self.cursor.execute(query.prepare)
            self._prepared.add(name)
        self.cursor.execute(before + query.execute, parameters or {})

    def close(self) -> None:
        """Close it."""
        self._raw.close()


class Pool:
    """At most `size` connections; without a free one within `wait_s` requests get a 503."""

    def __init__(self, url: str, *, size: int, wait_s: float, statement_timeout_s: float) -> None:
        self._url = url
        self._wait_s = wait_s
        self._timeout_s = statement_timeout_s
        self._free = threading.BoundedSemaphore(size)
        self._idle: deque[_Connection] = deque()

    def snapshot(self, since: float | None = None) -> "contextlib.AbstractContextManager[Snapshot]":
        """A consistent state of the data for several queries.

        Args:
            since: start of the wait by `time.perf_counter`, which includes the wait for a thread.

        Raises:
            Unavailable: no connection is free, the database is unavailable, or a query timed out.
        """
        waited = 0.0 if since is None else time.perf_counter() - since
        return self._run(Snapshot(self, _READ), waited)

    @contextlib.contextmanager
    def transaction(self) -> "Iterator[Snapshot]":
        """Statements that write, committed together at the end of the block.

        Raises:
            Unavailable: as for :meth:`snapshot`, or the database user may not write.
        """
        with self._run(Snapshot(self, _WRITE), 0.0) as snapshot:
            yield snapshot
            snapshot.commit()

    @contextlib.contextmanager
    def _run(self, snapshot: "Snapshot", waited: float) -> "Iterator[Snapshot]":
        if not self._free.acquire(timeout=max(0.0, self._wait_s - waited)):
            raise Unavailable(
                "every connection to the database is busy: try again in a moment", retry_after_s=1
            )
        try:
            yield snapshot
        except psycopg2.errors.QueryCanceled as error:
            raise Unavailable(
                f"the database took longer than {self._timeout_s:g} s to respond", retry_after_s=5
            ) from error
        except (psycopg2.errors.UndefinedTable, psycopg2.errors.UndefinedColumn) as error:
            snapshot.broken = True
            log.warning("the schema is incompatible", error=str(error).strip())
            raise Unavailable(
                "the database has no schema or an incompatible one: see /readyz",
                retry_after_s=10,
            ) from error
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            snapshot.broken = True
            log.warning("database is not available", error=str(error).strip())
            raise Unavailable("the database is not available", retry_after_s=5) from error
        except (
            psycopg2.errors.ReadOnlySqlTransaction,
            psycopg2.errors.InsufficientPrivilege,
        ) as error:
            log.warning("may not write", error=str(error).strip())
            raise Unavailable(
                "limits are counted in the database, which cannot be written to", retry_after_s=10
            ) from error
        except psycopg2.Error:
            snapshot.broken = True  # its prepared queries may be the cause
            raise
        finally:
            try:
                snapshot.end()
            finally:
                self._free.release()

    def take(self) -> tuple[_Connection, bool]:
        """A connection, and whether it was used before."""
        try:
            return self._idle.pop(), True
        except IndexError:
            return self.open(), False

    def open(self) -> _Connection:
        """A new connection."""
        return _Connection(connect(self._url, "f1-api", timeout_s=self._timeout_s))

    def give_back(self, connection: _Connection) -> None:
        """Return a connection to the pool."""
        self._idle.append(connection)

    def close(self) -> None:
        """Close idle connections."""
        while self._idle:
            with contextlib.suppress(IndexError):
                self._idle.pop().close()


class Snapshot:
    """Runs named queries in one state of the data."""

    def __init__(self, pool: Pool, begin: str) -> None:
        self._pool = pool
        self._begin_with = begin
        self._connection: _Connection | None = None
        self._committed = False
        self.broken = False

    def rows(self, name: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """All rows of a query."""
        if self._connection is None:
            self._begin(name, parameters)
        else:
            self._connection.run(name, parameters)
        return self._connection.cursor.fetchall()  # type: ignore[no-any-return, union-attr]

    def row(self, name: str, parameters: Mapping[str, Any] | None = None) -> Row | None:
        """The first row of a query, if there is one."""
        found = self.rows(name, parameters)
        return found[0] if found else None

    def structs(
        self, kind: Callable[..., Kind], name: str, parameters: Mapping[str, Any] | None = None
    ) -> list[Kind]:
        """All rows of a query as structs, whose fields are its columns in the same order."""
        fields: tuple[str, ...] = kind.__struct_fields__  # type: ignore[attr-defined]
        rows = self.rows(name, parameters)
        return [kind(**dict(zip(fields, row, strict=True))) for row in rows]

    def commit(self) -> None:
        """Commit the changes."""
        if self._connection is not None:
            self._connection.cursor.execute("COMMIT")
            self._committed = True

    def end(self) -> None:
        """Finish the transaction and give the connection back."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            if not self.broken:
                if not self._committed:
                    connection.cursor.execute("ROLLBACK")
                self._pool.give_back(connection)
                return
        except psycopg2.Error:
            pass
        connection.close()

    def _begin(self, name: str, parameters: Mapping[str, Any] | None) -> None:
        while True:
            self._connection, used = self._pool.take()
            try:
                self._connection.run(name, parameters, self._begin_with)  # one round trip for both
            except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                gone = not isinstance(error, psycopg2.errors.QueryCanceled)
                if not (used and gone):
                    raise
                # Other idle connections are probably closed, too; each is detected here.
                self._connection.close()
            else:
                return
