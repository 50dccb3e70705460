"""Provenance: captures, raw objects, decisions."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from f1_api.captures import formulas, provenance, tables
from f1_api.captures.models import (
    CaptureAnswer,
    CaptureSlice,
    RaceProvenance,
    SourceOfRows,
    Sources,
)
from f1_api.completeness import answers
from f1_api.drivers.lookup import find_driver
from f1_api.endpoint.examples import value_of
from f1_api.endpoint.responder import LINES, Answer, Reading, get
from f1_api.http.csv_tables import Table, table_of
from f1_api.http.parameters import DriverId, RaceWritten, Season, StrictRoute, Year
from f1_api.http.problems import FieldError, invalid
from f1_api.races.lookup import find
from f1_api.seasons.lookup import find_season

router = APIRouter(tags=["provenance"], route_class=StrictRoute)


def _sources(answer: Sources) -> Table:
    return table_of(SourceOfRows, answer.sources)


@get(
    router,
    "/races/{race_id}/provenance",
    RaceProvenance,
    "Provenance of a race",
    table=tables.history,
    template="provenance.html",
    keep=False,
)
def of_race(
    reading: Reading,
    race_id: RaceWritten,
    *,
    driver: Annotated[
        str | None,
        Query(
            pattern=r"^[^\x00]*$",
            max_length=80,
            description="include the history of this driver's rows",
        ),
    ] = None,
    lap: Annotated[int | None, Query(ge=1, le=999, description="only those of one lap")] = None,
) -> Answer:
    """All captures of a race with their states; of the applied ones also raw object and pages.

    With `driver` and `lap`, also the history of those rows. Not cached: each answer is read from
    the database.
    """
    if lap is not None and driver is None:
        raise invalid([FieldError("lap", "also set driver=...")])
    snapshot = reading.snapshot
    found = find(snapshot, race_id, today=reading.today)
    resources = provenance.of_race(snapshot, found)
    refused = provenance.refused(snapshot, found)
    numbers = None
    if driver is not None:
        known, _ = find_driver(snapshot, driver)
        numbers = provenance.of_driver(snapshot, found, known.driver_id, lap)
    keys = [item.capture for resource in resources for item in resource.history]
    keys += [item.capture for item in refused]
    answer = RaceProvenance(
        race=found.summary,
        resources=resources,
        numbers=numbers,
        formulas=formulas.OF_RACE,
        refused=refused,
        decisions=provenance.decisions(snapshot, keys, found.season),
        **answers.licensed(synthetic=found.synthetic),
    )
    return Answer(answer, f"/races/{found.race_id}/provenance")


@get(
    router,
    "/seasons/{year}/provenance",
    Sources,
    "Provenance of a season",
    table=_sources,
    template="sources.html",
    paging=LINES,
    keep=False,
)
def of_season(reading: Reading, year: Year) -> Answer:
    """The capture of each resource of each race, from which standings and figures come.

    Not cached: each answer is read from the database.
    """
    season, _ = find_season(reading.snapshot, year, today=reading.today)
    rows = reading.snapshot.structs(SourceOfRows, "sources_of_season", {"season": season})
    licensing = answers.licensed_in(reading.snapshot)
    answer = Sources(season, None, *reading.page(rows), formulas.OF_SEASON, **licensing)
    return Answer(answer, f"/seasons/{season}/provenance")


@get(
    router,
    "/drivers/{driver_id}/provenance",
    Sources,
    "Provenance of a driver's figures",
    table=_sources,
    template="sources.html",
    paging=LINES,
    keep=False,
)
def of_driver(reading: Reading, driver_id: DriverId, *, season: Season = None) -> Answer:
    """All captures behind a driver's figures, for the career or one season.

    Not cached: each answer is read from the database.
    """
    driver, synthetic = find_driver(reading.snapshot, driver_id)
    own = driver.driver_id
    about = {"driver_id": own, "season": season}
    rows = reading.snapshot.structs(SourceOfRows, "sources_of_driver", about)
    licensing = answers.licensed(synthetic=synthetic)
    answer = Sources(season, own, *reading.page(rows), formulas.OF_DRIVER, **licensing)
    return Answer(answer, f"/drivers/{own}/provenance")


@get(
    router,
    "/captures/{key:path}",
    CaptureAnswer,
    "A capture",
    table=lambda answer: table_of(CaptureSlice, answer.slices),
    template="capture.html",
    keep=False,
)
def capture(
    reading: Reading,
    key: Annotated[
        str,
        Path(
            description="the key of the raw object, with its slashes",
            openapi_examples={"key": {"value": value_of("capture")}},
        ),
    ],
) -> Answer:
    """A capture's raw object and pages, and its state race by race, which CSV has, too.

    Not cached: each answer is read from the database.
    """
    licensing = answers.licensed_in(reading.snapshot)
    return Answer(provenance.capture(reading.snapshot, key, licensing))
