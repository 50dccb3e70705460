"""Rows that no page had: where to look for them with as few requests as possible.

Jolpica's order is not total: laps are sorted by number and then position, which may be missing,
pit stops by time of day, with ties. Rows that tie stand together, but in another order on each
request, so that at a page's edge one of them may come twice and another not at all. So:

* A hole is near a repeat: at the edge between the pages that both have the row. A page *across*
  that edge has all that tie there: one request for each edge that lost rows, however many.
* A page shorter than it should be lost its rows itself; looked at across both of its edges.
* A driver's laps and stops have no gaps, or hardly any: real data lacks some. So a gap is a
  good guess only where no edge tells anything.

After each answer it is asked anew. What tells nothing is tried last, driver by driver. All of these
have URLs of their own: the page itself would come again from a cache.
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
"""No race has a thousand laps."""


@dataclass(frozen=True)
class Look:
    """A way to look: `across` an edge (its offset), a `lap` (its number), a `driver` (his id)."""

    way: str
    where: str


def next_look(resource: str, pages: Sequence[Rows]) -> Look | None:
    """The most promising look that was not tried yet; None: nothing is left.

    `pages` are all that was fetched so far, in order; the first tells the total and the page size.
    """
    listing = [page for page in pages if page.ask.look is None]
    tried = {page.ask.look for page in pages}
    return next((look for look in _by_promise(resource, listing, pages) if look not in tried), None)


def _by_promise(resource: str, listing: Sequence[Rows], pages: Sequence[Rows]) -> Iterator[Look]:
    numbered = RESOURCES[resource].numbered is not None
    yield from (look for look, _ in Counter(_edges(listing)).most_common())
    if numbered:
        yield from (look for look, _ in Counter(_gaps(resource, pages)).most_common())
    yield from (Look("across", str(page.ask.offset)) for page in listing[1:])
    if numbered:
        drivers = _by_driver(resource, pages)
        yield from (Look("driver", d) for d in sorted(drivers, key=lambda d: (max(drivers[d]), d)))


def _edges(listing: Sequence[Rows]) -> Iterator[Look]:
    """Each edge once for every row that the pages beside it repeat or lack."""
    total = listing[0].total or 0
    for before, after in pairwise(listing):
        edge = Look("across", str(after.ask.offset))
        for _ in set(before.keys) & set(after.keys):
            yield edge
    for page in listing:
        start, size = page.ask.offset or 0, page.ask.limit or 0
        lost = min(size, total - start) - len(page.keys)
        for _ in range(lost):
            if start:
                yield Look("across", str(start))
            if start + size < total:
                yield Look("across", str(start + size))


def _gaps(resource: str, pages: Sequence[Rows]) -> Iterator[Look]:
    for driver, numbers in _by_driver(resource, pages).items():
        for number in range(1, max(numbers)):
            if number not in numbers:
                yield Look("lap", str(number)) if resource == "laps" else Look("driver", driver)


def _by_driver(resource: str, pages: Sequence[Rows]) -> Mapping[str, set[int]]:
    """Which laps or stops of each driver are known."""
    known: defaultdict[str, set[int]] = defaultdict(set)
    for page in pages:
        for key in page.keys:
            driver, number = reversed(key) if resource == "laps" else key
            # What else there is the worker quarantines; here it would become a request, or many.
            if _NUMBER.fullmatch(number) and id_fault(driver) is None:
                known[driver].add(int(number))
    return known
