"""What happened in a race, line by line: laps, results, stops, figures; as JSON or CSV, by page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import msgspec
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from f1_api.completeness import answers
from f1_api.docs import examples
from f1_api.docs.openapi import documented
from f1_api.http.negotiation import Written
from f1_api.http.paging import canonical, page
from f1_api.http.parameters import (
    Cursor,
    Drivers,
    Format,
    LinesLimit,
    PageFormat,
    RaceWritten,
    SessionName,
    StrictRoute,
    check_order,
    split_ids,
    stored_ids,
)
from f1_api.http.problems import FieldError, NotFound, invalid
from f1_api.http.request_context import exchange_of
from f1_api.http.responses import CSV, JSON, encode, respond
from f1_api.races import pages, race_session
from f1_api.races.lookup import find
from f1_api.races.models import (
    Aggregation,
    Aggregations,
    Lap,
    LapTimes,
    PitStop,
    PitStops,
    Qualifying,
    QualifyingResult,
    Result,
    Results,
)
from f1_api.service import snapshot_for
from f1_datasets import csv_text

router = APIRouter(prefix="/races", tags=["races"], route_class=StrictRoute)

RaceList = type[LapTimes | Results | Qualifying | PitStops | Aggregations]


class _Kind(NamedTuple):
    """A list that each race has.

    `query` has the fields of `line`, in their order; `whole`, if there is one, answers the number
    of lines and the lines as JSON, which is quicker. `resources`: any of them makes it captured.
    `page` answers a browser.
    """

    name: str
    query: str
    resources: tuple[str, ...]
    line: type[msgspec.Struct]
    answer: RaceList
    whole: str | None = None
    page: Callable[..., Response] | None = None


_LAPS = _Kind(
    "lap-times",
    "laps",
    ("laps",),
    Lap,
    LapTimes,
    whole="laps_json",
    page=pages.laps_page,
)
_RESULTS = _Kind("results", "results", ("results",), Result, Results)
_SPRINT = _Kind("sprint", "sprint_results", ("sprint",), Result, Results)
_QUALIFYING = _Kind("qualifying", "qualifying", ("qualifying",), QualifyingResult, Qualifying)
_PIT_STOPS = _Kind(
    "pit-stops", "pit_stops", ("pitstops",), PitStop, PitStops, page=pages.stops_page
)
_AGGREGATIONS = _Kind(
    "aggregations", "aggregations", ("laps", "pitstops"), Aggregation, Aggregations
)


class _Form(NamedTuple):
    """How a list is to be shown."""

    format: Written | None
    limit: int | None
    cursor: str | None


def _csv(
    columns: Sequence[str], race_id: str, session: str, rows: Sequence[Sequence[Any]]
) -> bytes:
    lines = ((race_id, session, *row) for row in rows)
    return csv_text.table(("race_id", "session", *columns), lines)


def _documented(kind: _Kind, example: Any, summary: str) -> dict[str, Any]:
    field = kind.answer.__struct_fields__[2]  # after the race and the session
    lines = [msgspec.structs.astuple(line) for line in getattr(example, field) or ()]
    text = _csv(kind.line.__struct_fields__, example.race.race_id, example.session, lines)
    return documented(
        kind.answer,
        example,
        summary,
        csv=text.decode(),
        page=kind.page is not None,
        errors=(404, 410),
    )


@router.get("/{race_id}/lap-times", **_documented(_LAPS, examples.lap_times, "Lap times"))
def lap_times(
    request: Request,
    race_id: RaceWritten,
    *,
    driver: Drivers = None,
    from_: Annotated[int | None, Query(alias="from", ge=1, le=999, description="first lap")] = None,
    to: Annotated[int | None, Query(ge=1, le=999, description="last lap")] = None,
    session: SessionName = "race",
    format: PageFormat = None,  # noqa: A002 - the parameter's name
    limit: LinesLimit = None,
    cursor: Cursor = None,
) -> Response:
    """Every lap of a race or sprint, in milliseconds, by driver and lap."""
    check_order(from_, to)
    asked = {"drivers": split_ids(driver), "from": from_, "to": to}
    return _list(request, race_id, _LAPS, session, _Form(format, limit, cursor), asked=asked)


@router.get("/{race_id}/results", **_documented(_RESULTS, examples.results, "Results of the race"))
def results(
    request: Request,
    race_id: RaceWritten,
    *,
    format: Format = None,  # noqa: A002
    limit: LinesLimit = None,
    cursor: Cursor = None,
) -> Response:
    """The classification of a race."""
    return _list(request, race_id, _RESULTS, "race", _Form(format, limit, cursor))


@router.get("/{race_id}/sprint", **_documented(_SPRINT, examples.sprint, "Results of the sprint"))
def sprint(
    request: Request,
    race_id: RaceWritten,
    *,
    format: Format = None,  # noqa: A002
    limit: LinesLimit = None,
    cursor: Cursor = None,
) -> Response:
    """The classification of a race's sprint; null where there was none."""
    return _list(request, race_id, _SPRINT, "sprint", _Form(format, limit, cursor))


@router.get("/{race_id}/qualifying", **_documented(_QUALIFYING, examples.qualifying, "Qualifying"))
def qualifying(
    request: Request,
    race_id: RaceWritten,
    *,
    format: Format = None,  # noqa: A002
    limit: LinesLimit = None,
    cursor: Cursor = None,
) -> Response:
    """The qualifying session, times in milliseconds."""
    return _list(request, race_id, _QUALIFYING, "qualifying", _Form(format, limit, cursor))


