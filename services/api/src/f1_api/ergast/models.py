"""The envelope of ``/ergast/f1``: its tables are Ergast's own."""

from typing import Any

import msgspec


class ErgastData(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A page of a table. Every scalar is text, what is not known is left out.

    `total`: rows on all pages: laps of a driver, stops, results, standings, or entries of a list.
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
    """An answer as Ergast and Jolpica-F1 give it."""

    MRData: ErgastData


class ErgastRefusal(msgspec.Struct, frozen=True):
    """Why there is none."""

    detail: str
