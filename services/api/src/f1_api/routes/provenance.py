"""Where numbers are from, and what corrections changed."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from msgspec import structs
from starlette.requests import Request
from starlette.responses import Response

from f1_api import changes, completeness, formulas, provenance
from f1_api import provenance_examples as examples
from f1_api.answers import CSV, encode, respond
from f1_api.changes import Compared, Piece
from f1_api.exchange import exchange_of
from f1_api.models import (
    CaptureAnswer,
    Changes,
    Corrections,
    RaceProvenance,
    RaceSummary,
    Sources,
)
from f1_api.openapi import documented
from f1_api.paging import canonical, page
from f1_api.problems import FieldError, invalid
from f1_api.race_lookup import find
from f1_api.routes.drivers import find_driver
from f1_api.routes.parameters import (
    Cursor,
    DriverId,
    Format,
    FormatName,
    Limit,
    LinesLimit,
    RaceWritten,
    Season,
    SessionName,
    StrictRoute,
    Year,
)
from f1_api.routes.races import is_synthetic
from f1_api.routes.seasons import find_season
from f1_api.service import snapshot_for

router = APIRouter(tags=["provenance"], route_class=StrictRoute)

_KEY = r"^[^\x00]*$"
From = Annotated[
    str | None,
    Query(
        alias="from",
        pattern=_KEY,
        max_length=300,
        description="a capture of this resource; if not given, the one that `to` replaced",
    ),
]
To = Annotated[
    str | None,
    Query(
        pattern=_KEY,
        max_length=300,
        description="a capture of this resource, a held one too; if not given, the applied one",
    ),
]
Resource = Annotated[
    Literal[
        "laps", "pitstops", "results", "sprint", "qualifying", "driverstandings",
        "constructorstandings",
    ],
    Query(description="of which resource"),
]  # fmt: skip
_SESSIONS = {"sprint": "sprint", "qualifying": "qualifying"}


@router.get(
    "/races/{race_id}/provenance",
    **documented(RaceProvenance, examples.race, "Where a race's numbers are from", errors=(404,)),
)
def of_race(
    request: Request,
    race_id: RaceWritten,
    *,
    driver: Annotated[
        str | None,
        Query(pattern=_KEY, max_length=80, description="tell the history of this driver's rows"),
    ] = None,
    lap: Annotated[
        int | None, Query(ge=1, le=999, description="of these, those of one lap only")
    ] = None,
) -> Response:
    """Every capture of a race: which is applied, its raw object and pages, and what became of all.

    With `driver` and `lap`, also what those rows say, since when, and what they said before. Not
    cached: each answer is read from the database.
    """
    if lap is not None and driver is None:
        raise invalid([FieldError("lap", "say whose lap, with driver=...")])
    with snapshot_for(request) as snapshot:
        found = find(snapshot, race_id, today=exchange_of(request).today)
        resources = provenance.of_race(snapshot, found)
        refused = provenance.refused(snapshot, found)
        numbers = None
        if driver is not None:
            known, _ = find_driver(snapshot, driver)
            numbers = provenance.of_driver(snapshot, found, known.driver_id, lap)
        keys = [item.capture for resource in resources for item in resource.history]
        keys += [item.capture for item in refused]
        decided = provenance.decisions(snapshot, keys, found.season)
    answer = RaceProvenance(
        race=found.summary,
        resources=resources,
        numbers=numbers,
        formulas=formulas.OF_RACE,
        refused=refused,
        decisions=decided,
        license=completeness.license_of(synthetic=found.synthetic),
        synthetic=found.synthetic,
    )
    links = [(canonical(request, f"/races/{found.race_id}/provenance"), "canonical")]
    return respond(request, encode(answer), synthetic=found.synthetic, links=links, keep=False)


@router.get(
    "/races/{race_id}/changes",
    **documented(
        Changes,
        examples.changes,
        "What a correction of a race changed",
        csv=examples.CHANGES_CSV,
        errors=(404,),
    ),
)
def of_two_captures(
    request: Request,
    race_id: RaceWritten,
    *,
    resource: Resource = "laps",
    session: SessionName = "race",
    from_: From = None,
    to: To = None,
    format: Format = None,  # noqa: A002 - the parameter's name
) -> Response:
    """Rows added, removed and changed between two captures of one resource, column by column.

    Without `from` and `to`, what the applied capture changed in the one that it replaced. As CSV,
    a line for each cell that differs.
    """
    session = _SESSIONS.get(resource, session)  # type: ignore[assignment]
    with snapshot_for(request) as snapshot:
        found = find(snapshot, race_id, today=exchange_of(request).today)
        piece = Piece(found.season, found.race_id, resource, session)
        compared = changes.compare(snapshot, piece, from_, to)
    path = f"/races/{found.race_id}/changes"
    return _compared(request, compared, found.summary, path, format, synthetic=found.synthetic)


@router.get(
    "/seasons/{year}/changes",
    **documented(
        Changes,
        examples.schedule_changes,
        "What a correction of a season's schedule changed",
        csv=examples.SCHEDULE_CHANGES_CSV,
        errors=(404,),
    ),
)
def of_two_schedules(
    request: Request,
    year: Year,
    *,
    from_: From = None,
    to: To = None,
    format: Format = None,  # noqa: A002
) -> Response:
    """Races added to, removed from and moved in the calendar between two captures of it."""
    with snapshot_for(request) as snapshot:
        season = find_season(snapshot, request, year)
        compared = changes.compare(snapshot, Piece(season, "", "schedule", "race"), from_, to)
        synthetic = is_synthetic(snapshot.row("synthetic"))
    path = f"/seasons/{season}/changes"
    return _compared(request, compared, None, path, format, synthetic=synthetic)


@router.get(
    "/seasons/{year}/corrections",
    **documented(Corrections, examples.corrections, "A season's corrections", errors=(404, 410)),
)
def corrections(
    request: Request, year: Year, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """Where the rows of a season were replaced by others, newest first, and by how many rows."""
    with snapshot_for(request) as snapshot:
        season = find_season(snapshot, request, year)
        rows = changes.corrections(snapshot, season)
        shown = page(request, rows, limit, cursor)
        counted = changes.counted(snapshot, season, rows[shown.start : shown.stop])
        synthetic = is_synthetic(snapshot.row("synthetic"))
    answer = Corrections(
        season=season,
        corrections=counted,
        total=len(rows),
        next=shown.next,
        license=completeness.license_of(synthetic=synthetic),
        synthetic=synthetic,
    )
    links = [(canonical(request, f"/seasons/{season}/corrections"), "canonical")]
    links += [(shown.next, "next")] if shown.next else []
    return respond(request, encode(answer), synthetic=synthetic, links=links)


@router.get(
    "/seasons/{year}/provenance",
    **documented(
        Sources, examples.of_season, "Where a season's numbers are from", errors=(404, 410)
    ),
)
def of_season(
    request: Request, year: Year, limit: LinesLimit = None, cursor: Cursor = None
) -> Response:
    """The capture that each resource of each race is made of: of standings, figures and totals.

    Not cached: each answer is read from the database.
    """
    with snapshot_for(request) as snapshot:
        season = find_season(snapshot, request, year)
        found = provenance.sources(snapshot, "sources_of_season", {"season": season})
        synthetic = is_synthetic(snapshot.row("synthetic"))
    answer = Sources(
        season=season,
        driver_id=None,
        sources=found,
        total=len(found),
        next=None,
        formulas=formulas.OF_SEASON,
        license=completeness.license_of(synthetic=synthetic),
        synthetic=synthetic,
    )
    return _paged(request, answer, f"/seasons/{season}/provenance", limit, cursor)


@router.get(
    "/drivers/{driver_id}/provenance",
    **documented(
        Sources, examples.of_driver, "Where a driver's figures are from", errors=(404, 410)
    ),
)
def of_driver(
    request: Request,
    driver_id: DriverId,
    *,
    season: Season = None,
    limit: LinesLimit = None,
    cursor: Cursor = None,
) -> Response:
    """All captures behind a driver's figures, of the career or of one season.

    Not cached: each answer is read from the database.
    """
    with snapshot_for(request) as snapshot:
        driver, synthetic = find_driver(snapshot, driver_id)
        asked = {"driver_id": driver.driver_id, "season": season}
        found = provenance.sources(snapshot, "sources_of_driver", asked)
    answer = Sources(
        season=season,
        driver_id=driver.driver_id,
        sources=found,
        total=len(found),
        next=None,
        formulas=formulas.OF_DRIVER,
        license=completeness.license_of(synthetic=synthetic),
        synthetic=synthetic,
    )
    return _paged(request, answer, f"/drivers/{driver.driver_id}/provenance", limit, cursor)


@router.get(
    "/captures/{key:path}",
    **documented(CaptureAnswer, examples.capture, "A capture", errors=(404,)),
)
def capture(
    request: Request,
    key: Annotated[
        str,
        Path(
            description="the raw object's key, as it is, with its slashes",
            openapi_examples={"key": {"value": examples.KEY}},
        ),
    ],
) -> Response:
    """A capture's raw object and pages, and what became of it, race by race.

    Not cached: each answer is read from the database.
    """
    with snapshot_for(request) as snapshot:
        synthetic = is_synthetic(snapshot.row("synthetic"))
        license_ = completeness.license_of(synthetic=synthetic)
        answer = provenance.capture(snapshot, key, synthetic, license_)
    return respond(request, encode(answer), synthetic=synthetic, keep=False)


def _compared(
    request: Request,
    compared: Compared,
    race: RaceSummary | None,
    path: str,
    format_: FormatName | None,
    *,
    synthetic: bool | None,
) -> Response:
    links = [(canonical(request, path), "canonical")]
    if exchange_of(request).form(format_, ("json", "csv")) == "csv":
        return respond(request, compared.csv(), synthetic=synthetic, links=links, media_type=CSV)
    license_ = completeness.license_of(synthetic=synthetic)
    answer = compared.answer(race, license_, synthetic=synthetic)
    return respond(request, encode(answer), synthetic=synthetic, links=links)


def _paged(
    request: Request, answer: Sources, path: str, limit: int | None, cursor: str | None
) -> Response:
    shown = page(request, answer.sources, limit, cursor)
    answer = structs.replace(
        answer, sources=answer.sources[shown.start : shown.stop], next=shown.next
    )
    links = [(canonical(request, path), "canonical")]
    links += [(shown.next, "next")] if shown.next else []
    return respond(request, encode(answer), synthetic=answer.synthetic, links=links, keep=False)
