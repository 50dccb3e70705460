"""The largest memory of each program with the data of all seasons, relative to the chart's limits.

Resident pages with those of shared libraries: VmHWM of running programs, ru_maxrss of ended ones. A
pod is charged for the same pages, and for page cache, which the kernel can reclaim. The measured
values are also written to charts/memory.json.
"""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, product
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from measured.captures import of_season
from measured.history import YEARS, whole_history
from measured.installation import installation, servers
from measured.operating import operating
from measured.report import Figure
from measured.resident import Memory, of_process, of_run
from measured.serving import api, get
from measured.stored import RESOURCES
from sqlalchemy import text

from f1_devkit.programs.installation import Installation
from f1_devkit.servers.jolpica import dump
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3
from f1_ingest.synthetic import Dataset, season
from f1_ingest.synthetic.dataset import merge
from parts.backfill import HURRY
from parts.pages import BROWSER

CHARTS = Path(__file__).parents[3] / "charts"
RECORD = CHARTS / "memory.json"
AIM = 1.5
_NEXT = YEARS[-1] + 1
_READERS = 8
_RACES = 100
_UNITS = {"Mi": 1, "Gi": 1024}
_AS_JSON: Mapping[str, str] = {}
_AS_PAGE = dict(header.split(": ", 1) for header in BROWSER)
_OF_A_SEASON = ("", "/status", "/provenance", "/changes", "/corrections", "/datasets")
_OF_A_RACE = (
    *("", "/lap-times", "/results", "/qualifying", "/pit-stops", "/aggregations"),
    *("/provenance", "/datasets"),
)


class Measured(NamedTuple):
    """The work of a program, and its memory."""

    program: str
    did: str
    memory: Memory


def memory() -> Iterator[Figure]:
    """All five programs in sequence, and the size of the data in Postgres and S3."""
    history = list(whole_history())
    found: list[Measured] = []
    with servers() as (folder, postgres, s3):
        place = installation(postgres, s3, "history")
        parts = (_written(history, folder, place, postgres), _read(history, folder, place))
        for measured in chain(*parts, operating(folder, YEARS)):
            found.append(Measured(*measured))
            yield _figure(found[-1])
        sizes = _sizes(history, place, s3)
    yield _stored(sizes)
    programs = [{"program": one.program, "did": one.did, **one.memory._asdict()} for one in found]
    RECORD.write_text(json.dumps({"sizes": sizes, "programs": programs}, indent=2) + "\n")


def _written(
    history: list[Dataset], folder: Path, place: Installation, postgres: Postgres
) -> Iterator[tuple[str, str, Memory]]:
    """A migration, all seasons from one archive, their Parquet files, and one more season."""
    empty = place.on_database(postgres.create_database("empty"))
    migration = of_run(empty, folder, "python", "-m", "f1_core.migrate")
    yield "migration", "creates the whole schema", migration
    packed = folder / "dump.zip"
    packed.write_bytes(dump.make(merge(history)).content)
    archive = ("f1-ingest", "import", str(packed), "--source", "jolpica-csv")
    size = f"{packed.stat().st_size / 1e6:.0f} MB"
    yield "ingest", f"imports an archive of {size}", of_run(place, folder, *archive)
    draining = of_run(place, folder, "f1-worker", "run", "--drain")
    assert _count(place, "lap_times"), "the worker left the archive's laps out"
    yield "worker", "processes that archive, writes all Parquet files", draining
    with JolpicaServer(season(_NEXT)) as server:
        place.environment |= {**HURRY, "F1_JOLPICA_URL": server.url}
        fetching = ("f1-ingest", "backfill", "--season", str(_NEXT))
        yield "ingest", "fetches one more season", of_run(place, folder, *fetching)


def _read(
    history: list[Dataset], folder: Path, place: Installation
) -> Iterator[tuple[str, str, Memory]]:
    """An API after its start, and after some readers have read everything."""
    with api(folder, place.environment) as port:
        pid = int((folder / "f1-api.pid").read_text())
        yield "api", "starts", of_process(pid)
        with ThreadPoolExecutor(_READERS) as readers:
            files = [file for found in readers.map(partial(_files, port), YEARS) for file in found]
            requests = [*_requests(history), *product(files, (_AS_JSON,))]
            for _ in readers.map(lambda one: get(port, *one), requests):
                pass
        did = (
            f"answers {len(requests):,} requests of {_READERS} readers, {len(files):,} for datasets"
        )
        yield "api", did, of_process(pid)


