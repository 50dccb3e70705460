"""Races, their laps, results, stops and figures."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from f1_api import completeness, examples
from f1_api.answers import CSV, JSON, encode, respond
from f1_api.exchange import exchange_of
from f1_api.models import (
    Aggregation,
    Aggregations,
    Circuit,
    LapTimes,
    PitStop,
    PitStops,
    Qualifying,
    QualifyingResult,
    Race,
    RaceAnswer,
    RaceDetail,
    RaceList,
    Result,
    Results,
    Session,
)
from f1_api.openapi import documented
from f1_api.paging import canonical, page
from f1_api.problems import NotFound
from f1_api.race_lookup import FoundRace, find
from f1_api.resources import BY_NAME, missing
from f1_api.routes.parameters import (
    Cursor,
    Drivers,
    Limit,
    RaceWritten,
    Season,
    SessionName,
    StrictRoute,
    Word,
    check_known,
    split_ids,
)
from f1_api.service import service_of

router = APIRouter(prefix="/races", tags=["races"], route_class=StrictRoute)

ALL = tuple(BY_NAME)
_LAP_COLUMNS = ("race_id", "session", "driver_id", "lap", "position", "time_ms")
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
    with service_of(request).pool.snapshot() as snapshot:
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
    with service_of(request).pool.snapshot() as snapshot:
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
    return _respond(request, found, "", answer)


@router.get(
    "/{race_id}/lap-times",
    **documented(
        LapTimes,
        examples.lap_times,
        "Lap times",
        csv=examples.lap_times_csv,
        errors=(404, 410),
    ),
)
def lap_times(
    request: Request,
    race_id: RaceWritten,
    *,
    driver: Drivers = None,
    from_: Annotated[int | None, Query(alias="from", ge=1, le=999, description="first lap")] = None,
    to: Annotated[int | None, Query(ge=1, le=999, description="last lap")] = None,
    session: SessionName = "race",
    format: Annotated[  # noqa: A002 - the parameter's name
        Literal["json", "csv"] | None,
        Query(description="stronger than the Accept header"),
    ] = None,
    limit: Annotated[
        int | None, Query(ge=1, le=10_000, description="laps on a page; all if not given")
    ] = None,
    cursor: Cursor = None,
) -> Response:
    """Every lap of a race or sprint, in milliseconds, by driver and lap; as JSON or CSV.

    As CSV, `X-F1-Complete` tells whether all laps are there, and laps never captured are a 404.
    """
    exchange = exchange_of(request)
    as_csv = format == "csv" or (format is None and exchange.csv)
    drivers = split_ids(driver)
    with service_of(request).pool.snapshot() as snapshot:
        found = find(snapshot, race_id, today=exchange.today)
        check_known(snapshot, drivers)
        asked = {
            "race_id": found.race_id,
            "session": session,
            "drivers": drivers,
            "from": from_,
            "to": to,
        }
        rows: list[tuple[Any, ...]] | None = None
        total, text = 0, None
        if as_csv or limit is not None or cursor is not None:
            rows = snapshot.rows("laps", asked)
        else:
            count, text = snapshot.rows("laps_json", asked)[0]
            total = count or 0
    status = completeness.of_race(found, ("laps",), session=session, today=exchange.today)
    captured = completeness.is_captured(found.captured, "laps", session)
    following = None
    if rows is not None:
        total = len(rows)
        shown = page(request, rows, limit, cursor)
        rows, following = rows[shown.start : shown.stop], shown.next
    if as_csv:
        if not captured:
            raise NotFound(
                f"laps of {found.race_id} ({session}) were never captured; as JSON the answer is "
                "null, a CSV file without rows would look like a race without laps"
            )
        body = _csv(_LAP_COLUMNS, [(found.race_id, session, *row) for row in rows or ()])
        complete = ("X-F1-Complete", "true" if status.complete else "false")
        return _respond(request, found, "/lap-times", body, following=following, headers=[complete])
    laps: Any = None
    if captured:
        laps = (
            msgspec.Raw(f"[{text or ''}]".encode())
            if rows is None
            else [dict(zip(_LAP_COLUMNS[2:], row, strict=True)) for row in rows]
        )
    answer = LapTimes(
        race=found.summary,
        session=session,
        laps=laps,
        total=total if captured else None,
        next=following,
        completeness=status,
        license=completeness.license_of(synthetic=found.synthetic),
        synthetic=found.synthetic,
    )
    return _respond(request, found, "/lap-times", answer, following=following)


@router.get(
    "/{race_id}/results",
    **documented(Results, examples.results, "Results of the race", errors=(404,)),
)
def results(request: Request, race_id: RaceWritten) -> Response:
    """The classification of a race."""
    return _classification(request, race_id, "results", "race", "/results")


@router.get(
    "/{race_id}/sprint",
    **documented(Results, examples.sprint, "Results of the sprint", errors=(404,)),
)
def sprint(request: Request, race_id: RaceWritten) -> Response:
    """The classification of a race's sprint; null where there was none."""
    return _classification(request, race_id, "sprint", "sprint", "/sprint")


