"""Connections, transactions that are repeated after temporary errors, the schema's version."""

import importlib.resources
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg2
import sqlalchemy as sa
from sqlalchemy import Connection, Engine, text

from f1_core.errors import SchemaMismatch
from f1_core.retry import backoff, retry
from f1_core.settings import DatabaseSettings, newest_database_url

Result = TypeVar("Result")

_MIGRATIONS = importlib.resources.files("f1_core") / "migrations"
_MIGRATION_LOCK = 0x0F1A
_OUTAGES = (
    *("57P01", "57P02", "57P03"),  # shut down, crashed, not yet ready
    *("53100", "53300"),  # disk full, too many connections
    "25006",  # read-only: a standby, or a managed server whose disk is full
)


def connect(settings: DatabaseSettings, application: str) -> Engine:
    """An engine whose connections are checked before use and do not hang on a dead peer."""
    engine = sa.create_engine(
        sqlalchemy_url(settings.url.get_secret_value()),
        pool_size=settings.pool_size,
        max_overflow=5,
        pool_pre_ping=True,
        connect_args={
            "application_name": application,
            "connect_timeout": 5,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            # For data sent and not acknowledged, which keepalives do not cover.
            "tcp_user_timeout": 30_000,
            "options": f"-c statement_timeout={settings.statement_timeout_s}s"
            # Without this, a frozen process would keep its locks.
            f" -c idle_in_transaction_session_timeout={settings.idle_in_transaction_timeout_s}s"
            " -c timezone=UTC",
        },
    )
    sa.event.listen(
        engine, "do_connect", lambda _, __, ___, parameters: use_newest_credentials(parameters)
    )
    return engine


def use_newest_credentials(parameters: dict[str, Any]) -> None:
    """Read a connection's user and password from the mounted Secret, since a rotation replaces them
    while the program runs. Open connections stay open.
    """
    newest = newest_database_url()
    if newest is None:
        return
    url = sqlalchemy_url(newest.get_secret_value())
    if (url.host, url.database) == (parameters.get("host"), parameters.get("dbname")):
        parameters["user"] = url.username
        parameters["password"] = url.password


def sqlalchemy_url(url: str) -> sa.URL:
    """The URL with psycopg2 as its driver; `postgres://` is accepted, too."""
    parsed = sa.make_url(url.replace("postgres://", "postgresql://", 1))
    return parsed.set(drivername="postgresql+psycopg2")


def is_deadlock(error: BaseException) -> bool:
    """Whether Postgres ended a deadlock with this transaction (40P01) or serialization failed."""
    cause = getattr(error, "orig", error)
    return getattr(cause, "pgcode", None) in ("40P01", "40001")


def is_outage(error: BaseException) -> bool:
    """Whether the connection or the server failed, or the server accepts no writes now (its disk is
    full, it is read-only); the transaction was not committed, or it is not known whether it was.
    """
    if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
        return True
    cause = getattr(error, "orig", error)
    if getattr(cause, "pgcode", None) in _OUTAGES:
        return True
    return isinstance(cause, psycopg2.OperationalError | psycopg2.InterfaceError) and not getattr(
        cause, "pgcode", None
    )


def transaction(
    engine: Engine,
    work: Callable[[Connection], Result],
    *,
    patience_s: float = 60.0,
    stop: threading.Event | None = None,
) -> Result:
    """Run `work` in one transaction; repeat it after a deadlock or an outage of the server.

    `work` must be safe to repeat: a commit may have succeeded although its response was lost.

    Raises:
        sqlalchemy.exc.DBAPIError: the server was unavailable for `patience_s`, or `work` failed for
            another reason.
    """

    def once() -> Result:
        with engine.begin() as connection:
            return work(connection)

    def is_temporary(error: Exception) -> bool:
        stopped = stop is not None and stop.is_set()
        return not stopped and (is_deadlock(error) or is_outage(error))

    return retry(
        once,
        "retrying the transaction",
        is_temporary=is_temporary,
        patience_s=patience_s,
        pauses=backoff(0.05, 2.0, jitter=0.5),
        wait=stop.wait if stop else time.sleep,
    )


@contextmanager
def session_lock(connection: Connection, *keys: int, wait: bool = True) -> Iterator[bool]:
    """Hold an advisory lock of the session, without an open transaction.

    Yields whether it is held; without `wait`, it is not if another session holds it.
    """
    take = sa.func.pg_advisory_lock if wait else sa.func.pg_try_advisory_lock
    held = bool(connection.scalar(sa.select(take(*keys)))) or wait
    connection.commit()
    try:
        yield held
    finally:
        if held:
            connection.rollback()
            connection.execute(sa.select(sa.func.pg_advisory_unlock(*keys)))
            connection.commit()


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade the schema to `revision`; one process at a time, the others wait."""
    # Imported here, since few programs migrate, and it takes a tenth of their start.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    engine = sa.create_engine(sqlalchemy_url(url), poolclass=sa.pool.NullPool)
    with engine.connect() as connection, session_lock(connection, _MIGRATION_LOCK):
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def newest_revision() -> str:
    """The schema's revision that this program was written for."""
    return max(
        file.name[:4] for file in (_MIGRATIONS / "versions").iterdir() if file.name[:4].isdigit()
    )


def check_schema(connection: Connection) -> str:
    """The schema's revision, if this program works with it.

    A revision is four digits. The last two count steps that only add (expand): older code works
    with them, so that an upgrade can be rolled back. A step that removes something (contract)
    starts a new hundred, a release later. See docs/adr/0005-migrations-in-pairs.md.

    Raises:
        SchemaMismatch: there is no schema, or one that this program cannot work with.
    """
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        raise SchemaMismatch("the database has no schema yet: run f1 migrate")
    found = str(connection.scalar(text("SELECT version_num FROM alembic_version")))
    needed = newest_revision()
    if found < needed:
        raise SchemaMismatch(f"the database has schema {found}, not {needed}: run f1 migrate")
    if found[:2] != needed[:2]:
        raise SchemaMismatch(
            f"the database has schema {found}, too new for this program, which needs {needed}: "
            "run a newer version"
        )
    return found
