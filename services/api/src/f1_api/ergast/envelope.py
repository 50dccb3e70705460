"""The envelope of every answer: ``MRData`` and the table of the resource."""

from f1_api.ergast.grammar import Request
from f1_api.ergast.paging import Found, Page
from f1_api.ergast.texts import Shape

_TABLES = {
    "seasons": ("SeasonTable", "Seasons"),
    "circuits": ("CircuitTable", "Circuits"),
    "constructors": ("ConstructorTable", "Constructors"),
    "drivers": ("DriverTable", "Drivers"),
    "status": ("StatusTable", "Status"),
    "driverStandings": ("StandingsTable", "StandingsLists"),
    "constructorStandings": ("StandingsTable", "StandingsLists"),
}
"""All others are in a ``RaceTable``."""


def wrap(request: Request, page: Page, found: Found, *, url: str) -> Shape:
    """The answer with its envelope.

    Args:
        request: with numbers for `current`, `last` and `next`.
        url: of the request.
    """
    table, rows = _TABLES.get(request.resource, ("RaceTable", "Races"))
    shown = request.shown
    if found.round is not None and "round" not in shown:
        shown = {"season": shown["season"], "round": found.round, **shown}
    return {
        "MRData": {
            "xmlns": "",
            "series": "f1",
            "url": url,
            "limit": str(page.limit),
            "offset": str(page.offset),
            "total": str(found.total),
            table: {**shown, rows: found.items},
        }
    }
