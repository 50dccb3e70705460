"""The sums of a season's results, race by race, which its page draws."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import fsum
from typing import Any

from f1_api.postgres.pool import Snapshot
from f1_api.seasons.models import ConstructorForm, DriverForm, SeasonForm, Standings

Row = tuple[Any, ...]


def read(
    snapshot: Snapshot, season: int, race_ids: Sequence[str], standings: Standings
) -> SeasonForm:
    """The form of a season.

    Args:
        race_ids: in the order of the calendar, which all lists of the form have.
        standings: of the season; the source of `championship_points`.
    """
    parameters = {"season": season}
    drivers = _grouped(snapshot.rows("season_form", parameters))
    constructors = _grouped(snapshot.rows("season_constructor_form", parameters))
    of_drivers = {one.driver_id: one.points for one in standings.drivers or ()}
    of_constructors = {one.constructor_id: one.points for one in standings.constructors or ()}
    return SeasonForm(
        sorted((_driver(rows, race_ids, of_drivers) for rows in drivers), key=_rank) or None,
        sorted(
            (_constructor(rows, race_ids, of_constructors) for rows in constructors),
            key=lambda form: (-form.total, form.constructor_id),
        )
        or None,
    )


def _grouped(rows: Iterable[Row]) -> Iterable[list[Row]]:
    """Rows grouped by driver or constructor, the second column."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[1]].append(row)
    return groups.values()


def _driver(
    rows: Sequence[Row], race_ids: Sequence[str], championship: Mapping[str, float]
) -> DriverForm:
    _, driver_id, code, name, *_ = rows[0]
    points = {row[0]: row[5] for row in rows}
    return DriverForm(
        driver_id=driver_id,
        driver_code=code,
        driver_name=name,
        constructor_ids=list(dict.fromkeys(one for row in rows for one in row[7])),
        positions=_in_order({row[0]: row[4] for row in rows}, race_ids),
        points=_in_order(points, race_ids),
        total=_sum(points.values()),
        sprint_points=_sum(row[6] or 0.0 for row in rows),
        championship_points=championship.get(driver_id),
    )


def _constructor(
    rows: Sequence[Row], race_ids: Sequence[str], championship: Mapping[str, float]
) -> ConstructorForm:
    points = {row[0]: row[3] for row in rows}
    return ConstructorForm(
        constructor_id=rows[0][1],
        constructor_name=rows[0][2],
        points=_in_order(points, race_ids),
        total=_sum(points.values()),
        sprint_points=_sum(row[4] or 0.0 for row in rows),
        championship_points=championship.get(rows[0][1]),
    )


def _sum(points: Iterable[float]) -> float:
    """A sum without errors of binary fractions: 0.14 + 8.1 is 8.24."""
    return round(fsum(points), 6)


def _in_order(by_race: Mapping[str, Any], race_ids: Sequence[str]) -> list[Any]:
    return [by_race.get(race_id) for race_id in race_ids]


def _rank(form: DriverForm) -> tuple[float, list[int], str]:
    """The order by points, then by the best place, the second best place, and so on."""
    places = sorted(int(text) for text in form.positions if text and text.isdigit())
    return (-form.total, places or [1000], form.driver_id)
