"""Seasons and rounds as numbers: which `current`, `last` and `next` are."""

from dataclasses import replace
from datetime import date

from f1_api.ergast.grammar import Question
from f1_api.postgres.pool import Snapshot


def resolve(snapshot: Snapshot, question: Question, *, today: date) -> Question:
    """The same question with numbers in place of words.

    As Jolpica has it, `current` is the year of today, `next` the season's first round without
    results and `last` the one before it; of a season that has not begun that is the first. The
    round after a season's last is the first of the year after. Where no race of the season is
    known, `last` stays as it was written.
    """
    season = str(today.year) if question.season == "current" else question.season
    if season is None or question.round not in ("last", "next"):
        return replace(question, season=season)
    row = snapshot.row("ergast_rounds", {"season": int(season)})
    assert row is not None  # aggregates are always a row
    coming, last = row
    if question.round == "next":
        if coming is None:
            return replace(question, season=f"{int(season) + 1:04d}", round="1")
        return replace(question, season=season, round=str(coming))
    return replace(question, season=season, round=str(last) if last else question.round)
