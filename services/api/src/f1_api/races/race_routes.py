"""One race: date and place, classification, figures."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

import msgspec
from fastapi import APIRouter

from f1_api.completeness import answers
from f1_api.completeness.resources import ALL
from f1_api.drivers.lookup import chosen_ids
from f1_api.endpoint.responder import Answer, Reading, get
from f1_api.http.csv_tables import Table
from f1_api.http.parameters import Drivers, RaceWritten, SessionName, StrictRoute
from f1_api.postgres.pool import Row
from f1_api.races import pages, race_session
from f1_api.races.completeness import of_race
from f1_api.races.lookup import FoundRace, find
from f1_api.races.models import Aggregation, Circuit, RaceAnswer, RaceDetail, Result, Session

router = APIRouter(prefix="/races", tags=["races"], route_class=StrictRoute)

_Line = TypeVar("_Line", Result, Aggregation)
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


def _table(answer: RaceAnswer) -> Table:
    """A row for each result with the driver's figures; drivers without a result are at the end."""
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
            own = tuple(known.get(name) for name in Result.__struct_fields__)
            rows.append((race_id, session, *own, *_figures(line)))
    return Table(_COLUMNS, rows, plain=True)


def _figures(line: Aggregation | None) -> Sequence[Any]:
    return [getattr(line, name, None) for name in _FIGURES]


@get(router, "/{race_id}", RaceAnswer, "A race", table=_table, template="race.html")
def race(
    reading: Reading,
    race_id: RaceWritten,
    *,
    session: SessionName = "race",
    driver: Drivers = None,
) -> Answer:
    """A race, its circuit, the sessions of its weekend, its classification, the drivers' figures,
    and its completeness. The page has plots, which highlight `driver`.
    """
    snapshot = reading.snapshot
    found = find(snapshot, race_id, today=reading.today)
    drivers = chosen_ids(snapshot, driver)
    row = snapshot.row("race_detail", {"race_id": found.race_id})
    assert row is not None
    results = race_session.read_results(snapshot, found, session)
    aggregations = race_session.read_aggregations(snapshot, found, session)
    answer = RaceAnswer(
        race=_detail(found, row),
        session=session,
        results=_only(results, drivers),
        aggregations=_only(aggregations, drivers),
        completeness=of_race(found, ALL, today=reading.today),
        **answers.licensed(synthetic=found.synthetic),
    )

    def html() -> dict[str, Any]:
        stored = race_session.read(snapshot, found, session, results, picked=drivers or ())
        return pages.race_page(reading, answer, stored)

    no_csv = None
    if results is None and session == "sprint" and not found.has_sprint:
        no_csv = f"results of {found.race_id} (sprint): no sprint was held"
    elif results is None and aggregations is None:
        no_csv = (
            f"results and figures of {found.race_id} ({session}): never captured; as JSON they "
            "are null, an empty CSV file would mean that there were none"
        )
    return Answer(answer, f"/races/{found.race_id}", no_csv, html=html)


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