@router.get(
    "/{race_id}/qualifying",
    **documented(Qualifying, examples.qualifying, "Qualifying", errors=(404,)),
)
def qualifying(request: Request, race_id: RaceWritten) -> Response:
    """The qualifying session, times in milliseconds."""
    found, rows, shared = _rows(
        request, race_id, query="qualifying", resource="qualifying", session="qualifying"
    )
    names = QualifyingResult.__struct_fields__
    lines = None
    if rows is not None:
        lines = [QualifyingResult(**dict(zip(names, row, strict=True))) for row in rows]
    return _respond(request, found, "/qualifying", Qualifying(found.summary, lines, **shared))


@router.get(
    "/{race_id}/pit-stops",
    **documented(PitStops, examples.pit_stops, "Pit stops", errors=(404,)),
)
def pit_stops(
    request: Request, race_id: RaceWritten, driver: Drivers = None, session: SessionName = "race"
) -> Response:
    """Pit stops in the order they were made; durations are the time in the pit lane."""
    asked = {"session": session, "drivers": split_ids(driver)}
    found, rows, shared = _rows(
        request, race_id, query="pit_stops", resource="pitstops", session=session, asked=asked
    )
    stops = None if rows is None else [PitStop(*row) for row in rows]
    return _respond(request, found, "/pit-stops", PitStops(found.summary, session, stops, **shared))


@router.get(
    "/{race_id}/aggregations",
    **documented(Aggregations, examples.aggregations, "Figures by driver", errors=(404,)),
)
def aggregations(
    request: Request, race_id: RaceWritten, driver: Drivers = None, session: SessionName = "race"
) -> Response:
    """Laps, average and fastest lap, stops and time in the pits of each driver in one session."""
    today = exchange_of(request).today
    drivers = split_ids(driver)
    with service_of(request).pool.snapshot() as snapshot:
        found = find(snapshot, race_id, today=today)
        check_known(snapshot, drivers)
        asked = {"race_id": found.race_id, "session": session, "drivers": drivers}
        rows = snapshot.rows("aggregations", asked)
    captured = any(
        completeness.is_captured(found.captured, name, session) for name in ("laps", "pitstops")
    )
    names = Aggregation.__struct_fields__
    lines = None
    if captured:
        lines = [Aggregation(**dict(zip(names, row, strict=True))) for row in rows]
    status = completeness.of_race(found, ("laps", "pitstops"), session=session, today=today)
    answer = Aggregations(
        race=found.summary,
        session=session,
        aggregations=lines,
        completeness=status,
        license=completeness.license_of(synthetic=found.synthetic),
        synthetic=found.synthetic,
    )
    return _respond(request, found, "/aggregations", answer)


def race_of(row: Sequence[Any], today: date) -> Race:
    """A row of the query ``races``."""
    race_id, season, round_, name, circuit_id, on, time, has_sprint, captured = row
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
    )


def is_synthetic(row: tuple[Any, ...] | None) -> bool | None:
    """The answer of the query ``synthetic``."""
    return row[0] if row else None


def _classification(
    request: Request, written: str, resource: str, session: str, suffix: str
) -> Response:
    query = "sprint_results" if resource == "sprint" else resource
    found, rows, shared = _rows(request, written, query=query, resource=resource, session=session)
    names = Result.__struct_fields__
    lines = None
    if rows is not None:
        lines = [Result(**dict(zip(names, row, strict=True))) for row in rows]
    return _respond(request, found, suffix, Results(found.summary, session, lines, **shared))


def _rows(
    request: Request,
    written: str,
    *,
    query: str,
    resource: str,
    session: str,
    asked: dict[str, Any] | None = None,
) -> tuple[FoundRace, list[tuple[Any, ...]] | None, dict[str, Any]]:
    """The rows of one resource of a race, None if never captured, and what every answer has."""
    today = exchange_of(request).today
    asked = asked or {}
    with service_of(request).pool.snapshot() as snapshot:
        found = find(snapshot, written, today=today)
        check_known(snapshot, asked.get("drivers"))
        rows = snapshot.rows(query, {**asked, "race_id": found.race_id})
    shared = {
        "completeness": completeness.of_race(found, (resource,), session=session, today=today),
        "license": completeness.license_of(synthetic=found.synthetic),
        "synthetic": found.synthetic,
    }
    captured = completeness.is_captured(found.captured, resource, session)
    return found, rows if captured else None, shared


def _respond(
    request: Request,
    found: FoundRace,
    suffix: str,
    answer: Any,
    *,
    following: str | None = None,
    headers: Sequence[tuple[str, str]] = (),
) -> Response:
    links = [(canonical(request, f"/races/{found.race_id}{suffix}"), "canonical")]
    if following:
        links.append((following, "next"))
    is_csv = isinstance(answer, bytes)
    return respond(
        request,
        answer if is_csv else encode(answer),
        synthetic=found.synthetic,
        links=links,
        headers=headers,
        media_type=CSV if is_csv else JSON,
    )


def _csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()
