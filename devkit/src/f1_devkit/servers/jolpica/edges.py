"""Rows lost at page edges.

The real service's order of laps and pit stops is not total, so two pages may be sorted differently:
a page repeats a row of its neighbour and lacks one of its own. Its responses are cached for an
hour, so a second request to the same URL gets the same page. A shifted offset, or a filter by
driver or lap, is another URL with other edges, and has the missing row.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass
class PageEdges:
    """Selects the pages that lose a row: a share `rate` of them, always the same ones."""

    rate: float = 0.0
    resources: tuple[str, ...] = ("laps", "pitstops")
    seed: int = 1

    def page(self, url: str, rows: Sequence[Any], offset: int, limit: int) -> Sequence[Any]:
        """The page at `offset` in the response of that URL."""
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
