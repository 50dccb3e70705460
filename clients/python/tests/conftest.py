"""The client, generated for these tests, and an API with a synthetic season."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import Served, start

from f1_devkit.programs.installation import Installation
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3
from f1_ingest.synthetic import season

CLIENT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the generated package."""
    folder = tmp_path_factory.mktemp("client") / "f1_aggregator_client"
    generate = [str(CLIENT / "generate"), str(folder)]
    done = subprocess.run(generate, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return folder.parent


@pytest.fixture(scope="session")
def api(postgres: Postgres, template_database: str, s3: S3) -> Iterator[Served]:
    """An API with two rounds of a season."""
    url = postgres.create_database("f1_client", template_database)
    s3.store("f1-client").close()
    settings = {"F1_DATABASE_URL": url}
    settings |= {"F1_BUDGET_PER_SECOND": "1000", "F1_BUDGET_PER_HOUR": "100000"}
    with JolpicaServer(season(2024)) as source:
        settings |= {"F1_SYNTHETIC_URL": source.url, "F1_WORKER_METRICS_PORT": "0"}
        installation = Installation({**os.environ, **s3.environment("f1-client"), **settings})
        rounds = ("--season", "2024", "--rounds", "1-2")
        installation.run("f1-ingest", "backfill", "--source", "synthetic", *rounds)
        installation.run("f1-worker", "run", "--drain")
    served = start(installation)
    yield served
    served.client.close()
    for process in installation.started:
        process.terminate()
        process.wait(timeout=60)
