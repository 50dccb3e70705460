"""Attacks on the running programs: `make attack`.

Each test runs a program as users do, attacks it over the loopback address within `attack(...)`, and
fails if the program needs more memory or time than allowed. The table at the end shows resident
memory before, at most and after.
"""

import contextlib
import os
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from f1_devkit.programs.installation import Installation
from f1_devkit.programs.processes import program
from f1_devkit.programs.under_attack import HEADING, Measured, UnderAttack
from f1_devkit.servers.child import Child
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.ports import LOOPBACK, free_port
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3
from f1_ingest.synthetic import season

YEAR = 2024
_measured = pytest.StashKey[list[Measured]]()
_SETTINGS = {
    "F1_BUDGET_PER_SECOND": "1000",
    "F1_BUDGET_PER_HOUR": "100000",
    "F1_WORKER_METRICS_PORT": "0",
    "F1_LOG_LEVEL": "WARNING",
}

Attack = Callable[..., contextlib.AbstractContextManager[UnderAttack]]


class Api(NamedTuple):
    """A running f1-api: the real program, its port, and the URL that clients use."""

    child: Child
    port: int
    url: str


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    found = terminalreporter.config.stash.get(_measured, [])
    if found:
        terminalreporter.write_sep("=", "resident memory, MB")
        for line in (HEADING, *map(str, found)):
            terminalreporter.write_line(line)


@pytest.fixture
def attack(request: pytest.FixtureRequest) -> Attack:
    """Watches a program during an attack: `with attack(child.pid, most_mb=50): ...`.

    `name` is the row's name in the table; default: the test's name.
    """

    @contextlib.contextmanager
    def watched(pid: int, *, most_mb: float, name: str = "") -> Iterator[UnderAttack]:
        title = name or request.node.name.removeprefix("test_").replace("_", " ")
        under = UnderAttack(title, pid, most_mb=most_mb)
        try:
            with under:
                yield under
        finally:
            if under.measured is not None:
                request.config.stash.setdefault(_measured, []).append(under.measured)

    return watched


@pytest.fixture(scope="session")
def installation(
    postgres: Postgres, template_database: str, s3: S3, server_directory: object
) -> Installation:
    """An installation with two races in its database and bucket, shared by all attacks."""
    bucket = "f1-attacks"
    s3.store(bucket).close()
    url = postgres.create_database("f1_attacks", template_database)
    place = Installation(
        {**os.environ, **_SETTINGS, "F1_DATABASE_URL": url, **s3.environment(bucket)}
    )
    with JolpicaServer(season(YEAR)) as source:
        place.environment["F1_SYNTHETIC_URL"] = source.url
        place.run("f1-ingest", "backfill", "--source", "synthetic", "--season", str(YEAR),
                  "--rounds", "1-2")  # fmt: skip
        place.run("f1-worker", "run", "--drain")
    return place


@pytest.fixture(scope="session")
def start_api(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Api]]:
    """Starts an f1-api on the installation's database, with settings; it ends with the attacks."""
    with contextlib.ExitStack() as stack:

        def start(**settings: str) -> Api:
            port = free_port()
            environment = {**installation.environment, "F1_API_PORT": str(port), **settings}
            folder = tmp_path_factory.mktemp("api")
            child = program("f1-api", directory=folder, environment=environment)
            api = Api(stack.enter_context(child), port, f"http://{LOOPBACK}:{port}")
            _wait(child, f"{api.url}/readyz")
            return api

        yield start


@pytest.fixture(scope="session")
def api(start_api: Callable[..., Api]) -> Api:
    """An f1-api with its default settings: one process for all attacks, one after another."""
    return start_api()


def _wait(child: Child, url: str) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError as error:
            if not child.running or time.monotonic() > deadline:
                raise child.failed("did not answer") from error
            time.sleep(0.05)
