"""Where numbers are from: captures, raw objects, decisions."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from msgspec import structs
from starlette.requests import Request
from starlette.responses import Response

from f1_api.captures import examples, formulas, provenance
from f1_api.captures.models import CaptureAnswer, RaceProvenance, Sources
from f1_api.captures.pages import CAPTURE, RACE, SOURCES
from f1_api.completeness import answers
from f1_api.docs.openapi import documented
from f1_api.drivers.routes import find_driver
from f1_api.http.csv_tables import text_of
from f1_api.http.negotiation import Written
from f1_api.http.paging import Page, canonical, page
from f1_api.http.parameters import (
    Cursor,
    DriverId,
    LinesLimit,
    PageFormat,
    RaceWritten,
    Season,
    StrictRoute,
    Year,
)
from f1_api.http.problems import FieldError, invalid
from f1_api.http.request_context import exchange_of
from f1_api.races.calendar_routes import is_synthetic
from f1_api.races.lookup import find
from f1_api.seasons.routes import find_season
from f1_api.service import snapshot_for

router = APIRouter(tags=["provenance"], route_class=StrictRoute)


@router.get(
    "/races/{race_id}/provenance",
    **documented(
        RaceProvenance,
        examples.race,
        "Provenance of a race",
        csv=text_of(RACE.table(examples.race)),
        page=True,
        errors=(404,),
    ),
)
def of_race(
    request: Request,
    race_id: RaceWritten,
    *,
    driver: Annotated[
        str | None,
        Query(
            pattern=r"^[^\x00]*$",
            max_length=80,
            description="include the history of this driver's rows",
        ),
    ] = None,
    lap: Annotated[int | None, Query(ge=1, le=999, description="only those of one lap")] = None,
    format: PageFormat = None,  # noqa: A002 - the parameter's name
) -> Response:
    """Every capture of a race: which is applied, its raw object and pages, and what became of all.

    With `driver` and `lap`, also what those rows say, since when, and what they said before. Not
    cached: each answer is read from the database.
    """
    if lap is not None and driver is None:
        raise invalid([FieldError("lap", "also set driver=...")])
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
        license=answers.license_of(synthetic=found.synthetic),
        synthetic=found.synthetic,
    )
    links = [(canonical(request, f"/races/{found.race_id}/provenance"), "canonical")]
    return RACE.respond(request, format, answer, links=links, keep=False)


@router.get(
    "/seasons/{year}/provenance",
    **documented(
        Sources,
        examples.of_season,
        "Provenance of a season",
        csv=text_of(SOURCES.table(examples.of_season)),
        page=True,
        errors=(404, 410),
    ),
)
def of_season(
    request: Request,
    year: Year,
    *,
    format: PageFormat = None,  # noqa: A002
    limit: LinesLimit = None,
    cursor: Cursor = None,
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
        license=answers.license_of(synthetic=synthetic),
        synthetic=synthetic,
    )
    links = [(canonical(request, f"/seasons/{season}/provenance"), "canonical")]
    return _paged(request, answer, format, page(request, found, limit, cursor), links)


@router.get(
    "/drivers/{driver_id}/provenance",
    **documented(
        Sources,
        examples.of_driver,
        "Provenance of a driver's figures",
        csv=text_of(SOURCES.table(examples.of_driver)),
        page=True,
        errors=(404, 410),
    ),
)
def of_driver(
    request: Request,
    driver_id: DriverId,
    *,
    season: Season = None,
    format: PageFormat = None,  # noqa: A002
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
        license=answers.license_of(synthetic=synthetic),
        synthetic=synthetic,
    )
    links = [(canonical(request, f"/drivers/{driver.driver_id}/provenance"), "canonical")]
    return _paged(request, answer, format, page(request, found, limit, cursor), links)


@router.get(
    "/captures/{key:path}",
    **documented(
        CaptureAnswer,
        examples.capture,
        "A capture",
        csv=text_of(CAPTURE.table(examples.capture)),
        page=True,
        errors=(404,),
    ),
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
    format: PageFormat = None,  # noqa: A002
) -> Response:
    """A capture's raw object and pages, and what became of it, race by race; that is its CSV.

    Not cached: each answer is read from the database.
    """
    with snapshot_for(request) as snapshot:
        synthetic = is_synthetic(snapshot.row("synthetic"))
        license_ = answers.license_of(synthetic=synthetic)
        answer = provenance.capture(snapshot, key, synthetic, license_)
    return CAPTURE.respond(request, format, answer, keep=False)


def _paged(
    request: Request,
    answer: Sources,
    format_: Written | None,
    shown: Page,
    links: list[tuple[str, str]],
) -> Response:
    answer = structs.replace(
        answer, sources=answer.sources[shown.start : shown.stop], next=shown.next
    )
    links += [(shown.next, "next")] if shown.next else []
    return SOURCES.respond(request, format_, answer, links=links, keep=False)
