"""Servers whose `/ergast/f1` answers from fetched and processed seasons."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import fastf1
import fastf1.req
import httpx
import pytest
import sqlalchemy as sa
from archives import recorded
from ergast_py.requester import Requester
from fastf1.ergast import interface, legacy
from served import Served, import_archive
from uritemplate import URITemplate

from f1_devkit.programs.installation import Installation
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.s3 import S3
from f1_ingest.synthetic import Dataset, season
from f1_ingest.synthetic.dataset import merge

SEASONS = (2022, 2023)
Install = Callable[..., Installation]


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """Six races of each of two synthetic seasons, with only the first laps."""
    made = merge(season(year) for year in SEASONS)
    made.weekends = [weekend for weekend in made.weekends if weekend.race.round <= 6]
    for weekend in made.season(SEASONS[0]):
        # ergast-py fails on an empty duration and on a lap without a position, also with Jolpica.
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
def two_seasons(shared_data: Path, install: Install, answering: Callable[..., Served]) -> Served:
    """Real seasons, 2021 and 2022, from the Ergast archive and served in large pages."""
    installation = install(F1_API_ERGAST_MAX_LIMIT="2000")
    archive = shared_data / "ergast-csv-2021-2022"
    import_archive(installation, archive)
    return answering(installation)


@pytest.fixture(scope="session")
def recorded_answers(shared_data: Path) -> dict[str, Any]:
    """Recorded answers of the real services, by path."""
    return recorded.read(shared_data / "jolpica-responses")


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
    """Makes FastF1 use another address; nothing else is changed except its rate limit."""

    @contextlib.contextmanager
    def at(url: str) -> Iterator[None]:
        fastf1.Cache.set_disabled()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(interface, "BASE_URL", url)
            patch.setattr(legacy, "base_url", url)
            # It sends at most 4 requests a second and 500 an hour, to any address.
            patch.setattr(fastf1.req._SessionWithRateLimiting, "_RATE_LIMITS", {})
            yield
        fastf1.Cache.set_enabled()

    return at


@pytest.fixture(scope="session")
def ergast_py_at() -> Pointed:
    """Makes ergast-py use another address, which is fixed in one of its functions."""

    @contextlib.contextmanager
    def at(url: str) -> Iterator[None]:
        template = URITemplate(
            url + "{/season}{/round}{/criteria*}{/resource}{/value}.json{?limit,offset}"
        )

        def run_request(season: Any, round_no: Any, criteria: Any, **rest: Any) -> Any:
            url = template.expand(season=season, round=round_no, criteria=criteria, **rest)
            answer = httpx.get(url)
            assert answer.status_code == 200, (url, answer.text)
            return answer.json()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Requester, "run_request", staticmethod(run_request))
            yield

    return at
