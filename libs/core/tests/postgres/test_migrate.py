"""The command that the chart runs before an install and an upgrade."""

import os
import subprocess
import sys
import threading
import time

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from f1_core import migrate
from f1_core.errors import SchemaMismatch
from f1_core.postgres import database
from f1_devkit.servers.ports import free_port
from f1_devkit.servers.postgres import Postgres


def _run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "f1_core.migrate"],
        # PYTHONPATH is the test's, so that `make mutants` changes the program, too.
        env={"PYTHONPATH": os.environ.get("PYTHONPATH", ""), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_empty_database_gets_its_schema(postgres: Postgres) -> None:
    url = postgres.create_database("f1_migrate_empty")
    done = _run({"F1_DATABASE_URL": url})
    assert (done.returncode, database.newest_revision() in done.stderr) == (0, True)
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        assert database.check_schema(connection) == database.newest_revision()


def test_a_schema_ahead_of_a_program_rolled_back_is_left_as_it_is(
    database_url: str, engine: sa.Engine
) -> None:
    ahead = database.newest_revision()[:2] + "99"
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": ahead})
    assert migrate.upgrade_schema(database_url, patience_s=0) == ahead


def test_a_schema_of_a_later_hundred_is_refused(database_url: str, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9900'"))
    with pytest.raises(SchemaMismatch, match="too new for this program"):
        migrate.upgrade_schema(database_url, patience_s=0)


def test_a_database_that_cannot_store_names_is_refused(postgres: Postgres) -> None:
    engine = sa.create_engine(postgres.url(), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        made = "CREATE DATABASE f1_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
        connection.execute(text(made))
    with pytest.raises(SchemaMismatch, match=r"encoding is SQL_ASCII, .* ENCODING 'UTF8'"):
        migrate.upgrade_schema(postgres.url("f1_ascii"), patience_s=0)


def test_migrate_waits_for_a_late_server(private_postgres: Postgres) -> None:
    url = private_postgres.url("f1")
    private_postgres.stop()
    late = threading.Timer(1.5, private_postgres.start)
    late.start()
    try:
        assert migrate.upgrade_schema(url, patience_s=30) == database.newest_revision()
    finally:
        late.join()


def test_without_a_server_migrate_ends_with_a_message() -> None:
    url = f"postgresql://f1@127.0.0.1:{free_port()}/f1"
    started = time.monotonic()
    done = _run({"F1_DATABASE_URL": url, "F1_MIGRATE_PATIENCE_S": "0"})
    assert done.returncode == 1
    assert "f1-migrate: the database failed: connection to server" in done.stderr
    assert "Traceback" not in done.stderr
    assert time.monotonic() - started < 30


def test_missing_settings_are_named() -> None:
    done = _run({})
    assert done.returncode == 2
    assert "F1_DATABASE_URL is not set" in done.stderr
