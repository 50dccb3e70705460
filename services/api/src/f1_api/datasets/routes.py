"""Tables of a season or a race for download, as Parquet and CSV."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from f1_api.completeness import answers
from f1_api.completeness.resources import BY_NAME
from f1_api.datasets.models import DatasetFile, Datasets, Snapshot
from f1_api.datasets.table import files_table
from f1_api.endpoint.openapi import documented_file
from f1_api.endpoint.responder import Answer, Reading, get
from f1_api.http.paging import canonical
from f1_api.http.parameters import FileFormat, RaceWritten, StrictRoute, Year
from f1_api.http.problems import NotFound
from f1_api.http.request_context import exchange_of
from f1_api.http.responses import respond
from f1_api.postgres import pool
from f1_api.postgres.pool import Row
from f1_api.races.completeness import of_race as race_completeness
from f1_api.races.lookup import FoundRace, find
from f1_api.seasons.lookup import find_season
from f1_api.service import service_of, snapshot_for
from f1_datasets import CSV, PARQUET, csv_text, queries
from f1_datasets.origin import Origin
from f1_datasets.tables import DATASETS, Dataset

router = APIRouter(tags=["datasets"], route_class=StrictRoute)

DatasetName = Annotated[
    str,
    Path(
        description="a table, as `/seasons/{year}/datasets` lists them",
        json_schema_extra={"enum": list(DATASETS)},
        openapi_examples={"laps": {"value": "lap_times"}},
    ),
]

_LAP_TIMES_CSV = (
    "season,round,race_id,session,driver_id,lap,position,time_ms\n"
    "2024,8,2024-monaco,race,ada_falk,1,1,82310\n"
)
_PARQUET = documented_file(PARQUET, "A table as Parquet")
_CSV = documented_file("text/csv", "A table as CSV", _LAP_TIMES_CSV)


class _File(msgspec.Struct):
    rows: int
    bytes: int
    sha256: str


_files = msgspec.json.Decoder(dict[str, _File])


class _Place(NamedTuple):
    """A season, or one race of it, with its address and the captures of its tables."""

    path: str
    season: int
    race: FoundRace | None
    origin: Origin
    synthetic: bool | None

    @property
    def parameters(self) -> dict[str, Any]:
        return {"season": self.season, "race_id": self.race.race_id if self.race else None}

    @property
    def name(self) -> str:
        return self.race.race_id if self.race else str(self.season)


_Find = Callable[[pool.Snapshot, str, date], _Place]
"""Finds the place that a path names, as of a day."""


class _Table(NamedTuple):
    """The rows of a dataset; `complete`: nothing that should exist by now is missing."""

    place: _Place
    dataset: Dataset
    rows: Sequence[Row]
    complete: bool


@get(
    router,
    "/seasons/{year}/datasets",
    Datasets,
    "Tables of a season",
    table=files_table,
    template="datasets.html",
    keep=False,
)
def of_season(reading: Reading, year: Year) -> Answer:
    """The tables of a season for download: the number of rows of each, and its Parquet file in S3.
    Not cached: each answer is read from the database.
    """
    return _list(reading, _find_season, year)


@get(
    router,
    "/races/{race_id}/datasets",
    Datasets,
    "Tables of a race",
    table=files_table,
    template="datasets.html",
    keep=False,
)
def of_race(reading: Reading, race_id: RaceWritten) -> Answer:
    """The tables of a race for download, and the number of rows of each."""
    return _list(reading, _find_race, race_id)


@router.get("/seasons/{year}/datasets/{dataset}.parquet", **_PARQUET)
def season_parquet(request: Request, year: Year, dataset: DatasetName) -> Response:
    """A table of a season as Parquet, which accepts Range."""
    return _parquet(request, dataset, _find_season, year)


@router.get("/seasons/{year}/datasets/{dataset}.csv", **_CSV)
def season_csv(
    request: Request,
    year: Year,
    dataset: DatasetName,
    format: FileFormat = "csv",  # noqa: A002
) -> Response:
    """A table of a season as CSV: the same rows and columns as the Parquet file."""
    return _csv(request, dataset, format, _find_season, year)


@router.get("/races/{race_id}/datasets/{dataset}.parquet", **_PARQUET)
def race_parquet(request: Request, race_id: RaceWritten, dataset: DatasetName) -> Response:
    """A table of a race as Parquet, which accepts Range."""
    return _parquet(request, dataset, _find_race, race_id)


@router.get("/races/{race_id}/datasets/{dataset}.csv", **_CSV)
def race_csv(
    request: Request,
    race_id: RaceWritten,
    dataset: DatasetName,
    format: FileFormat = "csv",  # noqa: A002
) -> Response:
    """A table of a race as CSV: the same rows and columns as the Parquet file."""
    return _csv(request, dataset, format, _find_race, race_id)


def _list(reading: Reading, find_place: _Find, written: str) -> Answer:
    snapshot = reading.snapshot
    place = find_place(snapshot, written, reading.today)
    counts = snapshot.rows(queries.COUNTS, place.parameters)[0]
    files = None if place.race else snapshot.row("snapshot", place.parameters)
    answer = Datasets(
        season=place.season,
        race=place.race.summary if place.race else None,
        datasets=[
            DatasetFile(
                dataset.name,
                dataset.about,
                rows,
                f"{place.path}/{dataset.name}.parquet",
                f"{place.path}/{dataset.name}.csv",
                _snapshot(place.season, dataset, files),
            )
            if place.origin.has(dataset)
            else DatasetFile(dataset.name, dataset.about, None, None, None, None)
            for dataset, rows in zip(DATASETS.values(), counts, strict=True)
        ],
        **answers.licensed(synthetic=place.synthetic),
    )
    return Answer(answer, place.path)


def _snapshot(season: int, dataset: Dataset, row: Row | None) -> Snapshot | None:
    files = _files.decode(row[0]) if row else {}
    found = files.get(dataset.name)
    if row is None or found is None:
        return None
    key = f"processed/{season}/{dataset.name}.parquet"
    return Snapshot(key, found.rows, found.bytes, found.sha256, row[1])


def _find_race(snapshot: pool.Snapshot, written: str, today: date) -> _Place:
    race = find(snapshot, written, today=today)
    path = f"/races/{race.race_id}/datasets"
    origin = _origin(snapshot, race.season, race.race_id)
    return _Place(path, race.season, race, origin, race.synthetic)


def _find_season(snapshot: pool.Snapshot, written: str, today: date) -> _Place:
    season, _ = find_season(snapshot, written, today=today)
    synthetic = answers.is_synthetic(snapshot)
    path = f"/seasons/{season}/datasets"
    return _Place(path, season, None, _origin(snapshot, season, None), synthetic)


def _origin(snapshot: pool.Snapshot, season: int, race_id: str | None) -> Origin:
    captures = snapshot.rows(queries.CAPTURES, {"season": season, "race_id": race_id})
    return Origin.of(season, race_id, captures)


def _read(request: Request, name: str, find_place: _Find, written: str) -> _Table:
    """Read a table.

    Raises:
        NotFound: there is no dataset of that name, or it was never captured. An empty file would
            mean that there were no rows.
    """
    dataset = DATASETS.get(name)
    if dataset is None:
        raise NotFound(f"there is no dataset {name[:100]!r}: write one of {', '.join(DATASETS)}")
    today = exchange_of(request).today
    names = [resource for resource in dataset.resources if resource in BY_NAME]
    with snapshot_for(request) as snapshot:
        place = find_place(snapshot, written, today)
        if not place.origin.has(dataset):
            raise NotFound(
                f"{name} of {place.name}: never captured; an empty file would mean that there "
                f"were no rows. {place.path} lists the tables"
            )
        rows = snapshot.rows(f"dataset_{name}", place.parameters)
        if place.race is not None:
            complete = race_completeness(place.race, names, today=today).complete
        else:
            covered = answers.of_seasons(snapshot, [place.season], names, today=today)
            complete = covered.complete or not names
    return _Table(place, dataset, rows, complete)


def _parquet(request: Request, name: str, find_place: _Find, written: str) -> Response:
    from f1_datasets import parquet  # noqa: PLC0415 - loads Arrow only if a file is requested

    with service_of(request).building(since=exchange_of(request).started):
        table = _read(request, name, find_place, written)
        content = parquet.encode(table.dataset, table.rows, table.place.origin)
        return _send(request, table, content, PARQUET)


def _csv(
    request: Request,
    name: str,
    form: Literal["csv", "spreadsheet"],
    find_place: _Find,
    written: str,
) -> Response:
    exchange_of(request).form(form, ("csv",))
    with service_of(request).building(since=exchange_of(request).started):
        table = _read(request, name, find_place, written)
        return _send(request, table, csv_text.encode(table.dataset, table.rows), CSV)


def _send(request: Request, table: _Table, content: bytes, media_type: str) -> Response:
    place, name = table.place, table.dataset.name
    ending = "csv" if media_type == CSV else "parquet"
    return respond(
        request,
        content,
        synthetic=place.synthetic,
        media_type=media_type,
        links=[(canonical(request, f"{place.path}/{name}.{ending}"), "canonical")],
        headers=[
            ("X-F1-Complete", "true" if table.complete else "false"),
            ("Content-Disposition", f'attachment; filename="{place.name}-{name}.{ending}"'),
        ],
        compress=media_type == CSV,
        in_parts=True,
    )
