"""The pages of seasons, and their tables for CSV."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from f1_api.endpoint.responder import Reading
from f1_api.http.csv_tables import Table, table_of
from f1_api.races.calendar import races_table
from f1_api.races.plots.legend import legend
from f1_api.races.race_session import Entrant
from f1_api.seasons import plots
from f1_api.seasons.models import ConstructorStanding, DriverStanding, SeasonAnswer

TableName = Literal["races", "drivers", "constructors", "form"]


def season_page(
    reading: Reading, answer: SeasonAnswer, entrants: Sequence[Entrant]
) -> dict[str, Any]:
    """Championship, form, calendar. `entrants` are those of :func:`plots.drawn`."""
    by_id = {entrant.driver_id: entrant for entrant in entrants}
    figures = [plots.points(answer, by_id), plots.places(answer, by_id)]
    names = {one.constructor_id: one.constructor_name for one in answer.form.constructors or ()}
    today = reading.today
    return {
        "constructor_names": names,
        "race_names": {race.race_id: race.name for race in answer.races},
        "figures": [figure for figure in figures if figure is not None],
        "legend": legend(reading.request, entrants),
        "sprints": any(driver.sprint_points for driver in answer.form.drivers or ()),
        "dropped": plots.dropped(answer),
        "lacking": sum(race.winners is None and race.date < today for race in answer.races),
        "today": today,
    }


def _form(answer: SeasonAnswer) -> Table:
    """The result of each driver in each race, for the table of the form."""
    return Table(
        ("race_id", "round", "driver_id", "position_text", "points"),
        (
            (race.race_id, race.round, driver.driver_id, driver.positions[n], driver.points[n])
            for n, race in enumerate(answer.races)
            for driver in answer.form.drivers or ()
            if driver.points[n] is not None
        ),
    )


TABLES: Mapping[TableName, Callable[[SeasonAnswer], Table | None]] = {
    "races": lambda answer: races_table(answer.races),
    "drivers": lambda answer: (
        None
        if answer.standings.drivers is None
        else table_of(DriverStanding, answer.standings.drivers)
    ),
    "constructors": lambda answer: (
        None
        if answer.standings.constructors is None
        else table_of(ConstructorStanding, answer.standings.constructors)
    ),
    "form": lambda answer: None if answer.form.drivers is None else _form(answer),
}
"""None: never captured."""
