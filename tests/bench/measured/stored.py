"""Two full seasons in a real database, as the worker writes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from f1_devkit.servers.postgres import Postgres
from measured.captures import write_seasons
from measured.installation import BUCKET, installation, servers

YEARS = (2023, 2024)
RESOURCES = (
    "results", "qualifying", "sprint", "laps", "pitstops", "driverstandings",
    "constructorstandings",
)  # fmt: skip
CACHES = {"warm": 64, "cold": 0}
"""The API's cache in MB: answers are cached, or made from the tables for each request."""


DATABASE = "stored"


class Stored(NamedTuple):
    """A folder for logs, the database server, and settings of the programs."""

    folder: Path
    postgres: Postgres
    environment: dict[str, str]


@contextmanager
def two_seasons() -> Iterator[Stored]:
    """Write the seasons; they are deleted at the end."""
    with servers() as (folder, postgres, s3):
        place = installation(postgres, s3, DATABASE)
        with s3.store(BUCKET) as store:
            write_seasons(store, YEARS, RESOURCES)
        place.run("f1-worker", "run", "--drain")
        yield Stored(folder, postgres, place.environment)
