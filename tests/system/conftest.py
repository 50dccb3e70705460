"""All programs together, as a user runs them, on real servers."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from forked.installation import ForkedInstallation
from served import Served, start

from f1_devkit.programs.installation import Installation
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3
from f1_ingest.synthetic import Dataset

SETTINGS = {
    "F1_BUDGET_PER_SECOND": "1000",  # without request limits, which have separate tests
    "F1_BUDGET_PER_HOUR": "100000",
    "F1_HTTP_BACKOFF_S": "0.05",
    "F1_HTTP_BACKOFF_MAX_S": "0.2",
    "F1_HTTP_TIMEOUT_S": "5",
    "F1_WORKER_METRICS_PORT": "0",
}


@pytest.fixture
def fresh_database(postgres: Postgres, template_database: str) -> Iterator[Callable[..., str]]:
    """Makes databases: empty and migrated, or copies of an unused one."""
    made: list[str] = []

    def make(template: str = template_database) -> str:
        made.append(f"f1_system_{len(made)}")
        return postgres.create_database(made[-1], template)

    yield make
    for name in made:
        postgres.drop_database(name)


@pytest.fixture
def fresh_installation(
    fresh_database: Callable[[], str], s3: S3, request: pytest.FixtureRequest
) -> Iterator[Callable[[], Installation]]:
    """Makes installations, each on a fresh database and bucket."""
    made: list[Installation] = []

    def make() -> Installation:
        digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]
        bucket = f"f1-system-{digest}-{len(made)}"
        s3.store(bucket).close()
        place = {"F1_DATABASE_URL": fresh_database(), **s3.environment(bucket)}
        made.append(ForkedInstallation({**os.environ, **SETTINGS, **place}))
        return made[-1]

    yield make
    for process in (process for installation in made for process in installation.started):
        process.kill()
        process.wait()


@pytest.fixture
def installation(fresh_installation: Callable[[], Installation]) -> Installation:
    """An installation on a fresh database and bucket."""
    return fresh_installation()


Install = Callable[..., Installation]


@pytest.fixture(scope="session")
def install(postgres: Postgres, template_database: str, s3: S3) -> Iterator[Install]:
    """Makes installations that several tests share, each with a separate database and bucket."""
    made: list[Installation] = []

    def make(**settings: str) -> Installation:
        name = f"f1_shared_{len(made)}"
        bucket = name.replace("_", "-")
        s3.store(bucket).close()
        place = {
            "F1_DATABASE_URL": postgres.create_database(name, template_database),
            "F1_BUDGET_PER_SECOND": "1000",
            "F1_BUDGET_PER_HOUR": "100000",
            "F1_WORKER_METRICS_PORT": "0",
            **s3.environment(bucket),
        }
        made.append(ForkedInstallation({**os.environ, **place, **settings}))
        return made[-1]

    yield make
    for process in (process for installation in made for process in installation.started):
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def answering() -> Iterator[Callable[[Installation], Served]]:
    """Starts the API of an installation."""
    with ExitStack() as open_clients:

        def answer(installation: Installation) -> Served:
            served = start(installation)
            open_clients.callback(served.client.close)
            return served

        yield answer


@pytest.fixture
def serve() -> Iterator[Callable[..., JolpicaServer]]:
    """Starts a stand-in for Jolpica with a dataset, and configures the installation for it."""
    servers: list[JolpicaServer] = []

    def start(installation: Installation, dataset: Dataset, **options: Any) -> JolpicaServer:
        server = JolpicaServer(dataset, **options).__enter__()
        servers.append(server)
        installation.environment["F1_JOLPICA_URL"] = server.url
        installation.environment["F1_SYNTHETIC_URL"] = server.url
        return server

    yield start
    for server in servers:
        server.__exit__(None, None, None)
