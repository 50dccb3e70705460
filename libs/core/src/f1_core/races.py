"""The ids of races."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

MAX_KEYS = 50
"""Of a race in a schedule, most of them the weekend's sessions; the maximum so far is 13."""


class Scheduled(NamedTuple):
    """The part of a schedule's entry that determines the race's id."""

    circuit_id: str
    date: str
    """ISO date, 2024-05-26."""
    round: int


def race_ids(season: int, schedule: Sequence[Scheduled]) -> list[str]:
    """The ids of a season's races, in the order given: `2020-silverstone`, and
    `2020-silverstone-2` for the second there by date. See docs/adr/0003-race-identity.md.
    """
    seen: Counter[str] = Counter()
    ids: dict[int, str] = {}
    for index in sorted(range(len(schedule)), key=lambda i: (schedule[i].date, schedule[i].round)):
        circuit = schedule[index].circuit_id
        seen[circuit] += 1
        suffix = f"-{seen[circuit]}" if seen[circuit] > 1 else ""
        ids[index] = f"{season}-{circuit}{suffix}"
    return [ids[index] for index in range(len(schedule))]
