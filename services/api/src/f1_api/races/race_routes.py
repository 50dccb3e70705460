"""One race: when and where, its classification, its figures; as JSON, as CSV, and as a page."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from f1_api.completeness import answers
from f1_api.completeness.resources import BY_NAME
from f1_api.docs import examples
from f1_api.docs.openapi import documented
from f1_api.http.paging import canonical
from f1_api.http.parameters import (
    Drivers,
    PageFormat,
    RaceWritten,
    SessionName,
    StrictRoute,
    split_ids,
    stored_ids,
)
from f1_api.http.problems import NotFound
from f1_api.http.request_context import exchange_of
from f1_api.http.responses import CSV, encode, respond
from f1_api.postgres.pool import Row
from f1_api.races import pages, race_session
from f1_api.races.lookup import FoundRace, find
from f1_api.races.models import Aggregation, Circuit, RaceAnswer, RaceDetail, Result, Session
from f1_api.service import snapshot_for
from f1_datasets import csv_text

router = APIRouter(prefix="/races", tags=["races"], route_class=StrictRoute)

_Line = TypeVar("_Line", Result, Aggregation)
_ALL = tuple(BY_NAME)
_FIGURES = (
    "timed_laps",
    "total_ms",
    "average_lap_ms",
    "fastest_lap_ms",
    "pit_stops",
    "pit_time_ms",
)
_COLUMNS = ("race_id", "session", *Result.__struct_fields__, *_FIGURES)
_sessions = msgspec.json.Decoder(dict[str, dict[str, Any]])


def _csv(answer: RaceAnswer) -> bytes:
    """A line for each result, with the driver's figures; drivers without a result at the end."""
    race_id, session = answer.race.race_id, answer.session
    figures = race_session.figures_of(answer)
    rows: list[Sequence[Any]] = []
    for result in answer.results or ():
        own = msgspec.structs.astuple(result)
        rows.append((race_id, session, *own, *_figures(figures.get(result.driver_id))))
    shown = {result.driver_id for result in answer.results or ()}
    for line in answer.aggregations or ():
        if line.driver_id not in shown:
            known = {"driver_id": line.driver_id, "laps": line.laps}
            told = (known.get(name) for name in Result.__struct_fields__)
            rows.append((race_id, session, *told, *_figures(line)))
    return csv_text.table(_COLUMNS, rows)


def _figures(line: Aggregation | None) -> Sequence[Any]:
    return [getattr(line, name, None) for name in _FIGURES]


@router.get(
    "/{race_id}",
    **documented(
        RaceAnswer,
        examples.race_answer,
        "A race",
        csv=_csv(examples.race_answer).decode(),
        page=True,
        errors=(404,),
    ),
)
def race(
    request: Request,
    race_id: RaceWritten,
    *,
    session: SessionName = "race",
    driver: Drivers = None,
    format: PageFormat = None,  # noqa: A002 - the parameter's name
) -> Response:
    """A race, its circuit, the sessions of its weekend, its classification, the drivers' figures,
    and all that is captured of it. The page shows them with plots, and `driver` in front.
    """
    exchange = exchange_of(request)
    form = exchange.form(format, ("json", "csv", "html"))
    drivers = split_ids(driver)
    with snapshot_for(request) as snapshot:
        found = find(snapshot, race_id, today=exchange.today)
        drivers = stored_ids(snapshot, drivers)
        row = snapshot.row("race_detail", {"race_id": found.race_id})
        results = race_session.read_results(snapshot, found, session)
        aggregations = race_session.read_aggregations(snapshot, found, session)
        stored = None
        if form == "html":
            stored = race_session.read(snapshot, found, session, results, picked=drivers or ())
    assert row is not None
    answer = RaceAnswer(
        race=_detail(found, row),
        session=session,
        results=_only(results, drivers),
        aggregations=_only(aggregations, drivers),
        completeness=answers.of_race(found, _ALL, today=exchange.today),
        license=answers.license_of(synthetic=found.synthetic),
        synthetic=found.synthetic,
    )
    links = [(canonical(request, f"/races/{found.race_id}"), "canonical")]
    if stored is not None:
        return pages.race_page(request, answer, stored, today=exchange.today, links=links)
    if form == "csv":
        if results is None and session == "sprint" and not found.has_sprint:
            raise NotFound(f"results of {found.race_id} (sprint): no sprint was held")
        if results is None and aggregations is None:
            raise NotFound(
                f"results and figures of {found.race_id} ({session}): never captured; as JSON they "
                "are null, an empty CSV file would mean that there were none"
            )
        return respond(
            request,
            _csv(answer),
            synthetic=found.synthetic,
            links=links,
            headers=[("X-F1-Complete", "true" if answer.completeness.complete else "false")],
            media_type=CSV,
        )
    return respond(request, encode(answer), synthetic=found.synthetic, links=links)


def _only(lines: list[_Line] | None, drivers: Collection[str] | None) -> list[_Line] | None:
    if lines is None or drivers is None:
        return lines
    return [line for line in lines if line.driver_id in drivers]


def _detail(found: FoundRace, row: Row) -> RaceDetail:
    """`row` is of the query ``race_detail``."""
    return RaceDetail(
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
