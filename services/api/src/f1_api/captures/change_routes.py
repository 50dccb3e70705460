"""What corrections changed."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from f1_api.captures import changes, examples
from f1_api.captures.changes import Piece
from f1_api.captures.models import Changes, Corrections
from f1_api.captures.pages import CHANGES, CORRECTIONS
from f1_api.completeness import answers
from f1_api.docs.openapi import documented
from f1_api.http.csv_tables import text_of
from f1_api.http.paging import canonical, page
from f1_api.http.parameters import (
    Cursor,
    Limit,
    PageFormat,
    RaceWritten,
    SessionName,
    StrictRoute,
    Year,
)
from f1_api.http.request_context import exchange_of
from f1_api.races.calendar_routes import is_synthetic
from f1_api.races.lookup import find
from f1_api.seasons.routes import find_season
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


@router.get(
    "/races/{race_id}/changes",
    **documented(
        Changes,
        examples.changes,
        "What a correction of a race changed",
        csv=text_of(CHANGES.table(examples.changes)),
        page=True,
        errors=(404,),
    ),
)
def of_race(
    request: Request,
    race_id: RaceWritten,
    *,
    resource: Resource = "laps",
    session: SessionName = "race",
    from_: From = None,
    to: To = None,
    format: PageFormat = None,  # noqa: A002 - the parameter's name
) -> Response:
    """Rows added, removed and changed between two captures of one resource, column by column.

    Without `from` and `to`, what the applied capture changed in the one that it replaced. `session`
    is of laps and pit stops. As CSV, a line for each cell that differs.
    """
    of_session = resource if resource in ("sprint", "qualifying") else session
    with snapshot_for(request) as snapshot:
        found = find(snapshot, race_id, today=exchange_of(request).today)
        piece = Piece(found.season, found.race_id, resource, of_session)
        compared = changes.compare(snapshot, piece, from_, to)
    license_ = answers.license_of(synthetic=found.synthetic)
    answer = compared.answer(found.summary, license_, synthetic=found.synthetic)
    links = [(canonical(request, f"/races/{found.race_id}/changes"), "canonical")]
    return CHANGES.respond(request, format, answer, links=links)


@router.get(
    "/seasons/{year}/changes",
    **documented(
        Changes,
        examples.schedule_changes,
        "What a correction of a season's schedule changed",
        csv=text_of(CHANGES.table(examples.schedule_changes)),
        page=True,
        errors=(404,),
    ),
)
def of_schedule(
    request: Request,
    year: Year,
    *,
    from_: From = None,
    to: To = None,
    format: PageFormat = None,  # noqa: A002
) -> Response:
    """Races added to, removed from and moved in the calendar between two captures of it."""
    with snapshot_for(request) as snapshot:
        season = find_season(snapshot, request, year)
        compared = changes.compare(snapshot, Piece(season, "", "schedule", "race"), from_, to)
        synthetic = is_synthetic(snapshot.row("synthetic"))
    license_ = answers.license_of(synthetic=synthetic)
    answer = compared.answer(None, license_, synthetic=synthetic)
    links = [(canonical(request, f"/seasons/{season}/changes"), "canonical")]
    return CHANGES.respond(request, format, answer, links=links)


@router.get(
    "/seasons/{year}/corrections",
    **documented(
        Corrections,
        examples.corrections,
        "A season's corrections",
        csv=text_of(CORRECTIONS.table(examples.corrections)),
        page=True,
        errors=(404, 410),
    ),
)
def corrections(
    request: Request,
    year: Year,
    *,
    format: PageFormat = None,  # noqa: A002
    limit: Limit = 100,
    cursor: Cursor = None,
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
        license=answers.license_of(synthetic=synthetic),
        synthetic=synthetic,
    )
    links = [(canonical(request, f"/seasons/{season}/corrections"), "canonical")]
    links += [(shown.next, "next")] if shown.next else []
    return CORRECTIONS.respond(request, format, answer, links=links)
