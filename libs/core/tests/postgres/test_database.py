"""The schema's versions, and transactions that are repeated after temporary errors."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Connection, text

from f1_core.errors import SchemaMismatch
from f1_core.postgres import database
from f1_core.postgres.schema import metadata
from f1_core.settings import DatabaseSettings, load
from f1_devkit.servers.postgres import Postgres


def test_migrations_make_the_schema_that_the_code_describes(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert differences == []


def test_all_migrations_lead_to_the_newest_revision(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == (
            database.newest_revision()
        )


def test_a_database_that_is_up_to_date_stays_as_it_is(database_url: str, engine: sa.Engine) -> None:
    database.migrate(database_url)
    with engine.connect() as connection:
        assert database.check_schema(connection) == database.newest_revision()


def test_two_migrations_at_once_wait_for_each_other(postgres: Postgres) -> None:
    url = postgres.create_database("f1_two_migrations")
    program = f"from f1_core.postgres import database; database.migrate({url!r})"
    processes = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        assert database.check_schema(connection) == database.newest_revision()


def test_without_a_schema_the_error_names_the_command_to_run(postgres: Postgres) -> None:
    url = postgres.create_database("f1_no_schema")
    with (
        sa.create_engine(url, poolclass=sa.NullPool).connect() as connection,
        pytest.raises(SchemaMismatch, match="run f1 migrate"),
    ):
        database.check_schema(connection)


NEWEST = int(database.newest_revision())
NEXT_HUNDRED = NEWEST // 100 * 100 + 100


@pytest.mark.parametrize(
    ("revision", "accepted"),
    [
        (NEWEST - 1, False),
        (NEWEST, True),
        (NEWEST + 1, True),
        (NEXT_HUNDRED - 1, True),
        (NEXT_HUNDRED, False),
    ],
)
def test_newer_schemas_that_only_add_are_accepted(
    engine: sa.Engine, revision: int, accepted: bool
) -> None:
    found = f"{revision:04}"
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": found})
        if accepted:
            assert database.check_schema(connection) == found
        else:
            with pytest.raises(SchemaMismatch, match=found):
                database.check_schema(connection)


@pytest.mark.parametrize(
    "url", ["postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+psycopg2://u:p@h/d"]
)
def test_every_form_of_a_postgres_url_is_accepted(url: str) -> None:
    assert database.sqlalchemy_url(url).drivername == "postgresql+psycopg2"


def test_a_transaction_that_ended_a_deadlock_is_repeated(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE two (id int PRIMARY KEY, n int)"))
        connection.execute(text("INSERT INTO two VALUES (1, 0), (2, 0)"))
    both_have_one = threading.Barrier(2, timeout=20)
    first_try = threading.local()

    def add_to(first: int, second: int) -> None:
        def work(connection: Connection) -> None:
            add = text("UPDATE two SET n = n + 1 WHERE id = :id")
            connection.execute(add, {"id": first})
            if not getattr(first_try, "done", False):
                first_try.done = True
                both_have_one.wait()
            connection.execute(add, {"id": second})

        database.transaction(engine, work)

    threads = [threading.Thread(target=add_to, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT n FROM two ORDER BY id")).scalars().all() == [2, 2]


def test_a_transaction_waits_for_a_restart_of_the_server(private_postgres: Postgres) -> None:
    settings = DatabaseSettings(url=SecretStr(private_postgres.url("f1")))
    engine = database.connect(settings, "test")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE one (n int)"))
    tries = 0

    def work(connection: Connection) -> None:
        nonlocal tries
        tries += 1
        connection.execute(text("INSERT INTO one VALUES (1)"))
        if tries == 1:
            private_postgres.restart(crash=True)
            connection.execute(text("SELECT 1"))

    database.transaction(engine, work, patience_s=30)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM one")).scalar_one() == 1
    assert tries > 1
    engine.dispose()


def test_a_process_that_is_frozen_in_a_transaction_loses_its_locks(database_url: str) -> None:
    settings = DatabaseSettings(url=SecretStr(database_url), idle_in_transaction_timeout_s=1)
    frozen, other = (database.connect(settings, name) for name in ("frozen", "other"))
    with frozen.connect() as connection, other.connect() as waiting:
        connection.execute(text("INSERT INTO budgets VALUES ('jolpica', now())"))
        waiting.execute(text("INSERT INTO budgets VALUES ('jolpica', now())"))  # once it is free
        waiting.rollback()
        with pytest.raises(sa.exc.DBAPIError) as error:
            connection.execute(text("SELECT 1"))
        assert database.is_outage(error.value)
        connection.invalidate()
    frozen.dispose()
    other.dispose()


def test_other_errors_are_not_retried(engine: sa.Engine) -> None:
    tries = 0

    def work(connection: Connection) -> None:
        nonlocal tries
        tries += 1
        connection.execute(text("SELECT 1 / 0"))

    with pytest.raises(sa.exc.DataError):
        database.transaction(engine, work)
    assert tries == 1


def test_new_connections_use_the_credentials_of_the_secret_as_it_is_now(
    database_url: str, engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rotation of the password, by RDS or by a person, needs no restart."""
    monkeypatch.delenv("F1_DATABASE_URL", raising=False)
    monkeypatch.setenv("F1_SECRETS_DIR", str(tmp_path))
    secret = tmp_path / "F1_DATABASE_URL"
    secret.write_text(database_url)
    [settings] = load(DatabaseSettings)
    running = database.connect(settings, "test")

    def user() -> str:
        with running.connect() as connection:
            return str(connection.execute(sa.text("SELECT current_user")).scalar_one())

    before = user()
    role = f"rotated_{sa.make_url(database_url).database}"
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE ROLE {role} LOGIN SUPERUSER PASSWORD 'a b/c'"))
    url = sa.make_url(database_url).set(username=role, password="a b/c")
    secret.write_text(url.render_as_string(hide_password=False))
    assert user() == before, "a connection that is open stays open"
    running.dispose()
    assert user() == role
    secret.write_text("")
    running.dispose()
    assert user() == before, "an unusable secret is ignored"
    running.dispose()
    with engine.begin() as connection:
        connection.execute(sa.text(f"DROP ROLE {role}"))
