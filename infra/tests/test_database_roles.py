"""Each program works with its database role, and Postgres refuses all other actions."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa
from aws_cloud import ROOT
from forked.installation import ForkedInstallation
from served import start

from f1_core import migrate
from f1_core.ledger import index
from f1_core.postgres.database import newest_revision, sqlalchemy_url
from f1_core.store.rawstore import RawStore
from f1_devkit.servers.postgres import Postgres, find_binaries
from f1_devkit.servers.s3 import S3
from f1_ingest.synthetic import season

PROGRAMS = ("migration", "api", "worker", "ingest")
ROUND = ("--source", "synthetic", "--season", "2024", "--rounds", "1")
SETTINGS = {
    "F1_BUDGET_PER_SECOND": "1000",
    "F1_BUDGET_PER_HOUR": "100000",
    "F1_WORKER_METRICS_PORT": "0",
    "F1_API_KEYS": "required",
}


class Database:
    """A database with roles, created as in infra/README.md by an administrator with RDS' rights."""

    def __init__(self, server: Postgres, name: str) -> None:
        self._url = server.create_database(name).replace("+psycopg2", "")
        with self.connect("postgres") as cursor:
            cursor.execute(f"ALTER DATABASE {name} OWNER TO master")

    def url(self, user: str) -> str:
        """The URL for a role, or for the administrators `master` and `postgres`."""
        if user == "postgres":
            return self._url
        role = user if user == "master" else f"f1_{user}"
        return re.sub(r"//[^@]+@", f"//{role}:of-{user}@", self._url)

    def connect(self, user: str) -> Any:
        """A cursor with a transaction for each statement."""
        connection = psycopg2.connect(self.url(user))
        connection.autocommit = True
        return connection.cursor()

    def make_roles(self) -> subprocess.CompletedProcess[str]:
        """Run roles.sql, with the passwords before it."""
        passwords = "".join(f"\\set {one} 'of-{one}'\n" for one in PROGRAMS)
        return subprocess.run(
            [find_binaries() / "psql", "--no-psqlrc", "--quiet", self.url("master")],
            input=passwords + (ROOT / "infra" / "sql" / "roles.sql").read_text(),
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def make_database(postgres: Postgres) -> Iterator[Callable[[], Database]]:
    """Makes databases owned by `master`, which is not a superuser, like RDS' master user."""
    made: list[str] = []
    postgres.execute("CREATE ROLE master LOGIN CREATEROLE CREATEDB PASSWORD 'of-master'")

    def make() -> Database:
        made.append(f"f1_roles_{len(made)}")
        return Database(postgres, made[-1])

    yield make
    for name in made:
        postgres.drop_database(name)
    for role in [*(f"f1_{one}" for one in PROGRAMS), "master"]:
        postgres.execute(f"DROP ROLE {role}")


@pytest.fixture(scope="module")
def database(make_database: Callable[[], Database]) -> Database:
    """A database in use that `master` migrated before it had roles."""
    made = make_database()
    migrate.upgrade_schema(made.url("master"), patience_s=0)
    done = made.make_roles()
    assert (done.returncode, done.stderr) == (0, "")
    return made


def with_roles(database: Database, s3: S3, store: RawStore, **settings: str) -> Callable[..., Any]:
    """Runs each program with its own role."""
    place = {**os.environ, **SETTINGS, **s3.environment(store.bucket), **settings}

    def with_role(program: str) -> ForkedInstallation:
        url = database.url(program.removeprefix("f1-"))
        return ForkedInstallation({**place, "F1_DATABASE_URL": url})

    return with_role


def test_every_program_works_with_its_role(
    database: Database, s3: S3, store: RawStore, jolpica_server: Callable[..., Any]
) -> None:
    source = jolpica_server(season(2024))
    role = with_roles(database, s3, store, F1_SYNTHETIC_URL=source.url)
    ingest, worker, api = role("f1-ingest"), role("f1-worker"), role("f1-api")

    assert migrate.upgrade_schema(database.url("migration"), patience_s=0) == newest_revision()
    ingest.run("f1-ingest", "plan", *ROUND)
    ingest.run("f1-ingest", "backfill", *ROUND, "--resources", "results,laps")
    worker.run("f1-worker", "run", "--drain")
    worker.run("f1-worker", "snapshot", "--all")

    api.run("f1-api", "keys", "create", "first", "--limit", "1000/hour")
    api.environment["F1_API_KEYS"] = "optional"
    api.environment["F1_API_ANONYMOUS_LIMIT"] = "1000/hour"
    served = start(api)
    try:
        for path in ("/seasons", "/ledger", "/races/2024-1", "/races/2024-1/lap-times", "/drivers"):
            served.json(path)
        assert served.mrdata("/2024/1/results.json")["total"] == "20"
        with database.connect("postgres") as cursor:
            cursor.execute("SELECT sum(taken) > 0 FROM api_quotas")
            assert cursor.fetchone() == (True,)
    finally:
        served.client.close()
        api.started[0].terminate()
        assert api.started[0].wait(timeout=60) == 0


def test_ingest_enters_a_purge_on_a_new_database(
    make_database: Callable[[], Database], database: Database, s3: S3, store: RawStore
) -> None:
    """It sweeps S3 before its first request, also without a worker."""
    role = with_roles(database, s3, store)
    role("f1-worker").run("f1-worker", "purge", "2024", "--yes")
    lost = make_database()
    migrate.upgrade_schema(lost.url("master"), patience_s=0)
    assert lost.make_roles().returncode == 0
    engine = sa.create_engine(sqlalchemy_url(lost.url("ingest")), poolclass=sa.NullPool)
    assert index.sweep(engine, store) == 1


def test_the_migration_creates_the_whole_schema(make_database: Callable[[], Database]) -> None:
    made = make_database()
    with made.connect("postgres") as cursor:
        cursor.execute(
            f"ALTER DATABASE {made.url('postgres').rsplit('/')[-1]} OWNER TO f1_migration"
        )
    assert migrate.upgrade_schema(made.url("migration"), patience_s=0) == newest_revision()


REFUSED = {
    "api": (
        "INSERT INTO lap_times (race_id) VALUES ('2024-1')",
        "DELETE FROM captures",
        "UPDATE installation SET swept_at = NULL",
        "DELETE FROM api_keys",
        "SELECT nextval('capture_order')",
    ),
    "worker": (
        "SELECT secret_sha256 FROM api_keys",
        "INSERT INTO api_quotas (subject) VALUES ('a')",
        "UPDATE budgets SET per_window = 1",
        "DELETE FROM decisions",
        "UPDATE decisions SET why = 'x'",
    ),
    "ingest": (
        "INSERT INTO aggregations (race_id) VALUES ('2024-1')",
        "DELETE FROM lap_times",
        "INSERT INTO races (race_id) VALUES ('2024-1')",
        "UPDATE captures SET parser_version = 1",
        "DELETE FROM captures",
        "SELECT secret_sha256 FROM api_keys",
        "DELETE FROM decisions",
    ),
}
EVERYONE = (
    "CREATE TABLE mine (a int)",
    "CREATE TEMPORARY TABLE mine (a int)",
    "ALTER TABLE captures ADD COLUMN mine int",
    "DROP TABLE lap_times",
    "TRUNCATE races CASCADE",
    "UPDATE alembic_version SET version_num = '0001'",
    "CREATE ROLE mine",
    "SET ROLE f1_migration",
)
EACH = [(role, one) for role, own in REFUSED.items() for one in (*own, *EVERYONE)]


@pytest.mark.parametrize(("role", "statement"), EACH)
def test_actions_that_a_program_does_not_need_are_refused(
    database: Database, role: str, statement: str
) -> None:
    with (
        database.connect(role) as cursor,
        pytest.raises(psycopg2.errors.InsufficientPrivilege, match=r"permission denied|must be"),
    ):
        cursor.execute(statement)


def test_other_roles_cannot_connect(database: Database, postgres: Postgres) -> None:
    postgres.execute("CREATE ROLE f1_stranger LOGIN PASSWORD 'of-stranger'")
    try:
        with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
            database.connect("stranger")
    finally:
        postgres.execute("DROP ROLE f1_stranger")


def test_tables_of_later_migrations_are_readable_and_the_workers_to_write(
    database: Database,
) -> None:
    with database.connect("migration") as cursor:
        cursor.execute("CREATE TABLE later (id serial, a int)")
    try:
        with database.connect("worker") as cursor:
            cursor.execute("INSERT INTO later (a) VALUES (1)")
        for role in ("api", "ingest"):
            with database.connect(role) as cursor:
                cursor.execute("SELECT a FROM later")
                assert cursor.fetchone() == (1,)
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute("DELETE FROM later")
        assert database.make_roles().returncode == 0, "a second run keeps the worker's rights"
        with database.connect("worker") as cursor:
            cursor.execute("INSERT INTO later (a) VALUES (2)")
    finally:
        with database.connect("migration") as cursor:
            cursor.execute("DROP TABLE later")


def test_a_second_run_revokes_what_is_not_listed(database: Database) -> None:
    with database.connect("migration") as cursor:
        cursor.execute("GRANT UPDATE (time_ms), DELETE ON lap_times TO f1_api")
    assert database.make_roles().returncode == 0
    with database.connect("postgres") as cursor:
        cursor.execute("SELECT has_any_column_privilege('f1_api', 'lap_times', 'UPDATE')")
        assert cursor.fetchone() == (False,)


def test_a_database_without_a_schema_has_a_hint(make_database: Callable[[], Database]) -> None:
    done = make_database().make_roles()
    assert done.returncode == 3
    assert "has no schema yet" in done.stderr
    assert "Install the chart first" in done.stderr
