"""Models of answers about seasons."""

from typing import Annotated

from msgspec import Struct

from f1_api.completeness.models import OfSeasons
from f1_api.descriptions import doc
from f1_api.races.models import Race


class Season(Struct, frozen=True):
    """A season in the database."""

    season: int
    races: Annotated[int, doc("races on its calendar; 0: not captured")]
    run: Annotated[int, doc("races up to today")]
    captured: Annotated[int, doc("races with a captured resource")]
    url: str | None


class SeasonList(OfSeasons, frozen=True):
    """Seasons, newest first."""

    seasons: list[Season]
    total: int
    next: str | None


class DriverStanding(Struct, frozen=True):
    """A driver in the championship."""

    position: int | None
    position_text: str | None
    driver_id: str
    driver_name: str | None
    constructor_ids: list[str]
    constructor_names: list[str | None]
    points: float
    wins: int


class ConstructorStanding(Struct, frozen=True):
    """A constructor in the championship."""

    position: int | None
    position_text: str | None
    constructor_id: str
    constructor_name: str | None
    points: float
    wins: int


class Standings(Struct, frozen=True):
    """The championship after the newest race whose standings are captured."""

    drivers_after: Annotated[str | None, doc("race_id")]
    drivers: Annotated[list[DriverStanding] | None, doc("null: never captured")]
    constructors_after: Annotated[str | None, doc("race_id")]
    constructors: Annotated[list[ConstructorStanding] | None, doc("null: never captured")]


Points = Annotated[
    list[float | None],
    doc("sums of race and sprint, in the order of `races`; null: no result, or never captured"),
]
ChampionshipPoints = Annotated[
    float | None, doc("as in `standings`; null: not captured, or not in them")
]


class DriverForm(Struct, frozen=True, kw_only=True):
    """A driver's results, race by race."""

    driver_id: str
    driver_code: str | None
    driver_name: str | None
    constructor_ids: Annotated[list[str], doc("in the order of races")]
    positions: Annotated[
        list[str | None],
        doc(
            "1, 2, ..., R(etired), D(isqualified), ..., in the order of `races`; null: no result, "
            "or never captured"
        ),
    ]
    points: Points
    total: Annotated[float, doc("sum of `points`; the championship may drop results")]
    sprint_points: Annotated[float, doc("the part of `total` from sprints")]
    championship_points: ChampionshipPoints


class ConstructorForm(Struct, frozen=True, kw_only=True):
    """The results of a constructor's cars, race by race."""

    constructor_id: str
    constructor_name: str | None
    points: Points
    total: Annotated[
        float, doc("sum of `points`; the championship may count one car, or drop results")
    ]
    sprint_points: Annotated[float, doc("the part of `total` from sprints")]
    championship_points: ChampionshipPoints


class SeasonForm(Struct, frozen=True):
    """Sums of a season's results, most points first; null: no results are captured."""

    drivers: list[DriverForm] | None
    constructors: list[ConstructorForm] | None


class SeasonAnswer(OfSeasons, frozen=True):
    """One season: its calendar, its championship, and its results race by race."""

    season: Season
    races: list[Race]
    standings: Standings
    form: SeasonForm
