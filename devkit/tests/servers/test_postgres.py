"""The embedded Postgres: isolated databases, a password, and no loss after a crash."""

import contextlib
import os
from pathlib import Path

import psutil
import psycopg2
import pytest
import sqlalchemy as sa

from f1_devkit.servers.child import ChildFailed
from f1_devkit.servers.postgres import Postgres


def test_each_test_has_its_own_migrated_database(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO drivers (driver_id) VALUES ('a')"))
        assert connection.scalar(sa.text("SELECT count(*) FROM drivers")) == 1


def test_a_test_does_not_see_the_rows_of_another(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO drivers (driver_id) VALUES ('a')"))
        assert connection.scalar(sa.text("SELECT count(*) FROM drivers")) == 1


@pytest.mark.parametrize("crash", [True, False])
def test_committed_rows_survive_a_restart_at_the_same_address(
    private_postgres: Postgres, crash: bool
) -> None:
    url = private_postgres.url("f1")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO drivers (driver_id) VALUES ('kept')"))
    with engine.connect() as lost:
        lost.execute(sa.text("SELECT 1"))

        private_postgres.restart(crash=crash)

        with pytest.raises(sa.exc.OperationalError):
            lost.execute(sa.text("SELECT 1"))
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT driver_id FROM drivers")) == "kept"


def test_a_killed_server_has_no_session_that_responds(private_postgres: Postgres) -> None:
    url = private_postgres.url("f1").replace("+psycopg2", "")
    with contextlib.closing(psycopg2.connect(url)) as connection:
        session = psutil.Process(connection.info.backend_pid)
        session.suspend()  # so that it does not end by itself

        private_postgres.kill()

        assert not session.is_running()


def test_a_server_left_running_by_a_killed_parent_is_taken_over(private_postgres: Postgres) -> None:
    private_postgres.create_database("kept")
    successor = Postgres(private_postgres.directory, durable=False, port=private_postgres.port)

    with successor:
        assert not private_postgres.running
        psycopg2.connect(successor.url("kept").replace("+psycopg2", "")).close()


def test_a_password_is_required(private_postgres: Postgres) -> None:
    url = private_postgres.url().replace("+psycopg2", "").replace("postgres:", "postgres:x", 1)
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(url)


def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path, postgres: Postgres) -> None:
    taken = Postgres(postgres.directory / "second", durable=False, port=postgres.port)
    with pytest.raises(ChildFailed, match="could not bind IPv4 address"):
        taken.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as another user")
def test_as_root_it_runs_in_folders_that_others_cannot_access(server_directory: Path) -> None:
    # Not tmp_path, since each pytest removes access for others from its parent folder.
    private = server_directory / "private"
    private.mkdir(mode=0o700)
    with Postgres(private / "postgres", durable=False) as server:
        server.ensure_database("f1")
        assert server.ensure_database("f1") == server.url("f1")
    assert private.stat().st_mode & 0o077 == 0o001  # accessible, but not listable
