"""Seasons: calendar, championship, progress."""

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Query

from f1_api.completeness import answers
from f1_api.completeness.resources import ALL
from f1_api.drivers.lookup import chosen_ids
from f1_api.endpoint.responder import ROWS, Answer, Reading, get
from f1_api.http.csv_tables import table_of
from f1_api.http.parameters import Drivers, StrictRoute, Year
from f1_api.postgres.pool import Snapshot
from f1_api.races.calendar import race_of, races_table
from f1_api.races.race_session import Entrant, entrants_of
from f1_api.seasons import pages, plots, progress, round_results
from f1_api.seasons.lookup import find_season, not_found, year_of
from f1_api.seasons.models import (
    ConstructorStanding,
    DriverStanding,
    Season,
    SeasonAnswer,
    SeasonForm,
    SeasonList,
    Standings,
)
from f1_api.status.models import SeasonStatus

router = APIRouter(prefix="/seasons", tags=["seasons"], route_class=StrictRoute)


@get(
    router,
    "",
    SeasonList,
    "Seasons",
    table=lambda answer: table_of(Season, answer.seasons),
    template="seasons.html",
    paging=ROWS,
)
def seasons(reading: Reading) -> Answer:
    """Seasons, newest first."""
    snapshot, today = reading.snapshot, reading.today
    rows = snapshot.rows("seasons", {"season": None, "today": today})
    shown = reading.page([Season(*row) for row in rows])
    return Answer(
        SeasonList(
            *shown,
            completeness=answers.of_seasons(snapshot, None, ALL, today=today),
            **answers.licensed_in(snapshot),
        )
    )


@get(
    router,
    "/{year}",
    SeasonAnswer,
    "A season",
    table=lambda answer: races_table(answer.races),
    template="season.html",
)
def season(
    reading: Reading,
    year: Year,
    driver: Drivers = None,
    table: Annotated[pages.TableName, Query(description="the table for CSV")] = "races",
) -> Answer:
    """A season: its calendar with the winners, its championship after the newest race that has
    standings, and its results race by race. The page has plots, which highlight `driver`.

    CSV has one table; a table that was never captured is a 404.
    """
    snapshot, today = reading.snapshot, reading.today
    picked = chosen_ids(snapshot, driver)
    number, found = find_season(snapshot, year, today=today)
    parameters = {"season": number, "circuit": None, "from": None, "to": None}
    races = snapshot.rows("races", parameters)
    standings = _standings(snapshot, number)
    results = round_results.read(snapshot, number, [row[0] for row in races], standings)
    answer = SeasonAnswer(
        season=found,
        races=[race_of(row, today) for row in races],
        standings=standings,
        form=results,
        completeness=answers.of_seasons(snapshot, [number], ALL, today=today),
        **answers.licensed_in(snapshot),
    )

    def html() -> dict[str, Any]:
        return pages.season_page(reading, answer, _entrants(snapshot, results, picked or ()))

    rows = pages.TABLES[table](answer)
    no_csv = None
    if rows is None:
        no_csv = (
            f"{table} of {number}: never captured; as JSON it is null, an empty CSV file would "
            "mean that there were none"
        )
    return Answer(answer, f"/seasons/{number}", no_csv, csv=lambda: rows, html=html)


@get(router, "/{year}/status", SeasonStatus, "Progress of a season", keep=False)
def status(
    reading: Reading,
    year: Year,
    owner: Annotated[
        str | None,
        Query(
            pattern=r"^[^\x00]*$", max_length=200, description="plans of this owner: a Season's uid"
        ),
    ] = None,
    generation: Annotated[
        int | None,
        Query(ge=0, le=2**63 - 1, description="its generation; default: the newest"),
    ] = None,
) -> Answer:
    """The progress of a season: expected, captured and processed resources, race by race.

    Expected resources are those of a plan, or without a plan those that should exist for the races
    run so far. People and the operator read it; fields are never removed. Not cached: each answer
    is read from the database.
    """
    number = year_of(reading.snapshot, year, today=reading.today)
    found = progress.read(
        reading.snapshot, number, owner=owner, generation=generation, today=reading.today
    )
    if found is None:
        raise not_found(reading.snapshot, year)
    return Answer(found, f"/seasons/{number}/status")


def _entrants(snapshot: Snapshot, form: SeasonForm, picked: Collection[str]) -> list[Entrant]:
    """The drivers that the page draws."""
    members = {one.driver_id: one.constructor_ids[-1] for one in plots.drawn(form.drivers)}
    names = snapshot.rows("names", {"drivers": list(members)}) if members else []
    return entrants_of(members, {row[0]: row[1:] for row in names}, picked)


def _standings(snapshot: Snapshot, year: int) -> Standings:
    parameters: dict[str, Any] = {"season": year}
    drivers = snapshot.rows("driver_standings", parameters)
    constructors = snapshot.rows("constructor_standings", parameters)
    return Standings(
        drivers_after=drivers[0][0] if drivers else None,
        drivers=[DriverStanding(*row[1:]) for row in drivers] or None,
        constructors_after=constructors[0][0] if constructors else None,
        constructors=[ConstructorStanding(*row[1:]) for row in constructors] or None,
    )
