"""`make bench`: ratios, each with its reference in the same run.

python tests/bench [PART] [seasons]

Parts: backfill, answers, cache, ergast, pages, scrapes, processing, recovery, and memory, which
needs `make kube`.
"""

import sys
from collections.abc import Callable, Iterator

from measured.report import Figure
from parts.answers import answers
from parts.backfill import backfill
from parts.cache import cache
from parts.ergast import ergast
from parts.memory import memory
from parts.pages import pages
from parts.processing import processing
from parts.recovery import recovery
from parts.scrapes import scrapes

SEASONS = 22
"""Seasons of laps to process: about half a million laps."""

if __name__ == "__main__":  # two worker processes import this again
    chosen = sys.argv[1] if len(sys.argv) > 1 else ""
    seasons = int(sys.argv[2]) if len(sys.argv) > 2 else SEASONS
    parts: dict[str, Callable[[], Iterator[Figure]]] = {
        "backfill": backfill,
        "answers": answers,
        "cache": cache,
        "ergast": ergast,
        "pages": pages,
        "scrapes": scrapes,
        "processing": lambda: processing(seasons),
        "recovery": recovery,
        "memory": memory,
    }
    for name, part in parts.items():
        if chosen in ("", name):
            for figure in part():
                print(figure, flush=True)  # noqa: T201
