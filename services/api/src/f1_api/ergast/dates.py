"""Seasons and rounds as numbers in place of `current`, `last` and `next`."""

from dataclasses import replace
from datetime import date

from f1_api.ergast.grammar import Request
from f1_api.postgres.pool import Snapshot


def resolve(snapshot: Snapshot, request: Request, *, today: date) -> Request:
    """The same request with numbers in place of words.

    As in Jolpica, `current` is the present year, `next` the season's first round without results,
    and `last` the round before it, or the first round before a season begins. The round after the
    last one is the first of the next year. Without races of the season, `last` is kept.
    """
    season = str(today.year) if request.season == "current" else request.season
    if season is None or request.round not in ("last", "next"):
        return replace(request, season=season)
    row = snapshot.row("ergast_rounds", {"season": int(season)})
    assert row is not None  # aggregates are always a row
    coming, last = row
    if request.round == "next":
        if coming is None:
            return replace(request, season=f"{int(season) + 1:04d}", round="1")
        return replace(request, season=season, round=str(coming))
    return replace(request, season=season, round=str(last) if last else request.round)