@router.get("/{race_id}/pit-stops", **_documented(_PIT_STOPS, examples.pit_stops, "Pit stops"))
def pit_stops(
    request: Request,
    race_id: RaceWritten,
    *,
    driver: Drivers = None,
    session: SessionName = "race",
    format: PageFormat = None,  # noqa: A002
    limit: LinesLimit = None,
    cursor: Cursor = None,
) -> Response:
    """Pit stops in the order they were made; durations are the time in the pit lane."""
    asked = {"drivers": split_ids(driver)}
    return _list(request, race_id, _PIT_STOPS, session, _Form(format, limit, cursor), asked=asked)


@router.get(
    "/{race_id}/aggregations",
    **_documented(_AGGREGATIONS, examples.aggregations, "Figures by driver"),
)
def aggregations(
    request: Request,
    race_id: RaceWritten,
    *,
    driver: Drivers = None,
    session: SessionName = "race",
    format: Format = None,  # noqa: A002
    limit: LinesLimit = None,
    cursor: Cursor = None,
) -> Response:
    """Laps, average and fastest lap, stops and time in the pits of each driver in one session."""
    asked = {"drivers": split_ids(driver)}
    return _list(
        request, race_id, _AGGREGATIONS, session, _Form(format, limit, cursor), asked=asked
    )


def _list(
    request: Request,
    written: str,
    kind: _Kind,
    session: str,
    form: _Form,
    *,
    asked: Mapping[str, Any] | None = None,
) -> Response:
    """The lines of one list of one race.

    Raises:
        NotFound: as CSV, if they were never captured: a file without lines would say that there
            were none.
    """
    exchange = exchange_of(request)
    chosen = exchange.form(form.format, ("json", "csv", "html") if kind.page else ("json", "csv"))
    if chosen == "html":
        return _page(request, written, kind, session, form, asked=asked or {})
    as_csv = chosen == "csv"
    paged = form.limit is not None or form.cursor is not None
    asked = dict(asked or {})
    with snapshot_for(request) as snapshot:
        found = find(snapshot, written, today=exchange.today)
        if "drivers" in asked:
            asked["drivers"] = stored_ids(snapshot, asked["drivers"])
        query = kind.query if as_csv or paged or kind.whole is None else kind.whole
        rows = snapshot.rows(query, {**asked, "race_id": found.race_id, "session": session})
    captured = any(answers.is_captured(found.captured, name, session) for name in kind.resources)
    status = answers.of_race(found, kind.resources, session=session, today=exchange.today)
    columns = kind.line.__struct_fields__
    total: int | None
    lines: Any
    if query == kind.whole:
        (total, text), following = rows[0], None
        total, lines = total or 0, msgspec.Raw(f"[{text or ''}]".encode())
    else:
        shown = page(request, rows, form.limit, form.cursor)
        total, following, rows = len(rows), shown.next, rows[shown.start : shown.stop]
        lines = [] if as_csv else [dict(zip(columns, row, strict=True)) for row in rows]
    if not captured:
        total = lines = None
    links = [(canonical(request, f"/races/{found.race_id}/{kind.name}"), "canonical")]
    if following:
        links.append((following, "next"))
    if as_csv:
        if not captured and session == "sprint" and not found.has_sprint:
            raise NotFound(f"{kind.name} of {found.race_id} (sprint): no sprint was held")
        if not captured:
            raise NotFound(
                f"{kind.name} of {found.race_id} ({session}): never captured; as JSON the answer "
                "is null, an empty CSV file would mean that there were none"
            )
        return respond(
            request,
            _csv(columns, found.race_id, session, rows),
            synthetic=found.synthetic,
            links=links,
            headers=[("X-F1-Complete", "true" if status.complete else "false")],
            media_type=CSV,
        )
    answer = kind.answer(
        found.summary,
        session,
        lines,
        total,
        following,
        status,
        answers.license_of(synthetic=found.synthetic),
        found.synthetic,
    )
    return respond(request, encode(answer), synthetic=found.synthetic, links=links, media_type=JSON)


def _page(
    request: Request,
    written: str,
    kind: _Kind,
    session: str,
    form: _Form,
    *,
    asked: Mapping[str, Any],
) -> Response:
    """The same for a browser: the whole session, with the drivers that are asked for in front.

    Raises:
        Invalid: a part of the lines is asked for, which plots are not made of.
    """
    paged = {"limit": form.limit, "cursor": form.cursor}
    given = [name for name, value in paged.items() if value is not None]
    if given:
        raise invalid(
            [FieldError(n, "for JSON and CSV only: the page has all of them") for n in given]
        )
    today = exchange_of(request).today
    with snapshot_for(request) as snapshot:
        found = find(snapshot, written, today=today)
        drivers = stored_ids(snapshot, asked.get("drivers"))
        stored = race_session.read(
            snapshot,
            found,
            session,
            race_session.read_results(snapshot, found, session),
            picked=drivers or (),
            first=asked.get("from"),
            last=asked.get("to"),
        )
    status = answers.of_race(found, kind.resources, session=session, today=today)
    links = [(canonical(request, f"/races/{found.race_id}/{kind.name}"), "canonical")]
    assert kind.page is not None
    return kind.page(request, stored, status, links=links)
