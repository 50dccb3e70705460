"""Fixtures of the API's tests: a small season in a real database, and the real server in front."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from api_database import Database
from api_server import Running, running, wait_for
from small_season import fill

from f1_core.program import logs
from f1_core.settings import LogSettings
from f1_devkit.servers.postgres import Postgres

_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """As in production: the default format of tracebacks takes seconds."""
    logs.configure(LogSettings(level="WARNING"), "f1-api")


@pytest.fixture(scope="session")
def season_template(postgres: Postgres, template_database: str) -> str:
    """The name of a database with the small season, to be copied."""
    name = "f1_api_season"
    engine = sa.create_engine(postgres.create_database(name, template_database))
    fill(Database(engine))
    engine.dispose()
    return name


@pytest.fixture
def season_url(postgres: Postgres, season_template: str) -> Iterator[str]:
    """A database with the small season for this test alone."""
    name = f"f1_api_{next(_numbers)}"
    yield postgres.create_database(name, season_template)
    postgres.drop_database(name)


@pytest.fixture
def season(season_url: str) -> Iterator[Database]:
    """The same database, for writing."""
    engine = sa.create_engine(season_url)
    yield Database(engine, order=1000)
    engine.dispose()


@pytest.fixture
def serve(season_url: str) -> Iterator[Callable[..., Running]]:
    """Start servers on the test's database, with settings; they end with the test."""
    with contextlib.ExitStack() as stack:

        def start(url: str = season_url, **settings: Any) -> Running:
            started = stack.enter_context(running(url, **settings))
            wait_for(lambda: started.service.watcher.alive)
            return started

        yield start


@pytest.fixture
def fresh_api(serve: Callable[..., Running]) -> Running:
    """A server without cache on the test's database."""
    return serve(cache_mb=0)


@pytest.fixture(scope="session")
def api(postgres: Postgres, season_template: str) -> Iterator[Running]:
    """The server on the small season, shared by all tests that only read."""
    with running(postgres.create_database("f1_api_shared", season_template)) as shared:
        wait_for(lambda: shared.service.watcher.alive)
        yield shared


FIRST = "ada\t1\t1\t90000\nada\t2\t1\t85000\nbruno\t1\t2\t91000"
CORRECTED = "ada\t1\t1\t90000\nada\t2\t1\t84999\ncleo\t1\t2\t\\N"


@pytest.fixture
def corrected(season: Database) -> dict[str, str]:
    """Laps of spa that were corrected once; the correction is followed by a held capture."""
    first = season.content("laps", "2024-spa", 2, FIRST)
    second = season.content("laps", "2024-spa", 2, CORRECTED, replaced=first)
    held = season.content("laps", "2024-spa", 2, "", state="held", reason="it is empty")
    season.execute("UPDATE installation SET bucket = 'f1-raw'")
    season.apply("laps", "2024-spa", second)
    return {"first": first, "second": second, "held": held}


@pytest.fixture
def eventually() -> Callable[..., None]:
    """:func:`wait_for`."""
    return wait_for
