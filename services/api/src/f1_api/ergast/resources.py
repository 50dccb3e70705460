"""Which module answers for which resource."""

from collections.abc import Callable

from f1_api.ergast.grammar import Question
from f1_api.ergast.paging import Found, Page
from f1_api.ergast.tables import laps, lists, qualifying, results, standings
from f1_api.postgres.pool import Snapshot

ANSWERS: dict[str, Callable[[Snapshot, Question, Page], Found]] = {
    "seasons": lists.answer,
    "circuits": lists.answer,
    "races": lists.answer,
    "constructors": lists.answer,
    "drivers": lists.answer,
    "results": results.races,
    "sprint": results.sprints,
    "qualifying": qualifying.answer,
    "pitstops": laps.pit_stops,
    "laps": laps.laps,
    "status": results.ends,
    "driverStandings": standings.drivers,
    "constructorStandings": standings.constructors,
}
