"""Seasons and championship standings."""

from typing import Annotated

from msgspec import Meta, Struct

from f1_api.completeness.models import OfSeasons
from f1_api.races.models import Race


class Season(Struct, frozen=True):
    """A season that the database knows of."""

    season: int
    races: Annotated[int, Meta(description="races on its calendar; 0: it was not captured")]
    run: Annotated[int, Meta(description="races up to today")]
    captured: Annotated[int, Meta(description="races of which something but the date is captured")]
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

    drivers_after: Annotated[str | None, Meta(description="race_id")]
    drivers: Annotated[list[DriverStanding] | None, Meta(description="null: never captured")]
    constructors_after: Annotated[str | None, Meta(description="race_id")]
    constructors: Annotated[
        list[ConstructorStanding] | None, Meta(description="null: never captured")
    ]


Points = Annotated[
    list[float | None],
    Meta(
        description="of race and sprint together, in the order of `races`; null: no result, or "
        "never captured"
    ),
]
ChampionshipPoints = Annotated[
    float | None,
    Meta(description="what `standings` count; null: they are not captured, or have no line of it"),
]


class DriverForm(Struct, frozen=True, kw_only=True):
    """What a driver came to, race by race."""

    driver_id: str
    driver_code: str | None
    driver_name: str | None
    constructor_ids: Annotated[list[str], Meta(description="in the order of races")]
    positions: Annotated[
        list[str | None],
        Meta(
            description="1, 2, ..., R(etired), D(isqualified), ..., in the order of `races`; null: "
            "no result, or never captured"
        ),
    ]
    points: Points
    total: Annotated[
        float,
        Meta(description="sum of `points`; a championship that drops results counts otherwise"),
    ]
    sprint_points: Annotated[float, Meta(description="of `total`, what sprints gave")]
    championship_points: ChampionshipPoints


class ConstructorForm(Struct, frozen=True, kw_only=True):
    """What the cars of a constructor came to, race by race."""

    constructor_id: str
    constructor_name: str | None
    points: Points
    total: Annotated[
        float,
        Meta(description="sum of `points`; a championship may count only a car of each, or less"),
    ]
    sprint_points: Annotated[float, Meta(description="of `total`, what sprints gave")]
    championship_points: ChampionshipPoints


class SeasonForm(Struct, frozen=True):
    """A season's results, added up here, most points first; null: no results are captured."""

    drivers: list[DriverForm] | None
    constructors: list[ConstructorForm] | None


class SeasonAnswer(OfSeasons, frozen=True):
    """One season: its calendar, its championship, and its results race by race."""

    season: Season
    races: list[Race]
    standings: Standings
    form: SeasonForm
