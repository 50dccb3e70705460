"""Races: the calendar, and one race."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from f1_api import completeness, examples
from f1_api.answers import encode, respond
from f1_api.exchange import exchange_of
from f1_api.models import Circuit, Race, RaceAnswer, RaceDetail, RaceList, Session, Winner
from f1_api.openapi import documented
from f1_api.paging import canonical, page
from f1_api.race_lookup import find
from f1_api.resources import BY_NAME, missing
from f1_api.routes.parameters import Cursor, Limit, RaceWritten, Season, StrictRoute, Word
from f1_api.service import snapshot_for

router = APIRouter(prefix="/races", tags=["races"], route_class=StrictRoute)

ALL = tuple(BY_NAME)
_winners = msgspec.json.Decoder(list[Winner])
_sessions = msgspec.json.Decoder(dict[str, dict[str, Any]])


@router.get("", **documented(RaceList, examples.race_list, "Races", errors=(410,)))
def races(
    request: Request,
    *,
    season: Season = None,
    circuit: Word = None,
    from_: Annotated[date | None, Query(alias="from", description="first day")] = None,
    to: Annotated[date | None, Query(description="last day")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Races by date, with what is captured of each and what is missing."""
    today = exchange_of(request).today
    with snapshot_for(request) as snapshot:
        rows = snapshot.rows(
            "races", {"season": season, "circuit": circuit, "from": from_, "to": to}
        )
        synthetic = is_synthetic(snapshot.row("synthetic"))
        seasons = [season] if season is not None else sorted({row[1] for row in rows})
        coverage = completeness.of_seasons(snapshot, seasons, ALL, today=today)
    items = [race_of(row, today) for row in rows]
    shown = page(request, items, limit, cursor)
    answer = RaceList(
        races=items[shown.start : shown.stop],
        total=len(items),
        next=shown.next,
        completeness=coverage,
        license=completeness.license_of(synthetic=synthetic),
        synthetic=synthetic,
    )
    links = [(shown.next, "next")] if shown.next else []
    return respond(request, encode(answer), synthetic=synthetic, links=links)


@router.get("/{race_id}", **documented(RaceAnswer, examples.race_answer, "A race", errors=(404,)))
def race(request: Request, race_id: RaceWritten) -> Response:
    """A race, its circuit, the sessions of its weekend, and all that is captured of it."""
    today = exchange_of(request).today
    with snapshot_for(request) as snapshot:
        found = find(snapshot, race_id, today=today)
        row = snapshot.row("race_detail", {"race_id": found.race_id})
    assert row is not None
    detail = RaceDetail(
        race_id=found.race_id,
        season=found.season,
        round=found.round,
        name=found.name,
        date=found.date,
        time=row[0],
        url=row[1],
        circuit=Circuit(*row[3:]),
        sessions={
            name: Session(session.get("date"), session.get("time"))
            for name, session in _sessions.decode(row[2]).items()
        },
    )
    answer = RaceAnswer(
        race=detail,
        completeness=completeness.of_race(found, ALL, today=today),
        license=completeness.license_of(synthetic=found.synthetic),
        synthetic=found.synthetic,
    )
    links = [(canonical(request, f"/races/{found.race_id}"), "canonical")]
    return respond(request, encode(answer), synthetic=found.synthetic, links=links)


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
