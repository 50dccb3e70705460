"""What is around every answer: ``MRData``, and the table of the resource."""

from f1_api.ergast.grammar import Question
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
"""All others are told race by race."""


def wrap(question: Question, page: Page, found: Found, *, url: str) -> Shape:
    """The whole answer.

    Args:
        question: with numbers for `current`, `last` and `next`.
        url: what was asked.
    """
    table, rows = _TABLES.get(question.resource, ("RaceTable", "Races"))
    shown = question.shown
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
