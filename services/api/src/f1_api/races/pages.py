"""A race's pages: the race itself, its laps, its stops."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from starlette.requests import Request

from f1_api.endpoint.responder import Reading
from f1_api.plots.frame import Figure
from f1_api.races.models import Aggregation, RaceAnswer, Result
from f1_api.races.plots import lap_plots
from f1_api.races.plots.legend import kept, legend
from f1_api.races.plots.stint_plot import stints
from f1_api.races.race_session import Entrant, RaceSession, figures_of


class Line(NamedTuple):
    """A row of the table: a result, or a driver with laps and without a result."""

    entrant: Entrant
    result: Result | None
    figures: Aggregation | None


class _Range(NamedTuple):
    """The shown laps, the number of all laps, and the other parameters."""

    kept: list[tuple[str, str]]
    first: int
    last: int
    end: int


def race_page(reading: Reading, answer: RaceAnswer, stored: RaceSession) -> dict[str, Any]:
    """Facts, classification with figures, and all plots."""
    figures = [
        lap_plots.positions(stored),
        stints(stored),
        lap_plots.gaps(stored),
        lap_plots.trace(stored),
        lap_plots.spread(stored),
    ]
    lines = _lines(answer, stored)
    return {
        "lines": lines,
        "start": _start(answer),
        "winners": [one for one in lines if one.result and one.result.position_text == "1"],
        "absent": sum(not row.started for row in stored.results or ()),
        "quickest": _quickest(lines),
        "timed": bool(stored.laps),
        "stopped": stored.stops is not None,
        "future": answer.race.date >= reading.today and not answer.results,
        **_context(reading, stored, "", figures),
    }


def laps_page(reading: Reading, stored: RaceSession) -> dict[str, Any]:
    """Plots of the laps, and the laps of the requested drivers."""
    figures = [
        lap_plots.trace(stored),
        lap_plots.positions(stored),
        lap_plots.gaps(stored),
        lap_plots.spread(stored),
    ]
    laps = stored.laps or {}
    first, last = stored.window(1)
    table = [
        (entrant, [lap for lap in laps.get(entrant.driver_id, ()) if first <= lap.lap <= last])
        for entrant in stored.entrants
        if entrant.picked
    ]
    return {
        "laps": table,
        "range": _Range(kept(reading.request, "from", "to"), first, last, stored.last_lap),
        **_context(reading, stored, "lap-times", figures),
    }


def stops_page(reading: Reading, stored: RaceSession) -> dict[str, Any]:
    """The stints, and the pit stops of the requested drivers, or of all."""
    some = any(entrant.picked for entrant in stored.entrants)
    stops = [
        (entrant, stop)
        for entrant in stored.entrants
        if entrant.picked or not some
        for stop in (stored.stops or {}).get(entrant.driver_id, ())
    ]
    stops.sort(key=lambda pair: (pair[1].lap, pair[1].local_time or ""))
    return {"stops": stops, **_context(reading, stored, "pit-stops", [stints(stored)])}


def rows_page(
    reading: Reading,
    stored: RaceSession,
    page: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]] | None,
) -> dict[str, Any]:
    """The rows of a list as a table; None: they were never captured."""
    return {"columns": columns, "rows": rows, **_context(reading, stored, page, [])}


def _context(
    reading: Reading, stored: RaceSession, page: str, figures: Sequence[Figure | None]
) -> dict[str, Any]:
    """Variables of all pages. `page` is the last part of the address."""
    race = stored.race
    return {
        "summary": race,
        "stored": stored,
        "figures": [figure for figure in figures if figure is not None],
        "legend": legend(reading.request, stored.entrants),
        "here": f"/{page}" if page else "",
        "other": _other_session(reading.request, stored),
        "data": f"/races/{race.race_id}/{{}}?session={stored.session}&format=",
    }


def _other_session(request: Request, stored: RaceSession) -> tuple[str, str] | None:
    """Address and name of the sprint, or of the race from the sprint."""
    if stored.session == "sprint":
        return request.url.path, "the race"
    return (f"{request.url.path}?session=sprint", "its sprint") if stored.race.has_sprint else None


def _lines(answer: RaceAnswer, stored: RaceSession) -> list[Line]:
    entrants = {entrant.driver_id: entrant for entrant in stored.entrants}
    figures = figures_of(answer)
    lines = [
        Line(entrants[row.driver_id], row, figures.get(row.driver_id))
        for row in stored.results or ()
    ]
    shown = {row.driver_id for row in stored.results or ()}
    lines += [
        Line(entrant, None, figures.get(driver))
        for driver, entrant in entrants.items()
        if driver not in shown
    ]
    return lines


def _quickest(lines: Sequence[Line]) -> list[Line]:
    """The drivers with the fastest lap of all; several if they were equally fast."""
    times = {
        line.entrant.driver_id: (line.figures.fastest_lap_ms or 0, line)
        for line in lines
        if line.figures
    }
    best = min((time for time, _ in times.values() if time), default=None)
    return [line for time, line in times.values() if time == best]


def _start(answer: RaceAnswer) -> str | None:
    """The start of the session in the schedule."""
    if answer.session == "race":
        return answer.race.time
    sprint = answer.race.sessions.get("Sprint")
    return sprint.time if sprint else None
