"""Races: the calendar."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from f1_api.completeness import answers
from f1_api.completeness.resources import ALL
from f1_api.endpoint.responder import ROWS, Answer, Reading, get
from f1_api.http.paging import selection
from f1_api.http.parameters import Season, StrictRoute, Word, check_order
from f1_api.races.calendar import race_of, races_table
from f1_api.races.models import RaceList

router = APIRouter(prefix="/races", tags=["races"], route_class=StrictRoute)


@get(
    router,
    "",
    RaceList,
    "Races",
    table=lambda answer: races_table(answer.races),
    template="races.html",
    paging=ROWS,
)
def races(
    reading: Reading,
    *,
    season: Season = None,
    circuit: Word = None,
    from_: Annotated[date | None, Query(alias="from", description="first day")] = None,
    to: Annotated[date | None, Query(description="last day")] = None,
) -> Answer:
    """Races by date, with who won, what is captured of each and what is missing."""
    check_order(from_, to)
    if season is not None:
        check_order(from_, date(season, 12, 31), ("from", "season"))
        check_order(date(season, 1, 1), to, ("season", "to"))
    snapshot, today = reading.snapshot, reading.today
    rows = snapshot.rows("races", {"season": season, "circuit": circuit, "from": from_, "to": to})
    seasons = [season] if season is not None else sorted({row[1] for row in rows})
    shown = reading.page([race_of(row, today) for row in rows])
    answer = RaceList(
        *shown,
        completeness=answers.of_seasons(snapshot, seasons, ALL, today=today),
        **answers.licensed_in(snapshot),
    )
    return Answer(
        answer,
        html=lambda: {
            "season": season,
            "filtered": bool(selection(reading.request).keys() - {"format"}),
            "today": today,
        },
    )
