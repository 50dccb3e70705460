"""Fixtures: a real Postgres, a real S3 server, and the stand-in source.

Enabled by `pytest_plugins = ["f1_devkit.pytest_plugins.servers"]` in a root conftest, or `-p`.

==================== ========= ==================================================================
`postgres`           session   the server that all tests of this process share
`database_url`       test      a fresh, migrated database (80 ms)
`engine`             test      an SQLAlchemy engine on it
`private_postgres`   test      the test's own server, to kill and restart; see its `url("f1")`
`s3`                 session   the S3 server
`store`, `bucket`    test      a raw store on a fresh bucket
`s3_proxy`           test      the S3 server behind a proxy that can fail
`f1_environment`     test      settings for a subprocess: that database, that bucket
`jolpica_server`     test      creates stand-in sources; see its docstring
==================== ========= ==================================================================

With pytest-xdist each worker has its own servers; they start in under a second.
"""

import itertools
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from f1_core.postgres import database
from f1_core.store.rawstore import RawStore
from f1_devkit.pytest_plugins.folders import server_folder
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3
from f1_devkit.servers.s3_faults import S3FaultProxy
from f1_ingest.synthetic import Dataset, cached_season

_TEMPLATE = "f1_template"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server_directory() -> Iterator[Path]:
    """A folder for the servers' data."""
    with server_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres(server_directory: Path) -> Iterator[Postgres]:
    """The Postgres server that tests share. To restart one, use `private_postgres`."""
    with Postgres(server_directory / "postgres", durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def template_database(postgres: Postgres) -> str:
    """The name of a database that was migrated once, to be copied."""
    database.migrate(postgres.create_database(_TEMPLATE))
    return _TEMPLATE


@pytest.fixture
def database_url(postgres: Postgres, template_database: str) -> Iterator[str]:
    """The URL of a fresh, migrated database; dropped after the test."""
    name = f"f1_test_{next(_numbers)}"
    yield postgres.create_database(name, template_database)
    postgres.drop_database(name)


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """An engine on the test's database."""
    engine = sa.create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def _stopped_postgres(server_directory: Path) -> Path:
    """The folder of a server with a migrated database `f1`, to be copied."""
    folder = server_directory / "postgres-stopped"
    with Postgres(folder, durable=False) as server:
        database.migrate(server.create_database("f1"))
    return folder


@pytest.fixture
def private_postgres(server_directory: Path, _stopped_postgres: Path) -> Iterator[Postgres]:
    """The test's own server with a migrated database `f1`, to kill and restart."""
    folder = server_directory / f"postgres-{next(_numbers)}"
    subprocess.run(["cp", "-a", _stopped_postgres, folder], check=True)  # noqa: S603, S607 - keeps owners
    with Postgres(folder, durable=False) as server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def s3(server_directory: Path) -> Iterator[S3]:
    """The S3 server."""
    with S3(server_directory / "s3") as server:
        yield server


@pytest.fixture
def store(s3: S3) -> Iterator[RawStore]:
    """A raw store on a fresh bucket."""
    with s3.store(f"f1-test-{next(_numbers)}") as store:
        yield store


@pytest.fixture
def bucket(store: RawStore) -> RawStore:
    """The same as `store`."""
    return store


@pytest.fixture
def s3_proxy(s3: S3) -> Iterator[S3FaultProxy]:
    """The S3 server behind a proxy; set its `faults`, and pass its `endpoint` to the program."""
    with S3FaultProxy(s3.port) as proxy:
        yield proxy


@pytest.fixture
def f1_environment(database_url: str, s3: S3, store: RawStore) -> dict[str, str]:
    """Settings for a program run as a subprocess, with the test's database and bucket.

    PYTHONPATH is the test's, so that `make mutants` changes the program, too. The worker's metrics
    have a free port, so that several workers can run beside each other.
    """
    path = {name: value for name, value in os.environ.items() if name == "PYTHONPATH"}
    return {
        "F1_DATABASE_URL": database_url,
        "F1_WORKER_METRICS_PORT": "0",
        **path,
        **s3.environment(store.bucket),
    }


@pytest.fixture
def jolpica_server() -> Iterator[Callable[..., JolpicaServer]]:
    """Creates running stand-in sources: `jolpica_server()`, or with a dataset and faults.

    ::

        server = jolpica_server(season(2023), faults=Faults(rates={"504": 0.1}))
        settings = {"F1_SYNTHETIC_URL": server.url}
        ...
        assert server.log.count("/laps", status=200) == 11
    """
    with ExitStack() as running:

        def make(dataset: Dataset | None = None, **options: Any) -> JolpicaServer:
            data = cached_season(2024) if dataset is None else dataset
            return running.enter_context(JolpicaServer(data, **options))

        yield make
