"""An installation for a benchmark: a durable Postgres, an S3 server, settings without waits."""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from f1_core.postgres import database
from f1_devkit.programs.installation import Installation
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3

BUCKET = "bench"


@contextmanager
def servers() -> Iterator[tuple[Path, Postgres, S3]]:
    """A folder, and the two servers in it; deleted at the end."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="f1-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with S3(folder / "s3") as s3, Postgres(folder / "postgres") as postgres:
            yield folder, postgres, s3


def installation(postgres: Postgres, s3: S3, database_name: str) -> Installation:
    """Programs on a fresh database, and the benchmark's bucket."""
    url = postgres.create_database(database_name)
    database.migrate(url)
    s3.store(BUCKET).close()
    settings = {"F1_DATABASE_URL": url, "F1_LOG_LEVEL": "ERROR", "F1_WORKER_METRICS_PORT": "0"}
    return Installation({**os.environ, **s3.environment(BUCKET), **settings})
