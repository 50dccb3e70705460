"""Replaces the fixtures of Postgres and S3 by servers that run as long as `make mutants`.

As a program: starts them in a folder, prints their ports as JSON, and ends them when stdin ends.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from f1_core.postgres import database
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3

VARIABLE = "F1_MUTANTS_SERVERS"
_TEMPLATE = "f1_template"


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    """The server, without databases of aborted tests."""
    where = json.loads(os.environ[VARIABLE])
    server = Postgres(Path(where["folder"]) / "postgres", durable=False, port=where["postgres"])
    with (
        closing(psycopg2.connect(server.url().replace("+psycopg2", ""))) as connection,
        connection.cursor() as cursor,
    ):
        kept = ["postgres", "template0", "template1", _TEMPLATE]
        cursor.execute("SELECT datname FROM pg_database WHERE datname <> ALL (%s)", [kept])
        left = [name for (name,) in cursor]
    for name in left:
        server.drop_database(name)
    return server


@pytest.fixture(scope="session")
def template_database(postgres: Postgres) -> str:  # noqa: ARG001 - it is in there
    """The migrated database."""
    return _TEMPLATE


@pytest.fixture(scope="session")
def s3() -> S3:
    """The server, with no buckets."""
    where = json.loads(os.environ[VARIABLE])
    folder = Path(where["folder"]) / "s3"
    for below in ("objects", "sidecar"):
        for bucket in (folder / below).glob("*"):
            shutil.rmtree(bucket, ignore_errors=True)
    return S3(folder, port=where["s3"])


def _serve(folder: Path) -> Iterator[str]:
    with Postgres(folder / "postgres", durable=False) as server, S3(folder / "s3") as s3_server:
        database.migrate(server.create_database(_TEMPLATE))
        yield json.dumps(
            {"folder": str(folder), "postgres": server.port, "s3": s3_server.port},
        )


if __name__ == "__main__":
    for ports in _serve(Path(sys.argv[1])):
        print(ports, flush=True)
        sys.stdin.read()
