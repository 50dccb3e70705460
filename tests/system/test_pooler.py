"""The programs need a pooler's session mode, with which test_private_authority runs all of them.

In transaction mode, all clients share the same connections to Postgres.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from pgbouncer import PgBouncer

from f1_devkit.servers.postgres import Postgres


@pytest.fixture
def two_clients(postgres: Postgres, server_directory: Path) -> Iterator[tuple[Any, Any]]:
    """Cursors of two clients of a pooler in transaction mode with one connection to Postgres."""
    folder = server_directory / "transaction-mode"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)
    with (
        PgBouncer(folder, postgres.url(), "transaction", size=1) as pooler,
        closing(psycopg2.connect(pooler.url("postgres"))) as one,
        closing(psycopg2.connect(pooler.url("postgres"))) as other,
    ):
        one.autocommit = other.autocommit = True
        yield one.cursor(), other.cursor()


def test_two_clients_can_hold_the_same_session_lock(two_clients: tuple[Any, Any]) -> None:
    """Sweeps and migrations use one, so that only one runs at a time."""
    taken = []
    for client in two_clients:
        client.execute("SELECT pg_try_advisory_lock(1)")
        taken += client.fetchone()
    assert taken == [True, True]


def test_a_client_sees_prepared_queries_of_another(two_clients: tuple[Any, Any]) -> None:
    """The API prepares its queries once for each connection."""
    one, other = two_clients
    one.execute("PREPARE query AS SELECT 1")
    with pytest.raises(psycopg2.errors.DuplicatePreparedStatement):
        other.execute("PREPARE query AS SELECT 2")
