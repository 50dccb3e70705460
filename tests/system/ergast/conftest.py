"""Servers whose `/ergast/f1` answers from seasons that went the whole way: source, S3, worker."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastf1
import fastf1.req
import httpx
import pytest
import sqlalchemy as sa
from ergast_py.requester import Requester
from fastf1.ergast import interface, legacy
from uritemplate import URITemplate

from f1_ingest.synthetic import Dataset, season
from f1_ingest.synthetic.dataset import merge
from f1_local import recorded
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
    """2021 and 2022 as they were, imported from the Ergast archive and served in large pages."""
    installation = install(F1_API_ERGAST_MAX_LIMIT="2000")
    archive = str(shared / "ergast-csv-2021-2022")
    installation.run("f1-ingest", "import", archive, "--source", "ergast-csv")
    installation.run("f1-worker", "run", "--drain")
    return answering(installation)


@pytest.fixture(scope="session")
def recorded_answers(shared: Path) -> dict[str, Any]:
    """What was recorded of the real services, by path."""
    return recorded.read(shared / "jolpica-responses")


@pytest.fixture(scope="session")
def recorded_races(
    recorded_answers: dict[str, Any], install: Install, answering: Callable[..., Served], s3: S3
) -> Served:
    """The recorded rows, processed by the worker from captures in S3."""
    installation = install()
    found = recorded.Recorded(recorded_answers)
    with s3.store(installation.environment["F1_S3_BUCKET"]) as store:
        for capture in found.captures():
            store.put(capture.key, capture.encode())
    installation.run("f1-worker", "run", "--drain")
    with installation.engine().begin() as connection:
        states = connection.scalars(sa.text("SELECT DISTINCT state FROM captures")).all()
        assert states == ["processed"]
        for year, url in found.seasons.items():
            connection.execute(
                sa.text("UPDATE seasons SET url = :url WHERE season = :season"),
                {"url": url, "season": year},
            )
    return answering(installation)


Pointed = Callable[[str], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def fastf1_at() -> Pointed:
    """Has FastF1 ask an address: with nothing changed but that, and how often it dares to."""

    @contextlib.contextmanager
    def at(url: str) -> Iterator[None]:
        fastf1.Cache.set_disabled()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(interface, "BASE_URL", url)
            patch.setattr(legacy, "base_url", url)
            # It keeps to 4 requests a second and 500 an hour, wherever it asks.
            patch.setattr(fastf1.req._SessionWithRateLimiting, "_RATE_LIMITS", {})
            yield
        fastf1.Cache.set_enabled()

    return at


@pytest.fixture(scope="session")
def ergast_py_at() -> Pointed:
    """Has ergast-py ask an address, which it has fixed in one function."""

    @contextlib.contextmanager
    def at(url: str) -> Iterator[None]:
        template = URITemplate(
            url + "{/season}{/round}{/criteria*}{/resource}{/value}.json{?limit,offset}"
        )

        def run_request(season: Any, round_no: Any, criteria: Any, **rest: Any) -> Any:
            asked = template.expand(season=season, round=round_no, criteria=criteria, **rest)
            answer = httpx.get(asked)
            assert answer.status_code == 200, (asked, answer.text)
            return answer.json()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Requester, "run_request", staticmethod(run_request))
            yield

    return at
