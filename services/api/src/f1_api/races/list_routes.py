"""The rows of a race: laps, results, pit stops, figures."""

from typing import Annotated

from fastapi import APIRouter, Query

from f1_api.endpoint.responder import Answer, Reading
from f1_api.http.parameters import Drivers, RaceWritten, SessionName, StrictRoute, check_order
from f1_api.races import pages
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
from f1_api.races.rows_endpoint import RowsEndpoint

router = APIRouter(prefix="/races", tags=["races"], route_class=StrictRoute)

_LAPS = RowsEndpoint(
    "lap-times",
    "laps",
    ("laps",),
    Lap,
    LapTimes,
    tab="Lap times",
    page=pages.laps_page,
    template="laps.html",
    whole="laps_json",
)
_RESULTS = RowsEndpoint("results", "results", ("results",), Result, Results)
_SPRINT = RowsEndpoint("sprint", "sprint_results", ("sprint",), Result, Results)
_QUALIFYING = RowsEndpoint(
    "qualifying",
    "qualifying",
    ("qualifying",),
    QualifyingResult,
    Qualifying,
    tab="Qualifying",
)
_PIT_STOPS = RowsEndpoint(
    "pit-stops",
    "pit_stops",
    ("pitstops",),
    PitStop,
    PitStops,
    tab="Pit stops",
    page=pages.stops_page,
    template="stops.html",
)
_AGGREGATIONS = RowsEndpoint(
    "aggregations", "aggregations", ("laps", "pitstops"), Aggregation, Aggregations
)


@_LAPS.get(router, "Lap times")
def lap_times(
    reading: Reading,
    race_id: RaceWritten,
    *,
    driver: Drivers = None,
    from_: Annotated[int | None, Query(alias="from", ge=1, le=999, description="first lap")] = None,
    to: Annotated[int | None, Query(ge=1, le=999, description="last lap")] = None,
    session: SessionName = "race",
) -> Answer:
    """Every lap of a race or sprint, in milliseconds, by driver and lap."""
    check_order(from_, to)
    return _LAPS.read(reading, race_id, session, driver, first=from_, last=to)


@_RESULTS.get(router, "Results of the race")
def results(reading: Reading, race_id: RaceWritten) -> Answer:
    """The classification of a race."""
    return _RESULTS.read(reading, race_id, "race")


@_SPRINT.get(router, "Results of the sprint")
def sprint(reading: Reading, race_id: RaceWritten) -> Answer:
    """The classification of a race's sprint; null without a sprint."""
    return _SPRINT.read(reading, race_id, "sprint")


@_QUALIFYING.get(router, "Qualifying")
def qualifying(reading: Reading, race_id: RaceWritten) -> Answer:
    """The qualifying session, times in milliseconds."""
    return _QUALIFYING.read(reading, race_id, "qualifying")


@_PIT_STOPS.get(router, "Pit stops")
def pit_stops(
    reading: Reading,
    race_id: RaceWritten,
    *,
    driver: Drivers = None,
    session: SessionName = "race",
) -> Answer:
    """Pit stops in order of time; durations are the time in the pit lane."""
    return _PIT_STOPS.read(reading, race_id, session, driver)


@_AGGREGATIONS.get(router, "Figures by driver")
def aggregations(
    reading: Reading,
    race_id: RaceWritten,
    *,
    driver: Drivers = None,
    session: SessionName = "race",
) -> Answer:
    """Laps, average and fastest lap, stops and time in the pits of each driver in one session."""
    return _AGGREGATIONS.read(reading, race_id, session, driver)
