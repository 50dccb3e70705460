"""Plots of a season: points, and places by points, round by round."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import accumulate

from f1_api.pages.filters import number
from f1_api.plots import scales
from f1_api.plots.frame import Caption, Figure
from f1_api.plots.lines import Band, Line, line_plot
from f1_api.races.models import Race
from f1_api.races.race_session import Entrant
from f1_api.seasons.models import DriverForm, SeasonAnswer

MOST = 30
"""Most drivers in a plot: early seasons had up to eighty."""


def drawn(form: Sequence[DriverForm] | None) -> list[DriverForm]:
    """The drivers who have points, most points first."""
    return [driver for driver in form or () if driver.total > 0][:MOST]


def dropped(answer: SeasonAnswer) -> int:
    """The number of drivers with fewer points in the championship than in their results.

    0 if the standings are older than the newest results.
    """
    newest = [race.race_id for race in answer.races if race.winners is not None][-1:]
    if newest != [answer.standings.drivers_after]:
        return 0
    return sum(
        driver.championship_points is not None and driver.championship_points < driver.total
        for driver in answer.form.drivers or ()
    )


def points(answer: SeasonAnswer, entrants: Mapping[str, Entrant]) -> Figure | None:
    """The sum of each driver's points."""
    shown = drawn(answer.form.drivers)
    if not shown:
        return None
    sums = {driver.driver_id: _sums(driver) for driver in shown}
    note = _note(answer, shown)
    axis = scales.number_axis("points", 0, 1.02 * max(driver.total for driver in shown))
    return _figure(
        answer,
        Caption("points", f"Points by round, {answer.season.season}", note),
        [
            _line(entrants[d.driver_id], f"{number(d.total)} points", answer, sums[d.driver_id])
            for d in shown
        ],
        axis,
        title="Points",
        bands=lambda place: _won(shown, entrants, place),
    )


def places(answer: SeasonAnswer, entrants: Mapping[str, Entrant]) -> Figure | None:
    """The order by points after each round, of the drivers who have any."""
    shown = drawn(answer.form.drivers)
    if not shown:
        return None
    totals = {driver.driver_id: _totals(driver) for driver in shown}
    orders = [
        # A driver has no place before the first points.
        sorted((one for one in totals if totals[one][n]), key=lambda one: -totals[one][n])
        for n in range(len(answer.races))
    ]
    ranks = {
        driver.driver_id: [
            order.index(driver.driver_id) + 1 if points else None
            for order, points in zip(orders, _sums(driver), strict=True)
        ]
        for driver in shown
    }
    last = len(shown)
    axis = scales.Axis("place", last + 0.5, 0.5, [(n, str(n)) for n in range(1, last + 1)])
    return _figure(
        answer,
        Caption(
            "places", f"Place in points by round, {answer.season.season}", _note(answer, shown)
        ),
        [
            _line(entrants[d.driver_id], f"place {n} in points", answer, ranks[d.driver_id])
            for n, d in enumerate(shown, 1)
        ],
        axis,
        title="Place in points",
        bands=lambda n: " ".join(entrants[driver].label for driver in orders[n]),
        height=90 + 17 * last,
    )


def _figure(
    answer: SeasonAnswer,
    caption: Caption,
    lines: Sequence[Line],
    y: scales.Axis,
    *,
    title: str,
    bands: Callable[[int], str],
    height: float = 460,
) -> Figure:
    with_results = [n for n, race in enumerate(answer.races) if race.winners is not None]
    rounds = [answer.races[n].round for n in with_results]
    return Figure(
        caption.id,
        title,
        caption.description,
        line_plot(
            caption,
            lines,
            scales.count_axis("round", min(rounds), max(rounds), ticks=24),
            y,
            height=height,
            bands=[
                Band(race.round - 0.5, race.round + 0.5, f"{_title(race)}: {bands(n)}")
                for n in with_results
                for race in (answer.races[n],)
            ],
            markers=True,
        ),
    )


def _title(race: Race) -> str:
    return f"Round {race.round}, {race.name}"


def _sums(driver: DriverForm) -> list[float | None]:
    """Points after each race, from the driver's first result to the last."""
    known = [n for n, points in enumerate(driver.points) if points is not None]
    return [
        total if known[0] <= n <= known[-1] else None for n, total in enumerate(_totals(driver))
    ]


def _totals(driver: DriverForm) -> list[float]:
    return list(accumulate(points or 0.0 for points in driver.points))


def _line(
    entrant: Entrant, tooltip: str, answer: SeasonAnswer, values: Sequence[float | None]
) -> Line:
    pairs = zip(answer.races, values, strict=True)
    points = [(race.round, value) for race, value in pairs if race.winners is not None]
    return Line(entrant.label, f"{entrant.name}: {tooltip}", entrant.look, points, entrant.picked)


def _won(shown: Sequence[DriverForm], entrants: Mapping[str, Entrant], place: int) -> str:
    won = [(driver.points[place] or 0, entrants[driver.driver_id].label) for driver in shown]
    best = sorted((pair for pair in won if pair[0]), key=lambda pair: -pair[0])
    return ", ".join(f"{label} {number(points)}" for points, label in best)


def _note(answer: SeasonAnswer, shown: Sequence[DriverForm]) -> str:
    without = len(answer.form.drivers or ()) - len(shown)
    parts = ["Sums of the points in the results of races and sprints."]
    if without:
        who = "One driver is" if without == 1 else f"{without} drivers are"
        parts.append(f"{who} not drawn: no points, or few.")
    if dropped(answer):
        parts.append("The championship drops results and counts fewer points.")
    lacking = sum(race.winners is None and race.date < _newest(answer) for race in answer.races)
    if lacking:
        parts.append(f"Results of {lacking} races were never captured.")
    return " ".join(parts)


def _newest(answer: SeasonAnswer) -> date:
    return max(race.date for race in answer.races if race.winners is not None)
