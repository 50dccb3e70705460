"""Seasons: calendar, championship, and how far each is."""

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from f1_api.completeness import answers
from f1_api.docs import examples
from f1_api.docs.openapi import documented
from f1_api.http.csv_tables import respond_csv, table_of, text_of
from f1_api.http.paging import canonical, page
from f1_api.http.parameters import (
    Cursor,
    Drivers,
    Limit,
    PageFormat,
    StrictRoute,
    Year,
    split_ids,
    stored_ids,
)
from f1_api.http.problems import NotFound
from f1_api.http.request_context import exchange_of
from f1_api.http.responses import encode, respond
from f1_api.pages.layout import respond_page
from f1_api.postgres.pool import Snapshot
from f1_api.races.calendar_routes import ALL, is_synthetic, race_of
from f1_api.races.race_session import Entrant, entrants_of
from f1_api.seasons import pages, plots, progress, round_results
from f1_api.seasons.models import (
    ConstructorStanding,
    DriverStanding,
    Season,
    SeasonAnswer,
    SeasonForm,
    SeasonList,
    Standings,
)
from f1_api.service import snapshot_for
from f1_api.status.models import SeasonStatus

router = APIRouter(prefix="/seasons", tags=["seasons"], route_class=StrictRoute)


@router.get(
    "",
    **documented(
        SeasonList,
        examples.season_list,
        "Seasons",
        csv=text_of(table_of(Season, examples.season_list.seasons)),
        page=True,
        errors=(410,),
    ),
)
def seasons(
    request: Request,
    limit: Limit = 100,
    cursor: Cursor = None,
    format: PageFormat = None,  # noqa: A002 - the parameter's name
) -> Response:
    """Seasons, newest first."""
    exchange = exchange_of(request)
    today = exchange.today
    form = exchange.form(format, ("json", "csv", "html"))
    with snapshot_for(request) as snapshot:
        rows = snapshot.rows("seasons", {"season": None, "today": today})
        synthetic = is_synthetic(snapshot.row("synthetic"))
        coverage = answers.of_seasons(snapshot, None, ALL, today=today)
    items = [Season(*row) for row in rows]
    shown = page(request, items, limit, cursor)
    answer = SeasonList(
        seasons=items[shown.start : shown.stop],
        total=len(items),
        next=shown.next,
        completeness=coverage,
        license=answers.license_of(synthetic=synthetic),
        synthetic=synthetic,
    )
    links = [(shown.next, "next")] if shown.next else []
    if form == "csv":
        return respond_csv(
            request,
            table_of(Season, answer.seasons),
            synthetic=synthetic,
            complete=coverage.complete,
            links=links,
        )
    if form == "html":
        return respond_page(
            request,
            "seasons.html",
            synthetic=synthetic,
            license=answer.license,
            forms=("json", "csv"),
            links=links,
            answer=answer,
        )
    return respond(request, encode(answer), synthetic=synthetic, links=links)


@router.get(
    "/{year}",
    **documented(
        SeasonAnswer,
        examples.season_answer,
        "A season",
        csv=text_of(pages.races_table(examples.season_answer.races)),
        page=True,
        errors=(404,),
    ),
)
def season(
    request: Request,
    year: Year,
    driver: Drivers = None,
    format: PageFormat = None,  # noqa: A002
    table: Annotated[pages.TableName, Query(description="which one, as CSV")] = "races",
) -> Response:
    """A season: its calendar with the winners, its championship after the newest race that has
    standings, and its results race by race. The page draws them, with `driver` in front.

    As CSV it is one table; one that was never captured is a 404.
    """
    exchange = exchange_of(request)
    today = exchange.today
    form = exchange.form(format, ("json", "csv", "html"))
    picked = split_ids(driver)
    entrants: list[Entrant] = []
    with snapshot_for(request) as snapshot:
        picked = stored_ids(snapshot, picked)
        number = _year(snapshot, request, year)
        asked = {"season": number, "today": today}
        found = snapshot.row("seasons", asked)
        if found is None:
            raise _not_found(snapshot, year)
        races = snapshot.rows("races", {**asked, "circuit": None, "from": None, "to": None})
        standings = _standings(snapshot, number)
        results = round_results.read(snapshot, number, [row[0] for row in races], standings)
        if form == "html":
            entrants = _entrants(snapshot, results, picked or ())
        synthetic = is_synthetic(snapshot.row("synthetic"))
        coverage = answers.of_seasons(snapshot, [number], ALL, today=today)
    answer = SeasonAnswer(
        season=Season(*found),
        races=[race_of(row, today) for row in races],
        standings=standings,
        form=results,
        completeness=coverage,
        license=answers.license_of(synthetic=synthetic),
        synthetic=synthetic,
    )
    links = [(canonical(request, f"/seasons/{number}"), "canonical")]
    if form == "html":
        return pages.season_page(request, answer, entrants, today=today, links=links)
    if form == "csv":
        chosen = pages.TABLES[table](answer)
        if chosen is None:
            raise NotFound(
                f"{table} of {number}: never captured; as JSON it is null, a CSV file without "
                "lines would say that there were none"
            )
        complete = coverage.complete
        return respond_csv(request, chosen, synthetic=synthetic, complete=complete, links=links)
    return respond(request, encode(answer), synthetic=synthetic, links=links)


@router.get(
    "/{year}/status",
    **documented(SeasonStatus, examples.season_status, "Progress of a season", errors=(404,)),
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
        found = progress.read(
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


def _entrants(snapshot: Snapshot, form: SeasonForm, picked: Collection[str]) -> list[Entrant]:
    """The drivers that the page draws."""
    members = {one.driver_id: one.constructor_ids[-1] for one in plots.drawn(form.drivers)}
    names = snapshot.rows("names", {"drivers": list(members)}) if members else []
    return entrants_of(members, {row[0]: row[1:] for row in names}, picked)


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
