"""Races as text, by season: `2024 rounds 1-3, 7`."""

from collections import defaultdict
from collections.abc import Sequence

from f1_core.rounds import format_rounds
from f1_worker.parse import validation
from f1_worker.parse.slices import RaceRef

_SEASONS = 5


def races(refs: Sequence[RaceRef]) -> str:
    """The number of races, and their rounds by season; only the first of many seasons.

    >>> races([RaceRef(2024, number, "spa", None) for number in (1, 2, 3, 7)])
    '4 races with results (2024 rounds 1-3, 7)'
    """
    seasons: defaultdict[int, list[int]] = defaultdict(list)
    for ref in refs:
        seasons[ref.season].append(ref.round or 0)
    shown = []
    for season, rounds in sorted(seasons.items()):
        spans = format_rounds(rounds).replace(",", ", ")
        shown.append(f"{season} round{'s' if len(rounds) > 1 else ''} {spans}")
    return f"{len(refs)} races with results ({'; '.join(validation.first(shown, _SEASONS))})"
