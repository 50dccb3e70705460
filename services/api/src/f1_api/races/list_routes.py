"""What happened in a race, row by row: laps, results, stops, figures."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

import msgspec
from fastapi import APIRouter, Query

from f1_api.completeness import answers
from f1_api.drivers.lookup import chosen_ids
from f1_api.endpoint.responder import LINES, Answer, Declare, Reading, get
from f1_api.http.csv_tables import Table
from f1_api.http.parameters import Drivers, RaceWritten, SessionName, StrictRoute, check_order
from f1_api.races import pages, race_session
from f1_api.races.completeness import of_race
from f1_api.races.lookup import FoundRace, find
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

router = APIRouter(prefix="/races", tags=["races"], route_class=StrictRoute)

RaceRows = LapTimes | Results | Qualifying | PitStops | Aggregations
RacePage = Callable[[Reading, race_session.RaceSession], Mapping[str, Any]]


class _Kind(NamedTuple):
    """A list that each race has.

    `query` has the fields of `line`, in their order; `whole`, if there is one, answers the number
    of rows and the rows as JSON, which is quicker. `resources`: any of them makes it captured.
    """

    name: str
    query: str
    resources: tuple[str, ...]
    line: type[msgspec.Struct]
    model: type[RaceRows]
    whole: str | None = None
    page: RacePage | None = None
    template: str | None = None

    @property
    def field(self) -> str:
        """The field of the answer that has the rows."""
        return self.model.__struct_fields__[2]  # after the race and the session

    def table(self, answer: Any) -> Table:
        """The rows of an answer for CSV."""
        rows = (msgspec.structs.astuple(row) for row in getattr(answer, self.field) or ())
        return self.rows(answer.race.race_id, answer.session, rows)

    def rows(self, race_id: str, session: str, rows: Any) -> Table:
        """Rows of the query for CSV."""
        columns = ("race_id", "session", *self.line.__struct_fields__)
        return Table(columns, ((race_id, session, *row) for row in rows), plain=True)

    def get(self, summary: str) -> Declare:
        """Declare the endpoint of this list."""
        return get(
            router,
            f"/{{race_id}}/{self.name}",
            self.model,
            summary,
            table=self.table,
            template=self.template,
            paging=LINES,
        )


_LAPS = _Kind(
    "lap-times",
    "laps",
    ("laps",),
    Lap,
    LapTimes,
    whole="laps_json",
    page=pages.laps_page,
    template="laps.html",
)
_RESULTS = _Kind("results", "results", ("results",), Result, Results)
_SPRINT = _Kind("sprint", "sprint_results", ("sprint",), Result, Results)
_QUALIFYING = _Kind("qualifying", "qualifying", ("qualifying",), QualifyingResult, Qualifying)
_PIT_STOPS = _Kind(
    "pit-stops",
    "pit_stops",
    ("pitstops",),
    PitStop,
    PitStops,
    page=pages.stops_page,
    template="stops.html",
)
_AGGREGATIONS = _Kind(
    "aggregations", "aggregations", ("laps", "pitstops"), Aggregation, Aggregations
)


@_LAPS.get("Lap times")
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
    return _list(reading, race_id, _LAPS, session, driver, first=from_, last=to)


@_RESULTS.get("Results of the race")
def results(reading: Reading, race_id: RaceWritten) -> Answer:
    """The classification of a race."""
    return _list(reading, race_id, _RESULTS, "race")


@_SPRINT.get("Results of the sprint")
def sprint(reading: Reading, race_id: RaceWritten) -> Answer:
    """The classification of a race's sprint; null where there was none."""
    return _list(reading, race_id, _SPRINT, "sprint")


@_QUALIFYING.get("Qualifying")
def qualifying(reading: Reading, race_id: RaceWritten) -> Answer:
    """The qualifying session, times in milliseconds."""
    return _list(reading, race_id, _QUALIFYING, "qualifying")


@_PIT_STOPS.get("Pit stops")
def pit_stops(
    reading: Reading,
    race_id: RaceWritten,
    *,
    driver: Drivers = None,
    session: SessionName = "race",
) -> Answer:
    """Pit stops in the order they were made; durations are the time in the pit lane."""
    return _list(reading, race_id, _PIT_STOPS, session, driver)


@_AGGREGATIONS.get("Figures by driver")
def aggregations(
    reading: Reading,
    race_id: RaceWritten,
    *,
    driver: Drivers = None,
    session: SessionName = "race",
) -> Answer:
    """Laps, average and fastest lap, stops and time in the pits of each driver in one session."""
    return _list(reading, race_id, _AGGREGATIONS, session, driver)


def _list(
    reading: Reading,
    written: str,
    kind: _Kind,
    session: str,
    driver: list[str] | None = None,
    *,
    first: int | None = None,
    last: int | None = None,
) -> Answer:
    """The rows of one list of one race; `first` and `last` are numbers of laps."""
    snapshot = reading.snapshot
    found = find(snapshot, written, today=reading.today)
    drivers = chosen_ids(snapshot, driver)
    parameters = {
        "race_id": found.race_id,
        "session": session,
        "drivers": drivers,
        "from": first,
        "to": last,
    }
    captured = any(answers.is_captured(found.captured, name, session) for name in kind.resources)
    body = kind.model(
        found.summary,
        session,
        None,
        total=None,
        next=None,
        completeness=of_race(found, kind.resources, session=session, today=reading.today),
        **answers.licensed(synthetic=found.synthetic),
    )

    def json() -> msgspec.Struct:
        if kind.whole is not None and not reading.paged:
            total, text = snapshot.rows(kind.whole, parameters)[0]
            rows: Any = msgspec.Raw(f"[{text or ''}]".encode())
            total, following = total or 0, None
        else:
            shown = reading.page(snapshot.rows(kind.query, parameters))
            columns = kind.line.__struct_fields__
            rows = [dict(zip(columns, row, strict=True)) for row in shown.items]
            total, following = shown.total, shown.next
        if not captured:
            total = rows = None
        own = {kind.field: rows, "total": total, "next": following}
        return msgspec.structs.replace(body, **own)

    def csv() -> Table:
        shown = reading.page(snapshot.rows(kind.query, parameters))
        return kind.rows(found.race_id, session, shown.items)

    def html() -> Mapping[str, Any]:
        assert kind.page is not None
        reading.refuse_paging()
        stored = race_session.read(
            snapshot,
            found,
            session,
            race_session.read_results(snapshot, found, session),
            picked=drivers or (),
            first=first,
            last=last,
        )
        return kind.page(reading, stored)

    return Answer(
        body,
        f"/races/{found.race_id}/{kind.name}",
        None if captured else _why_no_csv(kind, found, session),
        json,
        csv,
        html,
    )


def _why_no_csv(kind: _Kind, found: FoundRace, session: str) -> str:
    if session == "sprint" and not found.has_sprint:
        return f"{kind.name} of {found.race_id} (sprint): no sprint was held"
    return (
        f"{kind.name} of {found.race_id} ({session}): never captured; as JSON the answer is null, "
        "an empty CSV file would mean that there were none"
    )
