"""The stints of each driver between pit stops."""

from f1_api.pages.filters import lap_time
from f1_api.plots import scales
from f1_api.plots.bars import Piece, Row, bar_plot
from f1_api.plots.frame import Caption, Figure
from f1_api.races.models import PitStop
from f1_api.races.race_session import Entrant, RaceSession

_FINISHED = ("Finished", "Lapped")


def stints(session: RaceSession) -> Figure | None:
    """Bars from stop to stop; None without captured pit stops or without a lap."""
    if session.stops is None or not session.last_lap:
        return None
    driven = {row.driver_id: row.laps or 0 for row in session.results or ()}
    driven |= {driver: own[-1].lap for driver, own in (session.laps or {}).items() if own}
    status = {row.driver_id: row.status for row in session.results or ()}
    rows = []
    for entrant in session.entrants:
        own = session.stops.get(entrant.driver_id, [])
        end = max(driven.get(entrant.driver_id, 0), own[-1].lap if own else 0)
        if end:
            note = status.get(entrant.driver_id) or ""
            if note.startswith(("+", *_FINISHED)):
                note = ""
            rows.append(_row(entrant, own, end, note))
    number = sum(map(len, session.stops.values()))
    counted = f"{number} stop{'' if number == 1 else 's'}"
    note = f"{counted}. The number is that of the stint's laps; times are those in the pit lane."
    title = f"Stints, {session.race.name} {session.race.season}"
    return Figure(
        "stints",
        "Stints and pit stops",
        note,
        bar_plot(
            Caption("stints", title, f"{len(rows)} drivers, {session.last_lap} laps, {counted}."),
            rows,
            scales.count_axis("lap", 0, session.last_lap),
        ),
    )


def _row(entrant: Entrant, stops: list[PitStop], end: int, note: str) -> Row:
    pieces = []
    start = 0
    for number, stop in enumerate(stops, 1):
        took = f" of {lap_time(stop.duration_ms)}" if stop.duration_ms is not None else ""
        pieces.append(
            Piece(
                start,
                stop.lap,
                str(stop.lap - start),
                f"{entrant.name}, stint {number}: laps {start + 1} to {stop.lap}, "
                f"then a stop{took}",
            )
        )
        start = stop.lap
    if end > start:
        pieces.append(
            Piece(
                start,
                end,
                str(end - start),
                f"{entrant.name}, stint {len(stops) + 1}: laps {start + 1} to {end}",
            )
        )
    return Row(entrant.label, entrant.look, pieces, note, entrant.picked)