def _requests(history: list[Dataset]) -> list[tuple[str, Mapping[str, str]]]:
    """Every season and driver and the newest races, as JSON and as pages."""
    races = [weekend.race for dataset in history for weekend in dataset.weekends][-_RACES:]
    drivers = sorted({driver for dataset in history for driver in dataset.drivers})
    paths = [
        *("/", "/seasons", "/races", "/drivers", "/ledger"),
        *(f"/seasons/{year}{part}" for year, part in product(YEARS, _OF_A_SEASON)),
        *(f"/races/{r.season}-{r.round}{part}" for r, part in product(races, _OF_A_RACE)),
        *(f"/drivers/{driver}{part}" for driver, part in product(drivers, ("", "/stats"))),
    ]
    ergast = (f"/ergast/f1/{year}/results.json?limit=100&offset=100" for year in YEARS)
    return [*product(paths, (_AS_JSON, _AS_PAGE)), *product(ergast, (_AS_JSON,))]


def _files(port: int, year: int) -> list[str]:
    """Addresses of all datasets of a season, as Parquet and as CSV."""
    listed = json.loads(get(port, f"/seasons/{year}/datasets").body)["datasets"]
    return [one[form] for one in listed for form in ("parquet", "csv") if one[form]]


def _count(place: Installation, table: str) -> int:
    with place.engine().connect() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def _figure(measured: Measured) -> Figure:
    resources = resources_of(measured.program)
    request, limit = (mib(resources[kind]["memory"]) for kind in ("requests", "limits"))
    return Figure(
        f"{measured.program} {measured.did}",
        f"{measured.memory.peak_mib} MiB",
        "the chart's limit",
        f"{limit} MiB",
        limit / measured.memory.peak_mib,
        AIM,
        limit=f"{measured.memory.end_mib} MiB at the end; the chart's request: {request} MiB",
    )


def resources_of(name: str) -> dict[str, Any]:
    """Requests and limits of a program in the chart's values."""
    values = yaml.safe_load((CHARTS / "f1-aggregator" / "values.yaml").read_text())
    found: dict[str, Any] = values[name]["resources"]
    return found


def mib(quantity: str) -> int:
    """A quantity of memory in the chart's format, in MiB.

    >>> mib("1Gi")
    1024
    """
    return int(quantity[:-2]) * _UNITS[quantity[-2:]]


def _sizes(history: list[Dataset], place: Installation, s3: S3) -> dict[str, int]:
    """Rows and bytes in Postgres, Parquet files, and raw objects as if fetched page by page."""
    raw = [
        len(made.encode())
        for year, dataset in zip(YEARS, history, strict=True)
        for made in of_season(dataset, year, RESOURCES, 1)
    ]
    with s3.store(place.environment["F1_S3_BUCKET"]) as store:
        parquet = [len(store.get(key)) for key in store.keys("processed/")]
    with place.engine().connect() as connection:
        size = connection.scalar(text("SELECT pg_database_size(current_database())"))
    return {
        "races": _count(place, "races"),
        "laps": _count(place, "lap_times"),
        "postgres_bytes": int(size or 0),
        "raw_objects": len(raw),
        "raw_bytes": sum(raw),
        "parquet_files": len(parquet),
        "parquet_bytes": sum(parquet),
    }


def _stored(sizes: dict[str, int]) -> Figure:
    return Figure(
        f"{sizes['races']:,} races with {sizes['laps']:,} laps in Postgres",
        f"{sizes['postgres_bytes'] / 1e6:.0f} MB",
        f"{sizes['raw_objects']:,} raw objects, page by page",
        f"{sizes['raw_bytes'] / 1e6:.0f} MB",
        sizes["postgres_bytes"] / sizes["raw_bytes"],
        limit=f"{sizes['parquet_files']:,} Parquet files: {sizes['parquet_bytes'] / 1e6:.0f} MB",
    )
