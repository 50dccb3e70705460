"""Plots of a race's laps: pace, positions, gaps, and the spread of lap times."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from f1_api.pages.filters import lap_time
from f1_api.plots import scales
from f1_api.plots.boxes import Spread, box_plot
from f1_api.plots.frame import Caption, Figure
from f1_api.plots.lines import Band, Line, line_plot
from f1_api.races.models import Lap
from f1_api.races.race_session import Entrant, RaceSession

Points = list[tuple[float, float | None]]


def trace(session: RaceSession) -> Figure | None:
    """Every lap time."""
    laps = _shown(session)
    times = [lap.time_ms for lap in _all(laps) if lap.time_ms is not None]
    if not times:
        return None
    shown = scales.robust_range(times)
    lines = []
    for entrant in session.entrants:
        own = laps.get(entrant.driver_id, ())
        known = [lap.time_ms for lap in own if lap.time_ms is not None]
        best = f": fastest {lap_time(min(known))}, {len(own)} laps" if known else ""
        lines.append(_line(entrant, entrant.name + best, [(lap.lap, lap.time_ms) for lap in own]))
    note = _named_cut(shown, times) or "All laps are on the plot."
    return Figure(
        "trace",
        "Lap times",
        note,
        line_plot(
            Caption("trace", f"Lap times, {_of(session)}", f"{_extent(session)} {note}"),
            lines,
            _lap_axis(*session.window(1)),
            scales.time_axis("lap time", shown.low, shown.high),
            marked_outside=True,
        ),
    )


def positions(session: RaceSession) -> Figure | None:
    """The order at the end of each lap, with the grid as lap 0."""
    laps = _shown(session)
    if all(lap.position is None for lap in _all(laps)):
        return None
    first, last_lap = session.window(0)
    grid = {row.driver_id: row.grid for row in session.results or () if row.grid}
    places: dict[int, dict[int, str]] = {}
    lines = []
    for entrant in session.entrants:
        own = laps.get(entrant.driver_id, ())
        points: Points = [(lap.lap, lap.position) for lap in own]
        start = grid.get(entrant.driver_id)
        if start is not None and points and first == 0:
            points.insert(0, (0, start))
        for lap in own:
            if lap.position is not None:
                places.setdefault(lap.lap, {})[lap.position] = entrant.label
        known = [place for _, place in points if place is not None]
        way = f": from {known[0]} to {known[-1]}" if known else ""
        lines.append(_line(entrant, entrant.name + way, points))
    last = max(place for line in lines for _, place in line.points if place is not None)
    led = Counter(order[1] for order in places.values() if 1 in order)
    ahead = "Laps in front: " + ", ".join(f"{who} {n}" for who, n in led.most_common()) + "."
    missing = sum(lap.position is None for lap in _all(laps))
    lacking = f" Laps without a position: {missing}." if missing else ""
    return Figure(
        "positions",
        "Positions",
        f"{ahead}{' Lap 0 is the grid.' if first == 0 else ''}{lacking}",
        line_plot(
            Caption("positions", f"Position by lap, {_of(session)}", f"{_extent(session)} {ahead}"),
            lines,
            _lap_axis(first, last_lap),
            scales.Axis(
                "position", last + 0.5, 0.5, [(n, str(n)) for n in range(1, int(last) + 1)]
            ),
            height=90 + 17 * int(last),
            bands=[
                Band(lap - 0.5, lap + 0.5, f"Lap {lap}: " + " ".join(o[n] for n in sorted(o)))
                for lap, o in sorted(places.items())
            ],
        ),
    )


def gaps(session: RaceSession) -> Figure | None:
    """The gap of each driver to the leader after the same number of laps."""
    first, last = session.window(1)
    whole = _behind(session.laps or {})
    ends = sum(len(line) < len((session.laps or {})[driver]) for driver, line in whole.items())
    behind = {
        driver: [point for point in line if first <= point[0] <= last]
        for driver, line in whole.items()
    }
    values = [gap for line in behind.values() for _, gap in line if gap is not None]
    if not values or not any(values):
        return None
    shown = scales.robust_range(values, fence=1.5)
    lines = []
    for entrant in session.entrants:
        points = behind.get(entrant.driver_id, [])
        known = [gap for _, gap in points if gap is not None]
        end = f": {known[-1] / 1000:.3f} s behind at the end" if known else ""
        lines.append(_line(entrant, entrant.name + end, points))
    cut = _named_cut(shown, values, gap=True)
    lost = f"Lines that end early, where a lap has no time to add to: {ends}." if ends else ""
    parts = ("Sums of lap times, compared after the same number of laps.", cut, lost)
    note = " ".join(filter(None, parts))
    return Figure(
        "gaps",
        "Gap to the leader",
        note,
        line_plot(
            Caption("gaps", f"Gap to the leader, {_of(session)}", f"{_extent(session)} {note}"),
            lines,
            _lap_axis(first, last),
            scales.time_axis("behind", shown.high, 0),
        ),
    )


def spread(session: RaceSession) -> Figure | None:
    """The spread of each driver's lap times."""
    laps = _shown(session)
    times = {
        driver: sorted(lap.time_ms for lap in own if lap.time_ms is not None)
        for driver, own in laps.items()
    }
    every = [time for own in times.values() for time in own]
    if not every:
        return None
    shown = scales.robust_range(every)
    spreads = []
    for entrant in session.entrants:
        own = times.get(entrant.driver_id)
        if own:
            middle = scales.quantile(own, 0.5)
            spreads.append(
                Spread(
                    entrant.label,
                    f"{entrant.name}: fastest {lap_time(own[0])}, median {lap_time(middle)}, "
                    f"{len(own)} laps",
                    entrant.look,
                    own,
                    entrant.picked,
                )
            )
    note = (
        "The dot is the fastest lap, the stroke the median; half of the laps lie in the box, nine "
        f"in ten before the line's end. {_named_cut(shown, every)}"
    ).strip()
    return Figure(
        "spread",
        "How lap times are spread",
        note,
        box_plot(
            Caption("spread", f"Spread of lap times, {_of(session)}", f"{_extent(session)} {note}"),
            spreads,
            scales.time_axis("lap time", shown.low, shown.high),
        ),
    )


