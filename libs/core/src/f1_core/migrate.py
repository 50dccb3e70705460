"""`python -m f1_core.migrate`: bring the database's schema up, before new programs start.

It is what the Helm chart runs before an install and an upgrade, with F1_DATABASE_URL alone.
A Postgres that is not there yet is waited for. Exit codes: 0 done, or nothing to do; 1 failed;
2 settings.
"""

import sys

import sqlalchemy as sa
import structlog
from pydantic import Field
from pydantic_settings import BaseSettings

from f1_core.errors import SchemaMismatch
from f1_core.postgres import database
from f1_core.program import commands, logs
from f1_core.retry import backoff, retry
from f1_core.settings import DatabaseSettings, LogSettings, load

log = structlog.get_logger()


class MigrateSettings(BaseSettings, env_prefix="F1_MIGRATE_", extra="ignore"):
    """How long to wait for Postgres."""

    patience_s: float = Field(120.0, ge=0)


def bring_up(url: str, patience_s: float) -> str:
    """Bring the schema up to this program's revision, and return the one that is there.

    A newer schema that this program works with stays as it is: after a rollback of the programs
    the schema is ahead of them, and their next upgrade to the same version must not fail.

    Raises:
        SchemaMismatch: it is newer than this program can work with, or no UTF8 database.
        sqlalchemy.exc.DBAPIError: Postgres was unavailable for `patience_s`, or refused.
    """
    engine = sa.create_engine(database.sqlalchemy_url(url), poolclass=sa.NullPool)

    def once() -> str:
        with engine.connect() as connection:
            _check_encoding(connection)
            if _is_ahead(connection):
                return database.check_schema(connection)
        database.migrate(url)
        return database.newest_revision()

    return retry(
        once,
        "waiting for the database",
        passes=database.is_outage,
        patience_s=patience_s,
        pauses=backoff(0.5, 2.0),
    )


def main() -> int:
    """Run the command."""
    try:
        to_database, to_logs, settings = load(DatabaseSettings, LogSettings, MigrateSettings)
        logs.configure(to_logs, "f1-migrate")
        revision = bring_up(to_database.url.get_secret_value(), settings.patience_s)
    except Exception as error:  # noqa: BLE001 - end() raises errors that are not expected
        return commands.end("f1-migrate", error)
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


if __name__ == "__main__":
    sys.exit(main())
