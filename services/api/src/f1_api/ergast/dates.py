"""Seasons and rounds as numbers: which `current`, `last` and `next` are on a day."""

from dataclasses import replace
from datetime import date

from f1_api.ergast.grammar import Question
from f1_api.pool import Snapshot


def resolve(snapshot: Snapshot, question: Question, *, today: date) -> Question:
    """The same question with numbers in place of words.

    As Jolpica has it, a race is `next` on its own day and `last` from the day after; the round
    after a season's last is the first of the year after. Where there is no last race, since no
    race of the season is known, `round` stays as it was written.
    """
    season = str(today.year) if question.season == "current" else question.season
    if season is None or question.round not in ("last", "next"):
        return replace(question, season=season)
    row = snapshot.row("ergast_rounds", {"season": int(season), "today": today})
    assert row is not None  # two aggregates are always one row
    coming, final = row
    if question.round == "next":
        if coming is None:
            return replace(question, season=f"{int(season) + 1:04d}", round="1")
        return replace(question, season=season, round=str(coming))
    last = final if coming is None else max(1, coming - 1)
    return replace(question, season=season, round=str(last) if last else question.round)
