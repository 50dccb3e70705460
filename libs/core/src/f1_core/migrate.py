"""`python -m f1_core.migrate`: upgrade the database's schema before new programs start.

The Helm chart runs it before an install and an upgrade, with F1_DATABASE_URL alone.
It waits for Postgres to start. Exit codes: 0 done, or nothing to do; 1 failed;
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


def upgrade_schema(url: str, patience_s: float) -> str:
    """Upgrade the schema to this program's revision, and return the resulting revision.

    A newer schema that this program works with stays as it is: after a rollback of the programs
    the schema is ahead of them, and their next upgrade to the same version must not fail.

    Raises:
        SchemaMismatch: it is too new for this program, or the encoding is not UTF8.
        sqlalchemy.exc.DBAPIError: Postgres was unavailable for `patience_s`, or a statement failed.
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
        is_temporary=database.is_outage,
        patience_s=patience_s,
        pauses=backoff(0.5, 2.0),
    )


def main() -> int:
    """Run the command."""
    try:
        to_database, to_logs, settings = load(DatabaseSettings, LogSettings, MigrateSettings)
        logs.configure(to_logs, "f1-migrate")
        revision = upgrade_schema(to_database.url.get_secret_value(), settings.patience_s)
    except Exception as error:  # noqa: BLE001 - end() raises errors that are not expected
        return commands.end("f1-migrate", error)
    log.info("the schema is up to date", revision=revision)
    return 0


def _check_encoding(connection: sa.Connection) -> None:
    encoding = connection.scalar(sa.text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise SchemaMismatch(
            f"the database's encoding is {encoding}, in which names such as São Paulo cannot be "
            "stored: run CREATE DATABASE f1 ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0"
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
