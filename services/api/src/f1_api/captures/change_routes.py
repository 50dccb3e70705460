"""Changes and corrections."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from f1_api.captures import changes, tables
from f1_api.captures.changes import Piece
from f1_api.captures.models import Changes, Correction, Corrections
from f1_api.completeness import answers
from f1_api.endpoint.responder import ROWS, Answer, Reading, get
from f1_api.http.csv_tables import table_of
from f1_api.http.parameters import RaceWritten, SessionName, StrictRoute, Year
from f1_api.races.lookup import find
from f1_api.seasons.lookup import find_season
from f1_core.resources import OF_A_RACE, RESOURCES

router = APIRouter(tags=["provenance"], route_class=StrictRoute)

_KEY = r"^[^\x00]*$"
From = Annotated[
    str | None,
    Query(
        alias="from",
        pattern=_KEY,
        max_length=300,
        description="a capture of this resource; default: the one that `to` replaced",
    ),
]
To = Annotated[
    str | None,
    Query(
        pattern=_KEY,
        max_length=300,
        description="a capture of this resource, also a held one; default: the applied one",
    ),
]
_NAMES = tuple(one.name for one in OF_A_RACE)
Resource = Annotated[
    Literal[_NAMES],  # type: ignore[valid-type]
    Query(description="the resource"),
]


@get(
    router,
    "/races/{race_id}/changes",
    Changes,
    "What a correction of a race changed",
    table=tables.changes,
    template="changes.html",
)
def of_race(
    reading: Reading,
    race_id: RaceWritten,
    *,
    resource: Resource = "laps",
    session: SessionName = "race",
    from_: From = None,
    to: To = None,
) -> Answer:
    """Rows added, removed and changed between two captures of one resource, column by column.

    By default, the applied capture is compared with the one that it replaced. `session` is for laps
    and pit stops. CSV has a row for each cell that differs.
    """
    own = RESOURCES[resource].session
    found = find(reading.snapshot, race_id, today=reading.today)
    piece = Piece(found.season, found.race_id, resource, session if own == "race" else own)
    licensing = answers.licensed(synthetic=found.synthetic)
    answer = changes.compare(reading.snapshot, piece, (from_, to), found.summary, licensing)
    return Answer(answer, f"/races/{found.race_id}/changes")


@get(
    router,
    "/seasons/{year}/changes",
    Changes,
    "What a correction of a season's schedule changed",
    table=tables.changes,
    template="changes.html",
)
def of_schedule(reading: Reading, year: Year, *, from_: From = None, to: To = None) -> Answer:
    """Races added, removed and moved between two captures of the calendar."""
    season, _ = find_season(reading.snapshot, year, today=reading.today)
    piece = Piece(season, "", "schedule", "race")
    licensing = answers.licensed_in(reading.snapshot)
    answer = changes.compare(reading.snapshot, piece, (from_, to), None, licensing)
    return Answer(answer, f"/seasons/{season}/changes")


@get(
    router,
    "/seasons/{year}/corrections",
    Corrections,
    "A season's corrections",
    table=lambda answer: table_of(Correction, answer.corrections),
    template="corrections.html",
    paging=ROWS,
)
def corrections(reading: Reading, year: Year) -> Answer:
    """Corrections of a season's rows, newest first, with the numbers of rows."""
    season, _ = find_season(reading.snapshot, year, today=reading.today)
    shown = reading.page(changes.corrections(reading.snapshot, season))
    answer = Corrections(
        season=season,
        corrections=changes.counted(reading.snapshot, season, shown.items),
        total=shown.total,
        next=shown.next,
        **answers.licensed_in(reading.snapshot),
    )
    return Answer(answer, f"/seasons/{season}/corrections")
