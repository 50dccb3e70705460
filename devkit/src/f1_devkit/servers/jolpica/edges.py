"""Rows lost at page edges.

The real service's order of laps and pit stops is not total, so two pages may each be sorted in
their own way: a page repeats a row of its neighbour and misses one of its own. Its answers are
cached for an hour: who asks the same URL again gets the same page. A shifted offset, or a filter
by driver or lap, is another URL with its edges elsewhere, and gives the missing row.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass
class PageEdges:
    """Which pages lose a row: a share `rate` of them, always the same ones."""

    rate: float = 0.0
    resources: tuple[str, ...] = ("laps", "pitstops")
    seed: int = 1

    def page(self, url: str, rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
        """The page at `offset` as that URL answers it."""
        page = list(rows[offset : offset + limit])
        if not page or not any(f"/{name}" in url for name in self.resources):
            return page
        digest = hashlib.sha256(f"{self.seed}:{url}".encode()).digest()
        if int.from_bytes(digest[:4], "big") >= self.rate * 2**32:
            return page
        before, after = offset > 0, offset + len(page) < len(rows)
        if before and (not after or digest[4] % 2):
            page[0] = rows[offset - 1]
        elif after:
            page[-1] = rows[offset + len(page)]
        return page
