"""Servers whose `/ergast/f1` answers from seasons that went the whole way: source, S3, worker."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from f1_ingest.synthetic import Dataset, season
from f1_ingest.synthetic.dataset import merge
from f1_local.installation import Installation
from f1_local.jolpica.server import JolpicaServer
from f1_local.ports import LOOPBACK, free_port
from f1_local.postgres import Postgres
from f1_local.s3 import S3

SEASONS = (2022, 2023)


@dataclass
class Served:
    """What a server answers from, and its `/ergast/f1`.

    Attributes:
        url: without a slash at the end.
    """

    installation: Installation
    client: httpx.Client
    url: str

    def get(self, path: str, **query: int | str) -> httpx.Response:
        """Ask; the path is what follows `/ergast/f1`."""
        return self.client.get(f"/ergast/f1{path}", params=query)

    def ask(self, path: str, **query: int | str) -> dict[str, Any]:
        """The answer's MRData; fails the test if it is an error."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()["MRData"]  # type: ignore[no-any-return]


Install = Callable[..., Installation]


@pytest.fixture(scope="session")
def install(postgres: Postgres, template_database: str, s3: S3) -> Iterator[Install]:
    """Makes installations that all tests here share, each on a database and bucket of its own."""
    made: list[Installation] = []

    def make(**settings: str) -> Installation:
        name = f"f1_ergast_{len(made)}"
        bucket = name.replace("_", "-")
        s3.store(bucket).close()
        place = {
            "F1_DATABASE_URL": postgres.create_database(name, template_database),
            "F1_BUDGET_PER_SECOND": "1000",
            "F1_BUDGET_PER_HOUR": "100000",
            "F1_WORKER_METRICS_PORT": "0",
            **s3.environment(bucket),
        }
        made.append(Installation({**os.environ, **place, **settings}))
        return made[-1]

    yield make
    for process in (process for installation in made for process in installation.started):
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def answering() -> Iterator[Callable[[Installation], Served]]:
    """Starts the API of an installation."""
    clients: list[httpx.Client] = []

    def start(installation: Installation) -> Served:
        port = free_port()
        installation.environment["F1_API_PORT"] = str(port)
        process = installation.start("f1-api")
        url = f"http://{LOOPBACK}:{port}"
        clients.append(httpx.Client(base_url=url, timeout=30))
        deadline = time.monotonic() + 120  # seconds on a machine that has time
        while not _is_ready(clients[-1]):
            assert process.poll() is None, "the API ended"
            assert time.monotonic() < deadline, "the API did not start"
            time.sleep(0.05)
        return Served(installation, clients[-1], f"{url}/ergast/f1")

    yield start
    for client in clients:
        client.close()


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """Six races of each of two seasons from the generator, of which the first laps are enough."""
    made = merge(season(year) for year in SEASONS)
    made.weekends = [weekend for weekend in made.weekends if weekend.race.round <= 6]
    for weekend in made.season(SEASONS[0]):
        # ergast-py fails on an empty duration and on a lap without a position, here as at Jolpica.
        for stop in weekend.pit_stops:
            stop.duration = stop.duration or "25.000"
        for lap in weekend.laps:
            lap.position = lap.position or 20
    for weekend in made.weekends:
        weekend.laps = [lap for lap in weekend.laps if lap.lap <= 5]
    raced = {weekend.race.circuit_id for weekend in made.weekends}
    made.circuits = {key: circuit for key, circuit in made.circuits.items() if key in raced}
    return made


@pytest.fixture(scope="session")
def synthetic(install: Install, answering: Callable[..., Served], dataset: Dataset) -> Served:
    """Those seasons, fetched, processed and served."""
    with JolpicaServer(dataset) as source:
        installation = install(F1_SYNTHETIC_URL=source.url)
        for year in SEASONS:
            installation.run(
                "f1-ingest", "backfill", "--source", "synthetic", "--season", str(year)
            )
        installation.run("f1-worker", "run", "--drain")
    return answering(installation)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Recorded data that lies beside the repository on some machines; not part of it."""
    folder = os.environ.get("F1_SHARED_DATA") or Path(__file__).parents[4] / "shared" / "data"
    found = Path(folder)
    if not found.is_dir():
        pytest.skip("no recorded data on this machine: F1_SHARED_DATA says where it is")
    return found


@pytest.fixture(scope="session")
def two_seasons(shared: Path, install: Install, answering: Callable[..., Served]) -> Served:
    """2021 and 2022 as they were, imported from the Ergast archive and served."""
    installation = install()
    archive = str(shared / "ergast-csv-2021-2022")
    installation.run("f1-ingest", "import", archive, "--source", "ergast-csv")
    installation.run("f1-worker", "run", "--drain")
    return answering(installation)
