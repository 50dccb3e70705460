"""Rows that no page had: where to look for them with as few requests as possible.

Jolpica's order is not total: laps are sorted by number and then position, which may be missing,
pit stops by time of day, with ties. Rows that tie stand together, but in another order on each
request, so that at a page's edge one of them may come twice and another not at all. So:

* A hole is near a repeat: at the edge between the pages that both have the row. A page *across*
  that edge has all that tie there.
* Laps and stops of a driver have no gaps: a driver with laps 11 and 13 lost 12. That lap, asked for
  by its own filter, is one page and whole.
* A page shorter than it should be lost its rows itself; looked at across both of its edges.

The best guess first, and after each answer anew; what tells nothing is tried last, driver by
driver. All of these have URLs of their own: the page itself would come again from a cache.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from f1_ingest.sources.protocol import Key, Rows


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
    settled = _settled(resource, listing, tried)
    scores = Counter(look for look in _edges(listing) if look not in settled)
    laps_or_stops = resource in ("laps", "pitstops")
    if laps_or_stops:
        # An edge's repeat and a gap may tell of the same hole: the filter is the surer way.
        scores.update(_gaps(resource, pages))
    for look, _ in sorted(scores.items(), key=lambda s: (-s[1], s[0].way != "lap", s[0].where)):
        if look not in tried:
            return look
    candidates = _last_resort(resource, listing, pages)
    return next((look for look in candidates if look not in tried), None)


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
            if start + size < total:
                yield Look("across", str(start + size))
            if start:
                yield Look("across", str(start))


def _settled(resource: str, listing: Sequence[Rows], tried: set[Look]) -> set[Look]:
    """Edges whose repeats are all of laps that were asked for one by one since."""
    if resource != "laps":
        return set()
    return {
        Look("across", str(after.ask.offset))
        for before, after in pairwise(listing)
        if all(Look("lap", lap) in tried for lap, _ in set(before.keys) & set(after.keys))
    }


def _gaps(resource: str, pages: Sequence[Rows]) -> Iterator[Look]:
    for driver, numbers in _by_driver(resource, pages).items():
        for number in range(1, max(numbers)):
            if number not in numbers:
                yield Look("lap", str(number)) if resource == "laps" else Look("driver", driver)


def _last_resort(resource: str, listing: Sequence[Rows], pages: Sequence[Rows]) -> Iterator[Look]:
    """Every edge, those with repeats first; then driver by driver, who stopped first first."""
    yield from (look for look, _ in Counter(_edges(listing)).most_common())
    if resource == "laps":
        for before, after in pairwise(listing):
            for lap, _ in sorted(set(before.keys) & set(after.keys)):
                yield Look("lap", lap)
    yield from (Look("across", str(page.ask.offset)) for page in listing[1:])
    if resource in ("laps", "pitstops"):
        drivers = _by_driver(resource, pages)
        yield from (Look("driver", d) for d in sorted(drivers, key=lambda d: (max(drivers[d]), d)))


def _by_driver(resource: str, pages: Sequence[Rows]) -> Mapping[str, set[int]]:
    """Which laps or stops of each driver are known."""
    known: defaultdict[str, set[int]] = defaultdict(set)
    for page in pages:
        for key in page.keys:
            driver, number = _split(resource, key)
            known[driver].add(number)
    return known


def _split(resource: str, key: Key) -> tuple[str, int]:
    lap_or_driver, other = key
    return (other, int(lap_or_driver)) if resource == "laps" else (lap_or_driver, int(other))
