"""Drivers and their figures."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BeforeValidator
from starlette.requests import Request
from starlette.responses import Response

from f1_api.completeness import answers
from f1_api.completeness.models import DriverCoverage
from f1_api.docs import examples
from f1_api.docs.openapi import documented
from f1_api.drivers import pages
from f1_api.drivers.models import (
    Driver,
    DriverAnswer,
    DriverList,
    DriverRace,
    DriverSeason,
    Figures,
    Stats,
)
from f1_api.drivers.name_search import fold, matches, sort_key
from f1_api.http.csv_tables import respond_csv, table_of, text_of
from f1_api.http.paging import canonical, page
from f1_api.http.parameters import (
    Cursor,
    DriverId,
    Limit,
    PageFormat,
    Season,
    SessionName,
    StrictRoute,
    Text,
    Word,
    unknown_driver,
)
from f1_api.http.request_context import exchange_of
from f1_api.http.responses import encode, respond
from f1_api.pages.layout import respond_page
from f1_api.postgres.pool import Snapshot
from f1_api.races.calendar_routes import is_synthetic
from f1_api.service import snapshot_for

router = APIRouter(prefix="/drivers", tags=["drivers"], route_class=StrictRoute)

By = Literal["career", "season", "race"]


def _none_if_empty(written: object) -> object:
    """A field of a form that nobody filled in comes as an empty one."""
    return written or None


_FIELDS = (
    "season", "round", "race_id", "races", "entries", "starts", "races_with_results",
    "races_with_laps", "races_with_pit_stops", "laps", "timed_laps", "total_ms", "average_lap_ms",
    "fastest_lap_ms", "fastest_lap", "fastest_lap_race_id", "pit_stops", "pit_time_ms", "wins",
    "podiums", "poles", "points", "race_points", "sprint_points", "championship_points",
    "championship_seasons",
)  # fmt: skip
_GROUPS: dict[By, int] = {"career": 3, "season": 1, "race": 0}
"""What the query's GROUPING(season, race_id) is: 0 of a race, 1 of a season, 3 of everything."""
_RESOURCES = {
    "race": ("results", "sprint", "laps", "pitstops", "driverstandings"),
    "sprint": ("sprint",),
}
"""What the figures of a session are made of."""


