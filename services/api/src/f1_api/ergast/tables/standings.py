"""Championships after a round, or after the newest round with standings."""

from collections.abc import Callable
from itertools import chain
from typing import Any

from f1_api.ergast.grammar import Request
from f1_api.ergast.paging import Found, Page
from f1_api.ergast.params import number, parameters
from f1_api.ergast.tables import reference
from f1_api.ergast.texts import Shape, known
from f1_api.postgres.pool import Row, Snapshot

Rows = list[Row]


def drivers(snapshot: Snapshot, request: Request, page: Page) -> Found:
    """The drivers' championship, with the constructors of each driver."""

    def shape(rows: Rows) -> list[Shape]:
        people = reference.drivers(snapshot, (row[1] for row in rows))
        teams = reference.constructors(snapshot, chain.from_iterable(row[-1] for row in rows))
        return [
            _standing(
                row,
                Driver=people[row[1]],
                Constructors=[teams[one] for one in row[-1] if one in teams],
            )
            for row in rows
        ]

    return _answer(snapshot, request, page, shape, "driver")


def constructors(snapshot: Snapshot, request: Request, page: Page) -> Found:
    """The constructors' championship."""

    def shape(rows: Rows) -> list[Shape]:
        teams = reference.constructors(snapshot, (row[1] for row in rows))
        return [_standing(row, Constructor=teams[row[1]]) for row in rows]

    return _answer(snapshot, request, page, shape, "constructor")


def _answer(
    snapshot: Snapshot,
    request: Request,
    page: Page,
    shape: Callable[[Rows], list[Shape]],
    who: str,
) -> Found:
    given = parameters(request)
    name = f"{who}Standings"
    place = number(request, name)
    everyone = snapshot.rows(f"ergast_{who}_standings", given)
    rows = [
        row
        for row in everyone
        if given[who] in (None, row[1]) and (place is None or place == row[2])
    ]
    after = str(everyone[0][0]) if everyone else None
    standings = shape(rows[page.offset : page.offset + page.limit])
    of_round = {"season": request.season, "round": after, name[0].upper() + name[1:]: standings}
    return Found(len(rows), [of_round] if standings else [], after)


def _standing(row: Row, **who: Any) -> Shape:
    _, _, position, position_text, points, wins, *_ = row
    return known(position=position, positionText=position_text, points=points, wins=wins, **who)
