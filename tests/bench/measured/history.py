"""Synthetic data in the real size of Formula 1: each season since 1950 with its number of races.

The generator makes 22 to 24 races a season; those beyond the real number are left out.
"""

from collections.abc import Iterator

from f1_ingest.synthetic import Dataset, season

FIRST_YEAR = 1950
ROUNDS = (
    *(7, 8, 8, 9, 9, 7, 8, 8, 11, 9),
    *(10, 8, 9, 10, 10, 10, 9, 11, 12, 11),
    *(13, 11, 12, 15, 15, 14, 16, 17, 16, 15),
    *(14, 15, 16, 15, 16, 16, 16, 16, 16, 16),
    *(16, 16, 16, 16, 16, 17, 16, 17, 16, 16),
    *(17, 17, 17, 16, 18, 19, 18, 17, 18, 17),
    *(19, 19, 20, 19, 19, 19, 21, 20, 21, 21),
    *(17, 22, 22, 22, 24, 24),
)
"""Races of each season from 1950 to 2025, from the championship's calendars."""

YEARS = range(FIRST_YEAR, FIRST_YEAR + len(ROUNDS))


def whole_history() -> Iterator[Dataset]:
    """One dataset for each season; the same on any machine."""
    for year, rounds in zip(YEARS, ROUNDS, strict=True):
        dataset = season(year)
        del dataset.weekends[rounds:]
        yield dataset