def _behind(laps: Mapping[str, Sequence[Lap]]) -> dict[str, Points]:
    """Gaps in milliseconds by driver and lap, up to the first lap without a time."""
    totals: dict[str, list[int]] = {}
    led: dict[int, str] = {}
    for driver, own in laps.items():
        total = 0
        sums = totals[driver] = []
        for number, lap in enumerate(own, 1):
            if lap.position == 1:
                led[lap.lap] = driver
            if lap.lap == number == len(sums) + 1 and lap.time_ms is not None:
                total += lap.time_ms
                sums.append(total)
    least: dict[int, int] = {}
    for sums in totals.values():
        for number, total in enumerate(sums, 1):
            least[number] = min(total, least.get(number, total))
    # Without the time of the leader, the gaps of the others are unknown.
    known = {number for number in least if number not in led or len(totals[led[number]]) >= number}
    return {
        driver: [
            (number, total - least[number] if number in known else None)
            for number, total in enumerate(sums, 1)
        ]
        for driver, sums in totals.items()
    }


def _lap_axis(first: int, last: int) -> scales.Axis:
    """An axis of laps; a single lap is at the right edge, beside the labels."""
    if first == last:
        return scales.Axis("lap", last - 1, last, [(last, str(last))])
    return scales.count_axis("lap", first, last)


def _shown(session: RaceSession) -> dict[str, list[Lap]]:
    """The requested laps."""
    first, last = session.window(1)
    return {
        driver: [lap for lap in own if first <= lap.lap <= last]
        for driver, own in (session.laps or {}).items()
    }


def _all(laps: Mapping[str, Sequence[Lap]]) -> list[Lap]:
    return [lap for own in laps.values() for lap in own]


def _line(entrant: Entrant, tooltip: str, points: Points) -> Line:
    """A line with a gap for each missing lap."""
    whole: Points = points[:1]
    for (before, _), (at, value) in pairwise(points):
        if at > before + 1:
            whole.append((before + 1, None))
        whole.append((at, value))
    return Line(entrant.label, tooltip, entrant.look, whole, entrant.picked)


def _named_cut(shown: scales.Range, values: Sequence[float], *, gap: bool = False) -> str:
    """A sentence about the values outside of the plot; empty if there are none."""
    parts = []
    if shown.above:
        word = "further behind" if gap else "slower"
        parts.append(
            f"{shown.above:,} {word} than {lap_time(shown.high)}, up to {lap_time(max(values))}"
        )
    if shown.below:
        parts.append(
            f"{shown.below:,} faster than {lap_time(shown.low)}, down to {lap_time(min(values))}"
        )
    what = "gaps" if gap else "lap times"
    return f"Off the plot, of {len(values):,} {what}: {'; '.join(parts)}." if parts else ""


def _of(session: RaceSession) -> str:
    sprint = ", sprint" if session.session == "sprint" else ""
    return f"{session.race.name} {session.race.season}{sprint}"


def _extent(session: RaceSession) -> str:
    laps = _shown(session)
    first, last = session.window(1)
    rows = sum(map(len, laps.values()))
    return f"{len(laps)} drivers, laps {first} to {last}, {rows:,} lap times."
