"""Searches rows that no page had, with as few requests as possible.

Jolpica's order is not total: laps are sorted by number and then position, which may be missing,
pit stops by time of day, with ties. Tied rows are adjacent, but in a different order in each
response, so that at a page's edge one of them may be repeated and another one missing. So:

* A missing row is near a repeated one, at the edge between the two pages that have the latter. A
  page *across* that edge has all rows that tie there: one request for each edge that lost rows.
* A page that is too short lost rows itself; pages across both of its edges are requested.
* A driver's laps and stops have few gaps, but real data has some. So a gap is used only where
  no edge shows a loss.

After each response the next request is chosen again. Requests by driver are last. All of these have
URLs of their own, since the page itself would be cached.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from f1_core.foreign import id_fault
from f1_core.resources import RESOURCES
from f1_ingest.sources.protocol import Rows

_NUMBER = re.compile(r"[1-9]\d{0,2}", re.ASCII)
"""Of a lap or stop; no race has a thousand laps."""


@dataclass(frozen=True)
class Search:
    """A way to find rows: `across` an edge (its offset), a `lap` (its number), a `driver` (id)."""

    way: str
    where: str


def next_search(resource: str, pages: Sequence[Rows]) -> Search | None:
    """The most promising request that was not tried yet; None: none is left.

    `pages` are all pages so far, in order; the first has the total and the page size.
    """
    listing = [page for page in pages if page.request.search is None]
    tried = {page.request.search for page in pages}
    return next(
        (search for search in _by_promise(resource, listing, pages) if search not in tried), None
    )


def _by_promise(resource: str, listing: Sequence[Rows], pages: Sequence[Rows]) -> Iterator[Search]:
    numbered = RESOURCES[resource].numbered is not None
    yield from (search for search, _ in Counter(_edges(listing)).most_common())
    if numbered:
        yield from (search for search, _ in Counter(_gaps(resource, pages)).most_common())
    yield from (Search("across", str(page.request.offset)) for page in listing[1:])
    if numbered:
        drivers = _by_driver(resource, pages)
        yield from (
            Search("driver", d) for d in sorted(drivers, key=lambda d: (max(drivers[d]), d))
        )


def _edges(listing: Sequence[Rows]) -> Iterator[Search]:
    """Each edge once for every row that its two pages repeat or lack."""
    total = listing[0].total or 0
    for before, after in pairwise(listing):
        edge = Search("across", str(after.request.offset))
        for _ in set(before.keys) & set(after.keys):
            yield edge
    for page in listing:
        start, size = page.request.offset or 0, page.request.limit or 0
        lost = min(size, total - start) - len(page.keys)
        for _ in range(lost):
            if start:
                yield Search("across", str(start))
            if start + size < total:
                yield Search("across", str(start + size))


def _gaps(resource: str, pages: Sequence[Rows]) -> Iterator[Search]:
    for driver, numbers in _by_driver(resource, pages).items():
        for number in range(1, max(numbers)):
            if number not in numbers:
                yield Search("lap", str(number)) if resource == "laps" else Search("driver", driver)


def _by_driver(resource: str, pages: Sequence[Rows]) -> Mapping[str, set[int]]:
    """The known laps or stops of each driver."""
    known: defaultdict[str, set[int]] = defaultdict(set)
    for page in pages:
        for key in page.keys:
            driver, number = reversed(key) if resource == "laps" else key
            # The worker quarantines other values; here they would become requests.
            if _NUMBER.fullmatch(number) and id_fault(driver) is None:
                known[driver].add(int(number))
    return known
