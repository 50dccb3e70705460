"""Drivers and their figures."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BeforeValidator

from f1_api.completeness import answers
from f1_api.completeness.models import DriverCoverage
from f1_api.drivers import pages
from f1_api.drivers.lookup import find_driver
from f1_api.drivers.models import (
    Driver,
    DriverAnswer,
    DriverList,
    DriverRace,
    DriverSeason,
    Figures,
    Stats,
)
from f1_api.endpoint.responder import ROWS, Answer, Reading, get
from f1_api.http.csv_tables import Table, table_of
from f1_api.http.parameters import DriverId, Season, SessionName, StrictRoute, Text, Word
from f1_api.names import fold, matches, sort_key
from f1_api.postgres.pool import Snapshot

router = APIRouter(prefix="/drivers", tags=["drivers"], route_class=StrictRoute)

By = Literal["career", "season", "race"]


def _none_if_empty(written: object) -> object:
    """For forms, which send an empty field as an empty parameter."""
    return written or None


_GROUPS: dict[By, int] = {"career": 3, "season": 1, "race": 0}
"""GROUPING(season, race_id) in the query: 0 for a race, 1 for a season, 3 for the career."""
_RESOURCES = {
    "race": ("results", "sprint", "laps", "pitstops", "driverstandings"),
    "sprint": ("sprint",),
}
"""The resources of a session's figures."""


@get(
    router,
    "",
    DriverList,
    "Drivers",
    table=lambda answer: table_of(Driver, answer.drivers),
    template="drivers.html",
    paging=ROWS,
)
def drivers(
    reading: Reading,
    *,
    season: Annotated[Season, BeforeValidator(_none_if_empty)] = None,
    code: Word = None,
    nationality: Text = None,
    q: Annotated[
        str | None, Query(pattern=r"^[^\x00]*$", max_length=100, description="part of a name or id")
    ] = None,
) -> Answer:
    """Drivers by family name. `season` selects those with a result, a lap or a qualifying in it."""
    snapshot = reading.snapshot
    rows = snapshot.rows("drivers", {"season": season, "code": code})
    items = sorted(
        (one for one in (Driver(*row) for row in rows) if _matches(one, q, nationality)),
        key=lambda one: sort_key(one.family_name, one.given_name, one.driver_id),
    )
    shown = reading.page(items)
    answer = DriverList(
        *shown,
        completeness=answers.of_seasons(
            snapshot,
            None if season is None else [season],
            ("results", "qualifying", "laps"),
            today=reading.today,
        ),
        **answers.licensed_in(snapshot),
    )
    return Answer(answer, html=lambda: {"q": q, "season": season})


@get(
    router,
    "/{driver_id}",
    DriverAnswer,
    "A driver",
    table=pages.TABLES["seasons"],
    template="driver.html",
)
def driver(
    reading: Reading,
    driver_id: DriverId,
    season: Annotated[
        int | None, Query(ge=1950, le=2100, description="the season that the page draws")
    ] = None,
    table: Annotated[pages.TableName, Query(description="the table for CSV")] = "seasons",
) -> Answer:
    """A driver: seasons and constructors, figures, and every result that is stored."""
    snapshot = reading.snapshot
    found, synthetic = find_driver(snapshot, driver_id)
    parameters = {"driver_id": found.driver_id}
    seasons = [
        DriverSeason(
            *(year, races, teams), int(place) if place and place.isdecimal() else None, place
        )
        for year, races, teams, place in snapshot.rows("driver_seasons", parameters)
    ]
    figures = _figures(snapshot, found.driver_id, by=("career", "season"))
    answer = DriverAnswer(
        driver=found,
        seasons=seasons,
        total=figures["career"][0],
        by_season=figures["season"],
        races=snapshot.structs(DriverRace, "driver_races", parameters),
        completeness=answers.of_seasons(
            snapshot,
            [item.season for item in seasons],
            _RESOURCES["race"],
            today=reading.today,
            driver=found.driver_id,
            of_driver=_coverage(figures["career"][0], "race"),
        ),
        **answers.licensed(synthetic=synthetic),
    )
    return Answer(
        answer,
        f"/drivers/{found.driver_id}",
        csv=lambda: pages.TABLES[table](answer),
        html=lambda: pages.driver_page(answer, season, today=reading.today),
    )


def _stats_table(answer: Stats) -> Table:
    return table_of(Figures, [answer.total] if answer.rows is None else answer.rows)


@get(
    router,
    "/{driver_id}/stats",
    Stats,
    "A driver's figures",
    table=_stats_table,
    template="stats.html",
)
def stats(
    reading: Reading,
    driver_id: DriverId,
    *,
    by: Annotated[By, Query(description="the grouping of `rows`")] = "career",
    season: Season = None,
    session: SessionName = "race",
) -> Answer:
    """Entries, starts, laps, averages, fastest lap, stops, wins, podiums, poles and points.

    Over several races the average is weighted: the sum of all lap times divided by the number of
    laps that have one. `points` is the sum of `race_points` and `sprint_points`;
    `championship_points` are those that the championship counts. If laps, stops or results are
    captured for a part of the races only, `races_with_laps` and similar fields have their number.
    Completeness covers the seasons of the driver. CSV by career has the row of `total`.
    """
    found, synthetic = find_driver(reading.snapshot, driver_id)
    # Completeness needs the seasons, also with by=race.
    by_group = _figures(
        reading.snapshot,
        found.driver_id,
        by=("career", "season", by),
        season=season,
        session=session,
    )
    seasons = [item.season for item in by_group["season"] if item.season is not None]
    answer = Stats(
        driver=found,
        by=by,
        session=session,
        total=by_group["career"][0],
        rows=None if by == "career" else by_group[by],
        completeness=answers.of_seasons(
            reading.snapshot,
            seasons if season is None else [season],
            _RESOURCES[session],
            today=reading.today,
            driver=found.driver_id,
            of_driver=_coverage(by_group["career"][0], session),
        ),
        **answers.licensed(synthetic=synthetic),
    )
    return Answer(
        answer,
        f"/drivers/{found.driver_id}/stats",
        html=lambda: {"season": season, "seasons": len(by_group["season"])},
    )


def _figures(
    snapshot: Snapshot,
    driver_id: str,
    *,
    by: Sequence[By],
    season: int | None = None,
    session: str = "race",
) -> dict[By, list[Figures]]:
    """A driver's figures in these groupings; the career always has one row."""
    rows = snapshot.structs(
        Figures,
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
        kind: By = "race" if row.race_id else "season" if row.season else "career"
        found[kind].append(row)
    return found


def _coverage(total: Figures, session: str) -> dict[str, DriverCoverage]:
    """For each resource, the number of the driver's races that have it captured."""
    results = DriverCoverage(total.entries, total.races_with_results)
    if session == "sprint":
        return {"sprint": results}
    return {
        "results": results,
        "laps": DriverCoverage(total.starts, total.races_with_laps),
        "pitstops": DriverCoverage(total.starts, total.races_with_pit_stops),
    }


def _matches(one: Driver, q: str | None, nationality: str | None) -> bool:
    if nationality is not None and fold(one.nationality or "") != fold(nationality):
        return False
    return q is None or matches(q, one.given_name, one.family_name, one.driver_id, one.code)
