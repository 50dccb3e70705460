"""A real pgbouncer in front of the tests' Postgres, with TLS if it has a certificate."""

import os
import pwd
import time
from pathlib import Path
from typing import Self

import psycopg2
import pytest
import sqlalchemy as sa

from f1_devkit.servers.child import Child
from f1_devkit.servers.ports import LOOPBACK, free_port

_FOLDER = Path(__file__).parents[2] / ".cache" / "pgbouncer"


def program() -> Path:
    """The program that `make pgbouncer` installs in .cache; without it the test is skipped."""
    found = _FOLDER / "bin" / "pgbouncer"
    if not found.exists():
        why = "pgbouncer is missing: run make pgbouncer"
        if os.environ.get("F1_REQUIRE_PGBOUNCER"):
            pytest.fail(why)
        pytest.skip(why)
    return found


class PgBouncer:
    """A pooler on the loopback address; databases have the same names as in Postgres."""

    def __init__(
        self,
        folder: Path,
        upstream: str,
        mode: str,
        *,
        size: int = 20,
        certificate: Path | None = None,
    ) -> None:
        """Prepare it.

        Args:
            folder: other users must be able to read it.
            upstream: a URL of Postgres; the pooler has the same user and password.
            mode: session or transaction.
            size: connections to Postgres for each database.
            certificate: a PEM file with the server's certificate and its key.
        """
        self._url = sa.make_url(upstream)
        self.port = free_port()
        users = folder / "users.txt"
        users.write_text(f'"{self._url.username}" "{self._url.password}"\n')
        tls = ""
        if certificate:
            tls = f"client_tls_sslmode = require\nclient_tls_cert_file = {certificate}\n"
            tls += f"client_tls_key_file = {certificate}\n"
        config = folder / "pgbouncer.ini"
        config.write_text(
            f"[databases]\n* = host={self._url.host} port={self._url.port}\n[pgbouncer]\n"
            f"listen_addr = {LOOPBACK}\nlisten_port = {self.port}\nunix_socket_dir =\n"
            f"auth_type = plain\nauth_file = {users}\npool_mode = {mode}\n"
            f"default_pool_size = {size}\nmax_client_conn = 200\n"
            # As its manual says for clients that set parameters when they connect.
            "ignore_startup_parameters = options,extra_float_digits\n"
            + (tls if certificate else "")
        )
        users.chmod(0o644)
        config.chmod(0o644)
        self._child = Child(
            "pgbouncer",
            [program(), "-q", config],
            directory=folder,
            environment={"LD_LIBRARY_PATH": str(_FOLDER / "lib")},
            user=pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None,
        )

    def url(self, database: str, host: str = LOOPBACK, **query: str) -> str:
        """The URL of a database through the pooler."""
        url = self._url.set(
            drivername="postgresql", host=host, port=self.port, database=database, query=query
        )
        return url.render_as_string(hide_password=False)

    def __enter__(self) -> Self:
        self._child.start()
        deadline = time.monotonic() + 20
        while True:
            try:
                psycopg2.connect(self.url("postgres"), connect_timeout=5).close()
            except psycopg2.OperationalError as error:
                if not self._child.running or time.monotonic() > deadline:
                    raise self._child.failed("did not answer") from error
                time.sleep(0.02)
            else:
                return self

    def __exit__(self, *_: object) -> None:
        self._child.stop()
