"""`python -m f1_core.migrate`: bring the database's schema up, before new programs start.

It is what the Helm chart runs before an install and an upgrade, with F1_DATABASE_URL alone.
A Postgres that is not there yet is waited for. Exit codes: 0 done, or nothing to do; 1 failed;
2 settings.
"""

import sys
import time

import sqlalchemy as sa
import structlog
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from f1_core.errors import F1Error, SchemaMismatch, SettingsError
from f1_core.postgres import database
from f1_core.program import logs
from f1_core.settings import DatabaseSettings, LogSettings, load

log = structlog.get_logger()


class MigrateSettings(BaseSettings):
    """How long to wait for Postgres."""

    model_config = SettingsConfigDict(env_prefix="F1_MIGRATE_", extra="ignore")

    patience_s: float = Field(120.0, ge=0)


def bring_up(url: str, patience_s: float) -> str:
    """Bring the schema up to this program's revision, and return the one that is there.

    A newer schema that this program works with stays as it is: after a rollback of the programs
    the schema is ahead of them, and their next upgrade to the same version must not fail.

    Raises:
        SchemaMismatch: it is newer than this program can work with, or no UTF8 database.
        sqlalchemy.exc.DBAPIError: Postgres was away for `patience_s`, or refused.
    """
    deadline = time.monotonic() + patience_s
    engine = sa.create_engine(database.sqlalchemy_url(url), poolclass=sa.NullPool)
    while True:
        try:
            with engine.connect() as connection:
                _check_encoding(connection)
                if _is_ahead(connection):
                    return database.check_schema(connection)
            database.migrate(url)
            return database.newest_revision()
        except sa.exc.DBAPIError as error:
            if not database.is_outage(error) or time.monotonic() > deadline:
                raise
            log.warning("waiting for the database", error=_first_line(error))
        time.sleep(1)


def main() -> int:
    """Run the command."""
    try:
        to_database, to_logs, settings = load(DatabaseSettings, LogSettings, MigrateSettings)
        logs.configure(to_logs, "f1-migrate")
        revision = bring_up(to_database.url.get_secret_value(), settings.patience_s)
    except SettingsError as error:
        return _told(error, 2)
    except F1Error as error:
        return _told(error, 1)
    except sa.exc.DBAPIError as error:
        return _told(f"the database failed: {_first_line(error)}", 1)
    log.info("the schema is up to date", revision=revision)
    return 0


def _check_encoding(connection: sa.Connection) -> None:
    encoding = connection.scalar(sa.text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise SchemaMismatch(
            f"the database's encoding is {encoding}, in which names such as São Paulo cannot be "
            "kept: make one with CREATE DATABASE f1 ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0"
        )


def _is_ahead(connection: sa.Connection) -> bool:
    try:
        return database.check_schema(connection) > database.newest_revision()
    except SchemaMismatch:
        if connection.scalar(sa.text("SELECT to_regclass('alembic_version')")) is None:
            return False
        found = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        if found is not None and found > database.newest_revision():
            raise
        return False


def _first_line(error: sa.exc.DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]


def _told(error: object, code: int) -> int:
    print(f"f1-migrate: {error}", file=sys.stderr)  # noqa: T201 - for readers of the Job's log
    return code


if __name__ == "__main__":
    sys.exit(main())
