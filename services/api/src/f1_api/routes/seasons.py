"""Seasons: calendar, championship, and how far each is."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from f1_api import completeness, examples, season_form, season_status
from f1_api.answers import encode, respond
from f1_api.exchange import exchange_of
from f1_api.models import (
    ConstructorStanding,
    DriverStanding,
    Season,
    SeasonAnswer,
    SeasonList,
    SeasonStatus,
    Standings,
)
from f1_api.openapi import documented
from f1_api.paging import canonical, page
from f1_api.pool import Snapshot
from f1_api.problems import NotFound
from f1_api.routes.parameters import Cursor, Limit, StrictRoute, Year
from f1_api.routes.races import ALL, is_synthetic, race_of
from f1_api.service import snapshot_for

router = APIRouter(prefix="/seasons", tags=["seasons"], route_class=StrictRoute)


@router.get("", **documented(SeasonList, examples.season_list, "Seasons", errors=(410,)))
def seasons(request: Request, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Seasons, newest first."""
    today = exchange_of(request).today
    with snapshot_for(request) as snapshot:
        rows = snapshot.rows("seasons", {"season": None, "today": today})
        synthetic = is_synthetic(snapshot.row("synthetic"))
        coverage = completeness.of_seasons(snapshot, None, ALL, today=today)
    items = [Season(*row) for row in rows]
    shown = page(request, items, limit, cursor)
    answer = SeasonList(
        seasons=items[shown.start : shown.stop],
        total=len(items),
        next=shown.next,
        completeness=coverage,
        license=completeness.license_of(synthetic=synthetic),
        synthetic=synthetic,
    )
    links = [(shown.next, "next")] if shown.next else []
    return respond(request, encode(answer), synthetic=synthetic, links=links)


@router.get(
    "/{year}", **documented(SeasonAnswer, examples.season_answer, "A season", errors=(404,))
)
def season(request: Request, year: Year) -> Response:
    """A season: its calendar with the winners, its championship after the newest race that has
    standings, and its results race by race.
    """
    today = exchange_of(request).today
    with snapshot_for(request) as snapshot:
        number = _year(snapshot, request, year)
        asked = {"season": number, "today": today}
        found = snapshot.row("seasons", asked)
        if found is None:
            raise _not_found(snapshot, year)
        races = snapshot.rows("races", {**asked, "circuit": None, "from": None, "to": None})
        standings = _standings(snapshot, number)
        form = season_form.read(snapshot, number, [row[0] for row in races])
        synthetic = is_synthetic(snapshot.row("synthetic"))
        coverage = completeness.of_seasons(snapshot, [number], ALL, today=today)
    answer = SeasonAnswer(
        season=Season(*found),
        races=[race_of(row, today) for row in races],
        standings=standings,
        form=form,
        completeness=coverage,
        license=completeness.license_of(synthetic=synthetic),
        synthetic=synthetic,
    )
    links = [(canonical(request, f"/seasons/{number}"), "canonical")]
    return respond(request, encode(answer), synthetic=synthetic, links=links)


@router.get(
    "/{year}/status",
    **documented(SeasonStatus, examples.season_status, "How far a season is", errors=(404,)),
)
def status(
    request: Request,
    year: Year,
    owner: Annotated[
        str | None,
        Query(
            pattern=r"^[^\x00]*$", max_length=200, description="plans of this owner: a Season's uid"
        ),
    ] = None,
    generation: Annotated[
        int | None, Query(ge=0, le=2**63 - 1, description="that generation; else the newest")
    ] = None,
) -> Response:
    """What is expected of a season, and what became of it, race by race.

    Expected is what was planned, or, where nothing was, what should exist of the races run so far.
    For people and for the operator; fields are only ever added. Not cached: each answer is read
    from the database.
    """
    with snapshot_for(request) as snapshot:
        number = _year(snapshot, request, year)
        found = season_status.read(
            snapshot,
            number,
            owner=owner,
            generation=generation,
            today=exchange_of(request).today,
        )
        if found is None:
            raise _not_found(snapshot, year)
    links = [(canonical(request, f"/seasons/{number}/status"), "canonical")]
    return respond(request, encode(found), synthetic=found.synthetic, links=links, keep=False)


def find_season(snapshot: Snapshot, request: Request, written: str) -> int:
    """The season that was asked for.

    Raises:
        NotFound: none is stored; says which are.
    """
    number = _year(snapshot, request, written)
    if snapshot.row("seasons", {"season": number, "today": exchange_of(request).today}) is None:
        raise _not_found(snapshot, written)
    return number


def _year(snapshot: Snapshot, request: Request, written: str) -> int:
    if written.lower() == "current":
        return exchange_of(request).today.year
    if not (written.isascii() and written.isdigit() and len(written) == 4):
        raise _not_found(snapshot, written)
    return int(written)


def _not_found(snapshot: Snapshot, written: str) -> NotFound:
    stored = [row[0] for row in snapshot.rows("seasons", {"season": None, "today": None})]
    told = f"stored are {', '.join(map(str, stored[:10]))}" if stored else "none is stored yet"
    return NotFound(f"there is no season {written[:100]!r} here: write 2024 or current; {told}")


def _standings(snapshot: Snapshot, year: int) -> Standings:
    asked: dict[str, Any] = {"season": year}
    drivers = snapshot.rows("driver_standings", asked)
    constructors = snapshot.rows("constructor_standings", asked)
    return Standings(
        drivers_after=drivers[0][0] if drivers else None,
        drivers=[DriverStanding(*row[1:]) for row in drivers] or None,
        constructors_after=constructors[0][0] if constructors else None,
        constructors=[ConstructorStanding(*row[1:]) for row in constructors] or None,
    )
