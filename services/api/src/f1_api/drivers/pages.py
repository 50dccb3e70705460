"""The pages of drivers, and their tables for CSV."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from f1_api.drivers.models import DriverAnswer, DriverRace, DriverSeason, Figures
from f1_api.http.csv_tables import Table, table_of
from f1_api.pages.filters import number
from f1_api.plots import scales
from f1_api.plots.frame import Caption, Figure
from f1_api.plots.lines import Band, Line, line_plot
from f1_api.plots.looks import looks_of

TableName = Literal["seasons", "races"]


_OF_RACE = ("season", "race_id", "round")
_WITH = [f"races_with_{name}" for name in ("results", "laps", "pit_stops")]
_COUNTS = ("races", "entries", "starts", *_WITH)
_EMPTY: dict[str, Any] = dict.fromkeys(Figures.__struct_fields__) | dict.fromkeys(_COUNTS, 0)
_NOTHING = Figures(**_EMPTY)
"""Of a season of which only sprints are stored."""


class SeasonLine(NamedTuple):
    """A season of a driver, its figures, and its results by round."""

    season: DriverSeason
    figures: Figures
    races: Sequence[DriverRace]
    by_round: Mapping[int, Sequence[DriverRace]]


def driver_page(answer: DriverAnswer, season: int | None, *, today: date) -> dict[str, Any]:
    """Seasons, results, and the form in `season`; None: in the newest season with results."""
    lines = _lines(answer)
    with_results = [line.season.season for line in lines if line.races]
    chosen = season if season is not None else with_results[-1] if with_results else None
    shown = next((line for line in lines if line.season.season == chosen and line.races), None)
    return {
        "lines": lines,
        "rounds": range(1, max((race.round for race in answer.races), default=0) + 1),
        "constructors": {race.constructor_id: race.constructor_name for race in answer.races},
        "chosen": chosen,
        "with_results": with_results,
        "figure": form(answer, shown) if shown else None,
        "today": today,
    }


def form(answer: DriverAnswer, line: SeasonLine) -> Figure:
    """The grid and finishing places of a driver in each race of a season."""
    driver = answer.driver
    year = line.season.season
    start, finish = looks_of([("finish", "own"), ("start", "own")]).values()
    finished: dict[int, float | None] = {}
    started: dict[int, float | None] = {}
    labels: dict[int, list[str]] = defaultdict(list)
    for race in line.races:
        classified = race.position if race.position_text.isdigit() else None
        finished.setdefault(race.round, classified)
        started.setdefault(race.round, _own_grid(line.by_round[race.round]))
        about = race.status or "no status"
        labels[race.round].append(
            f"{race.position_text}, {number(race.points)} points"
            f" ({about if race.started else f'did not start: {about}'})"
        )
    names = {race.round: race.name for race in line.races}
    last = max([20, *(int(place) for place in [*finished.values(), *started.values()] if place)])
    absent = {race.round for race in line.races} - {r.round for r in line.races if r.started}
    out = sum(place is None and at not in absent for at, place in finished.items())
    note = "The broken line is the place on the grid."
    if out:
        note += f" {out} race{'s have' if out > 1 else ' has'} no place: not classified."
    if absent:
        note += f" {len(absent)} race{'s were' if len(absent) > 1 else ' was'} not started."
    if any(_only_shared(results) for results in line.by_round.values()):
        note += " No place on the grid where two shared cars were driven."
    return Figure(
        "form",
        f"Finishing places of {year}",
        note,
        line_plot(
            Caption("form", f"Finishing places of {_name(answer)}, {year}", note),
            [
                Line("grid", "Place on the grid", finish, sorted(started.items())),
                Line(driver.code or "finish", "Place at the end", start, sorted(finished.items())),
            ],
            scales.count_axis("round", min(names), max(names), ticks=24),
            scales.Axis(
                "place",
                last + 0.5,
                0.5,
                [(n, str(n)) for n in (1, *range(5, last + 1, 5))],
            ),
            height=340,
            bands=[
                Band(at - 0.5, at + 0.5, f"Round {at}, {name}: {'; '.join(labels[at])}")
                for at, name in sorted(names.items())
            ],
            markers=True,
        ),
    )


def _own_grid(results: Sequence[DriverRace]) -> int | None:
    """The grid place of a driver, in the car that was not taken over from another driver.

    None: from the pit lane, not started, or unknown because both cars were shared.
    """
    own = [one for one in results if one.started]
    if len(own) > 1:
        own = [one for one in own if not one.shared_with]
    return (own[0].grid or None) if own else None


def _only_shared(results: Sequence[DriverRace]) -> bool:
    return len(results) > 1 and all(one.shared_with for one in results)


def _lines(answer: DriverAnswer) -> list[SeasonLine]:
    figures = {one.season: one for one in answer.by_season}
    races: dict[int, list[DriverRace]] = defaultdict(list)
    for race in answer.races:
        races[race.season].append(race)
    lines = []
    for season in answer.seasons:
        own = races[season.season]
        by_round: dict[int, list[DriverRace]] = defaultdict(list)
        for race in own:
            by_round[race.round].append(race)
        lines.append(SeasonLine(season, figures.get(season.season, _NOTHING), own, by_round))
    return lines


def _name(answer: DriverAnswer) -> str:
    driver = answer.driver
    return " ".join(filter(None, (driver.given_name, driver.family_name))) or driver.driver_id


def _seasons(answer: DriverAnswer) -> Table:
    """A row for each season; `races` is that of the figures."""
    own = [name for name in DriverSeason.__struct_fields__ if name != "races"]
    shared = [name for name in Figures.__struct_fields__ if name not in _OF_RACE]
    return Table(
        (*own, *shared),
        (
            [getattr(line.season, name) for name in own]
            + [getattr(line.figures, name) for name in shared]
            for line in _lines(answer)
        ),
    )


TABLES: Mapping[TableName, Callable[[DriverAnswer], Table]] = {
    "seasons": _seasons,
    "races": lambda answer: table_of(DriverRace, answer.races),
}
