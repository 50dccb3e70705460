"""Rows grouped by race."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from f1_api.ergast.tables import reference
from f1_api.ergast.texts import Shape
from f1_api.postgres.pool import Snapshot


def in_races(snapshot: Snapshot, rows: Sequence[tuple[str, Shape]], name: str) -> list[Shape]:
    """Races with their rows in the field `name`; `rows` are race ids and rows, sorted by race."""
    races = reference.races(snapshot, (race_id for race_id, _ in rows)) if rows else {}
    return [
        {**races[race_id], name: [row for _, row in together]}
        for race_id, together in groupby(rows, key=itemgetter(0))
    ]
