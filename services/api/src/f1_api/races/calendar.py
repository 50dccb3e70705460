"""Races of a calendar, from rows of the query `races`, and as CSV."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import msgspec

from f1_api.completeness.resources import ALL, missing
from f1_api.http.csv_tables import Table
from f1_api.races.models import Race, Winner

_winners = msgspec.json.Decoder(list[Winner])


def race_of(row: Sequence[Any], today: date) -> Race:
    """The race of a row of the query ``races``."""
    race_id, season, round_, name, circuit_id, on, time, has_sprint, captured, winners = row
    return Race(
        race_id=race_id,
        season=season,
        round=round_,
        name=name,
        circuit_id=circuit_id,
        date=on,
        time=time,
        captured=captured,
        missing=missing(ALL, captured, season, on, has_sprint=has_sprint, today=today),
        has_sprint=has_sprint,
        winners=_winners.decode(winners or "[]") if "results" in captured else None,
    )


def races_table(races: Iterable[Race]) -> Table:
    """A row for each race, with all winners."""
    plain = [name for name in Race.__struct_fields__ if name != "winners"]
    winner = Winner.__struct_fields__
    return Table(
        [*plain, *(f"winner_{name}" for name in winner)],
        (
            [
                *(getattr(race, name) for name in plain),
                *([getattr(one, name) for one in race.winners or ()] for name in winner),
            ]
            for race in races
        ),
    )
