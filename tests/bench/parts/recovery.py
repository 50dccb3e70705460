"""The time to rebuild a lost database from S3, relative to pg_restore of a dump.

Two real seasons if their archive is beside the repository (F1_SHARED_DATA), otherwise two synthetic
ones. S3 has a capture of each race and resource, as in an installation that fetched them.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from measured.installation import BUCKET, installation, servers
from measured.report import Figure
from measured.work import children_cpu_s
from sqlalchemy import text

from f1_devkit.programs.installation import Installation
from f1_devkit.programs.tables import read_tables
from f1_devkit.servers.jolpica import ergast_csv
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.postgres import Postgres, find_binaries
from f1_devkit.servers.s3 import S3
from f1_ingest.synthetic import Dataset, season
from f1_ingest.synthetic.dataset import merge
from parts.backfill import HURRY

ARCHIVE = "ergast-csv-2021-2022"


def recovery() -> Iterator[Figure]:
    """The database from S3 by one worker and by two; and everything from the archive."""
    dataset, source, archive = _seasons()
    years = sorted({weekend.race.season for weekend in dataset.weekends})
    with servers() as (folder, postgres, s3):
        first = installation(postgres, s3, "first")
        with JolpicaServer(dataset) as server:
            first.environment |= HURRY | {f"F1_{source.upper()}_URL": server.url}
            for year in years:
                first.run("f1-ingest", "backfill", "--source", source, "--season", str(year))
        first.run("f1-worker", "run", "--drain")
        rows = read_tables(first.engine())
        dumped, restored = _dump_and_restore(postgres, folder)
        laps = f"{len(rows['lap_times']):,} laps"
        stored = _stored(first, s3)
        reference = "pg_restore of a dump of the same rows"
        measured = f"{restored:.1f} s, and {dumped:.1f} s to dump it"
        for workers in (1, 2):
            url = postgres.create_database(f"again_{workers}")
            again = first.on_database(url)
            cpu = children_cpu_s()
            took = _took(again, "f1", "replay", "--workers", str(workers))
            cpu = children_cpu_s() - cpu
            again_rows = read_tables(again.engine())
            assert all(again_rows[table] == found for table, found in rows.items())
            name = f"{laps} of {len(years)} seasons from S3, f1 replay --workers {workers}"
            yield Figure(
                name,
                f"{took:.1f} s",
                reference,
                measured,
                took / restored,
                limit=f"{stored}; {cpu:.1f} s of processor time of our programs",
            )
        if archive is not None:
            nothing = installation(postgres, s3, "nothing")
            nothing.environment |= s3.environment("bench-nothing")
            s3.store("bench-nothing").close()
            took = _took(nothing, "f1-ingest", "import", str(archive), "--source", "ergast-csv")
            took += _took(nothing, "f1-worker", "run", "--drain")
            name = f"{laps} from the archive, database and bucket lost"
            yield Figure(name, f"{took:.1f} s", reference, measured, took / restored)


def _seasons() -> tuple[Dataset, str, Path | None]:
    """Two seasons, the source that serves them, and their archive if they are real."""
    beside = Path(__file__).parents[4] / "shared" / "data"
    archive = Path(os.environ.get("F1_SHARED_DATA") or beside) / ARCHIVE
    if archive.is_dir():
        return ergast_csv.load(archive), "jolpica", archive
    return merge(season(year) for year in (2023, 2024)), "synthetic", None


def _stored(place: Installation, s3: S3) -> str:
    """The sizes of the data in S3 and in Postgres."""
    with s3.store(BUCKET) as store:
        sizes = [len(store.get(key)) for key in store.keys("raw/")]
    with place.engine().connect() as connection:
        size = connection.scalar(text("SELECT pg_database_size(current_database())"))
    s3_mb = sum(sizes) / 1e6
    return f"{len(sizes)} objects with {s3_mb:.1f} MB in S3, {(size or 0) / 1e6:.0f} MB in Postgres"


def _took(place: Installation, program: str, *arguments: str) -> float:
    start = time.perf_counter()
    place.run(program, *arguments)
    return time.perf_counter() - start


def _dump_and_restore(postgres: Postgres, folder: Path) -> tuple[float, float]:
    """Seconds of pg_dump, and of pg_restore into an empty database on the same server."""
    dump = folder / "first.dump"
    url = postgres.create_database("restored")
    times = []
    for program, *arguments in (
        ("pg_dump", "--format", "custom", "--file", str(dump), _plain(postgres.url("first"))),
        ("pg_restore", "--dbname", _plain(url), str(dump)),
    ):
        start = time.perf_counter()
        subprocess.run([str(find_binaries() / program), *arguments], check=True)
        times.append(time.perf_counter() - start)
    return times[0], times[1]


def _plain(url: str) -> str:
    """A URL for libpq, without SQLAlchemy's driver."""
    return url.replace("postgresql+psycopg2:", "postgresql:")
