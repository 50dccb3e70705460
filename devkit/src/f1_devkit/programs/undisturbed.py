"""The outcome of a season without faults, for a comparison with a disturbed one."""

import contextlib
import itertools
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from f1_devkit.programs.installation import Installation
from f1_devkit.programs.tables import Rows, read_season
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3
from f1_ingest.synthetic import season

_UNLIMITED = {"F1_BUDGET_PER_SECOND": "1000", "F1_BUDGET_PER_HOUR": "100000"}


@dataclass(frozen=True)
class Outcome:
    """The outcome of a season.

    Attributes:
        rows: all its rows, by table.
        requests: number of requests to each URL (path and query), including those of planning.
    """

    rows: dict[str, Rows]
    requests: Counter[str]

    def requested_again(self, urls: Iterable[str]) -> set[str]:
        """The paths of captures with more requests than here."""
        return {url.partition("?")[0] for url in Counter(urls) - self.requests}


class Undisturbed:
    """Plans, fetches and processes synthetic seasons, each once, on the loopback address."""

    def __init__(self, postgres: Postgres, template: str, s3: S3) -> None:
        """Use these servers; `template` is a migrated database."""
        self._postgres = postgres
        self._template = template
        self._s3 = s3
        self._numbers = itertools.count(1)
        self.outcome = cache(self._outcome)

    def _outcome(self, year: int, rounds: str = "all") -> Outcome:
        arguments = ("--source", "synthetic", "--season", str(year), "--rounds", rounds)
        with JolpicaServer(season(year)) as source, self._installation(source) as installation:
            installation.run("f1-ingest", "plan", *arguments)
            installation.run("f1-ingest", "backfill", *arguments)
            installation.run("f1-worker", "run", "--drain")
            return Outcome(
                rows=read_season(installation.engine(), year),
                requests=Counter(request.url for request in source.log),
            )

    @contextlib.contextmanager
    def _installation(self, source: JolpicaServer) -> Iterator[Installation]:
        number = next(self._numbers)
        database, bucket = f"f1_undisturbed_{number}", f"f1-undisturbed-{number}"
        self._s3.store(bucket).close()
        place = {
            "F1_DATABASE_URL": self._postgres.create_database(database, self._template),
            "F1_SYNTHETIC_URL": source.url,
            "F1_WORKER_METRICS_PORT": "0",
            **self._s3.environment(bucket),
        }
        yield Installation({**os.environ, **_UNLIMITED, **place})
        self._postgres.drop_database(database)
