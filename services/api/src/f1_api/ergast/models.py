"""Models of ``/ergast/f1``; its tables are defined by Ergast."""

from typing import Any

import msgspec


class ErgastData(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A page of a table. All scalars are text, unknown values are left out.

    `total`: rows of all pages: laps of drivers, stops, results, standings, or entries of a list.
    """

    xmlns: str
    series: str
    url: str
    limit: str
    offset: str
    total: str
    SeasonTable: dict[str, Any] | None = None
    CircuitTable: dict[str, Any] | None = None
    RaceTable: dict[str, Any] | None = None
    ConstructorTable: dict[str, Any] | None = None
    DriverTable: dict[str, Any] | None = None
    StatusTable: dict[str, Any] | None = None
    StandingsTable: dict[str, Any] | None = None


class ErgastAnswer(msgspec.Struct, frozen=True):
    """An answer in the format of Ergast and Jolpica-F1."""

    MRData: ErgastData


class ErgastRefusal(msgspec.Struct, frozen=True):
    """A refusal."""

    detail: str