@router.get(
    "",
    **documented(
        DriverList,
        examples.driver_list,
        "Drivers",
        csv=text_of(table_of(Driver, examples.driver_list.drivers)),
        page=True,
        errors=(410,),
    ),
)
def drivers(
    request: Request,
    *,
    season: Annotated[Season, BeforeValidator(_none_if_empty)] = None,
    code: Word = None,
    nationality: Text = None,
    q: Annotated[
        str | None, Query(pattern=r"^[^\x00]*$", max_length=100, description="part of a name or id")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    format: PageFormat = None,  # noqa: A002 - the parameter's name
) -> Response:
    """Drivers by family name. `season` takes those with a result, a lap or a qualifying in it."""
    exchange = exchange_of(request)
    form = exchange.form(format, ("json", "csv", "html"))
    with snapshot_for(request) as snapshot:
        rows = snapshot.rows("drivers", {"season": season, "code": code})
        synthetic = is_synthetic(snapshot.row("synthetic"))
        coverage = answers.of_seasons(
            snapshot,
            None if season is None else [season],
            ("results", "qualifying", "laps"),
            today=exchange.today,
        )
    items = sorted(
        (one for one in (Driver(*row) for row in rows) if _is_wanted(one, q, nationality)),
        key=lambda one: sort_key(one.family_name, one.given_name, one.driver_id),
    )
    shown = page(request, items, limit, cursor)
    answer = DriverList(
        drivers=items[shown.start : shown.stop],
        total=len(items),
        next=shown.next,
        completeness=coverage,
        license=answers.license_of(synthetic=synthetic),
        synthetic=synthetic,
    )
    links = [(shown.next, "next")] if shown.next else []
    if form == "csv":
        table = table_of(Driver, answer.drivers)
        complete = coverage.complete
        return respond_csv(request, table, synthetic=synthetic, complete=complete, links=links)
    if form == "html":
        return respond_page(
            request,
            "drivers.html",
            synthetic=synthetic,
            license=answer.license,
            forms=("json", "csv"),
            links=links,
            answer=answer,
            q=q,
            season=season,
        )
    return respond(request, encode(answer), synthetic=synthetic, links=links)


@router.get(
    "/{driver_id}",
    **documented(
        DriverAnswer,
        examples.driver_answer,
        "A driver",
        csv=text_of(pages.TABLES["seasons"](examples.driver_answer)),
        page=True,
        errors=(404,),
    ),
)
def driver(
    request: Request,
    driver_id: DriverId,
    season: Annotated[
        int | None, Query(ge=1950, le=2100, description="which one the page draws")
    ] = None,
    format: PageFormat = None,  # noqa: A002
    table: Annotated[pages.TableName, Query(description="which one, as CSV")] = "seasons",
) -> Response:
    """A driver: seasons and constructors, figures, and every result that is stored."""
    exchange = exchange_of(request)
    form = exchange.form(format, ("json", "csv", "html"))
    with snapshot_for(request) as snapshot:
        found, synthetic = find_driver(snapshot, driver_id)
        asked = {"driver_id": found.driver_id}
        seasons = [
            DriverSeason(
                *(year, races, teams), int(place) if place and place.isdecimal() else None, place
            )
            for year, races, teams, place in snapshot.rows("driver_seasons", asked)
        ]
        races = [
            DriverRace(**dict(zip(DriverRace.__struct_fields__, row, strict=True)))
            for row in snapshot.rows("driver_races", asked)
        ]
        figures = _figures(snapshot, found.driver_id, by=("career", "season"))
        coverage = answers.of_seasons(
            snapshot,
            [item.season for item in seasons],
            _RESOURCES["race"],
            today=exchange.today,
            driver=found.driver_id,
            of_driver=_coverage(figures["career"][0], "race"),
        )
    answer = DriverAnswer(
        driver=found,
        seasons=seasons,
        total=figures["career"][0],
        by_season=figures["season"],
        races=races,
        completeness=coverage,
        license=answers.license_of(synthetic=synthetic),
        synthetic=synthetic,
    )
    links = [(canonical(request, f"/drivers/{found.driver_id}"), "canonical")]
    if form == "csv":
        shown = pages.TABLES[table](answer)
        complete = coverage.complete
        return respond_csv(request, shown, synthetic=synthetic, complete=complete, links=links)
    if form == "html":
        return pages.driver_page(request, answer, season, today=exchange.today, links=links)
    return respond(request, encode(answer), synthetic=synthetic, links=links)


@router.get(
    "/{driver_id}/stats",
    **documented(
        Stats,
        examples.stats,
        "A driver's figures",
        csv=text_of(table_of(Figures, examples.stats.rows or ())),
        page=True,
        errors=(404,),
    ),
)
def stats(
    request: Request,
    driver_id: DriverId,
    *,
    by: Annotated[By, Query(description="what `rows` are divided by")] = "career",
    season: Season = None,
    session: SessionName = "race",
    format: PageFormat = None,  # noqa: A002
) -> Response:
    """Entries, starts, laps, averages, fastest lap, stops, wins, podiums, poles and points.

    Over several races the average is weighted: the sum of all lap times divided by the number of
    laps that have one. `points` are of races and sprints, `race_points` and `sprint_points` apart,
    `championship_points` what the championship counts. Laps, stops and results may be of a part of
    the races: `races_with_laps` and so on say of how many. Completeness is that of the seasons in
    which the driver raced. As CSV by career it is the line of `total`.
    """
    exchange = exchange_of(request)
    form = exchange.form(format, ("json", "csv", "html"))
    with snapshot_for(request) as snapshot:
        found, synthetic = find_driver(snapshot, driver_id)
        by_group = _figures(
            # By race the seasons are asked for too: completeness is about them.
            *(snapshot, found.driver_id),
            by=("career", "season", by),
            season=season,
            session=session,
        )
        seasons = [item.season for item in by_group["season"] if item.season is not None]
        if season is not None:
            seasons = [season]
        coverage = answers.of_seasons(
            snapshot,
            seasons,
            _RESOURCES[session],
            today=exchange.today,
            driver=found.driver_id,
            of_driver=_coverage(by_group["career"][0], session),
        )
    answer = Stats(
        driver=found,
        by=by,
        session=session,
        total=by_group["career"][0],
        rows=None if by == "career" else by_group[by],
        completeness=coverage,
        license=answers.license_of(synthetic=synthetic),
        synthetic=synthetic,
    )
    links = [(canonical(request, f"/drivers/{found.driver_id}/stats"), "canonical")]
    if form == "csv":
        table = table_of(Figures, [answer.total] if answer.rows is None else answer.rows)
        complete = coverage.complete
        return respond_csv(request, table, synthetic=synthetic, complete=complete, links=links)
    if form == "html":
        return respond_page(
            request,
            "stats.html",
            synthetic=synthetic,
            license=answer.license,
            forms=("json", "csv"),
            links=links,
            answer=answer,
            season=season,
            seasons=len(by_group["season"]),
        )
    return respond(request, encode(answer), synthetic=synthetic, links=links)


def _figures(
    snapshot: Snapshot,
    driver_id: str,
    *,
    by: Sequence[By],
    season: int | None = None,
    session: str = "race",
) -> dict[By, list[Figures]]:
    """A driver's figures, divided in all these ways; of the career there is always one line."""
    rows = snapshot.rows(
        "driver_stats",
        {
            "driver_id": driver_id,
            "season": season,
            "session": session,
            "groups": sorted({_GROUPS[one] for one in by}),
        },
    )
    found: dict[By, list[Figures]] = {"career": [], "season": [], "race": []}
    for row in rows:
        kind: By = "race" if row[2] else "season" if row[0] else "career"
        found[kind].append(Figures(**dict(zip(_FIELDS, row, strict=True))))
    return found


def _coverage(total: Figures, session: str) -> dict[str, DriverCoverage]:
    """Of how many of the driver's races each resource is captured."""
    results = DriverCoverage(total.entries, total.races_with_results)
    if session == "sprint":
        return {"sprint": results}
    return {
        "results": results,
        "laps": DriverCoverage(total.starts, total.races_with_laps),
        "pitstops": DriverCoverage(total.starts, total.races_with_pit_stops),
    }


def _is_wanted(one: Driver, q: str | None, nationality: str | None) -> bool:
    if nationality is not None and fold(one.nationality or "") != fold(nationality):
        return False
    return q is None or matches(q, one.given_name, one.family_name, one.driver_id, one.code)


def find_driver(snapshot: Snapshot, written: str) -> tuple[Driver, Any]:
    """The driver, and whether the data is synthetic.

    Raises:
        NotFound: there is none; says who is similar.
    """
    written = written.replace("\x00", "")
    row = snapshot.row("driver", {"driver_id": written})
    if row is None:
        raise unknown_driver(snapshot, written)
    return Driver(*row[:-1]), row[-1]
