"""Races: the calendar."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from f1_api.completeness import answers
from f1_api.completeness.resources import BY_NAME, missing
from f1_api.docs import examples
from f1_api.docs.openapi import documented
from f1_api.http.csv_tables import respond_csv, text_of
from f1_api.http.paging import page, question
from f1_api.http.parameters import (
    Cursor,
    Limit,
    PageFormat,
    Season,
    StrictRoute,
    Word,
    check_order,
)
from f1_api.http.request_context import exchange_of
from f1_api.http.responses import encode, respond
from f1_api.pages.layout import respond_page
from f1_api.races.models import Race, RaceList, Winner
from f1_api.seasons.pages import races_table
from f1_api.service import snapshot_for

router = APIRouter(prefix="/races", tags=["races"], route_class=StrictRoute)

ALL = tuple(BY_NAME)
_winners = msgspec.json.Decoder(list[Winner])


@router.get(
    "",
    **documented(
        RaceList,
        examples.race_list,
        "Races",
        csv=text_of(races_table(examples.race_list.races)),
        page=True,
        errors=(410,),
    ),
)
def races(
    request: Request,
    *,
    season: Season = None,
    circuit: Word = None,
    from_: Annotated[date | None, Query(alias="from", description="first day")] = None,
    to: Annotated[date | None, Query(description="last day")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    format: PageFormat = None,  # noqa: A002 - the parameter's name
) -> Response:
    """Races by date, with who won, what is captured of each and what is missing."""
    check_order(from_, to)
    if season is not None:
        check_order(from_, date(season, 12, 31), ("from", "season"))
        check_order(date(season, 1, 1), to, ("season", "to"))
    exchange = exchange_of(request)
    today = exchange.today
    form = exchange.form(format, ("json", "csv", "html"))
    with snapshot_for(request) as snapshot:
        rows = snapshot.rows(
            "races", {"season": season, "circuit": circuit, "from": from_, "to": to}
        )
        synthetic = is_synthetic(snapshot.row("synthetic"))
        seasons = [season] if season is not None else sorted({row[1] for row in rows})
        coverage = answers.of_seasons(snapshot, seasons, ALL, today=today)
    items = [race_of(row, today) for row in rows]
    shown = page(request, items, limit, cursor)
    answer = RaceList(
        races=items[shown.start : shown.stop],
        total=len(items),
        next=shown.next,
        completeness=coverage,
        license=answers.license_of(synthetic=synthetic),
        synthetic=synthetic,
    )
    links = [(shown.next, "next")] if shown.next else []
    if form == "csv":
        table = races_table(answer.races)
        complete = coverage.complete
        return respond_csv(request, table, synthetic=synthetic, complete=complete, links=links)
    if form == "html":
        return respond_page(
            request,
            "races.html",
            synthetic=synthetic,
            license=answer.license,
            forms=("json", "csv"),
            links=links,
            answer=answer,
            season=season,
            asked=bool(question(request).keys() - {"format"}),
            today=today,
        )
    return respond(request, encode(answer), synthetic=synthetic, links=links)


def race_of(row: Sequence[Any], today: date) -> Race:
    """A row of the query ``races``."""
    race_id, season, round_, name, circuit_id, on, time, has_sprint, captured, winners = row
    return Race(
        race_id=race_id,
        season=season,
        round=round_,
        name=name,
        circuit_id=circuit_id,
        date=on,
        time=time,
        captured=captured,
        missing=missing(ALL, captured, season, on, has_sprint=has_sprint, today=today),
        has_sprint=has_sprint,
        winners=_winners.decode(winners or "[]") if "results" in captured else None,
    )


def is_synthetic(row: tuple[Any, ...] | None) -> bool | None:
    """The answer of the query ``synthetic``."""
    return row[0] if row else None
