"""Reads all pages of one capture, and the rows that paging lost."""

from dataclasses import dataclass

import structlog

from f1_core.capture import Page
from f1_ingest.errors import IngestFailed, TotalChanged
from f1_ingest.fetch.http import Fetcher
from f1_ingest.ratelimit.budget import Reservation
from f1_ingest.sources.protocol import Key, Request, Rows, Source, Target

log = structlog.get_logger()

MAX_BYTES = 64 * 2**20
"""Of all pages of a capture together; 50 full pages of laps have 1 MB."""


@dataclass(frozen=True)
class Reading:
    """A complete reading: the pages in the order of their requests.

    Attributes:
        rows: number of distinct rows.
        total: number of rows according to the source, if it has one.
        edge_requests: pages fetched for rows that were lost at page edges.
    """

    pages: list[Page]
    rows: int
    total: int | None
    edge_requests: int

    @property
    def missing(self) -> int:
        """The number of rows that no page had."""
        return max(0, (self.total or 0) - self.rows)


def read(
    source: Source,
    target: Target,
    fetcher: Fetcher,
    reservation: Reservation | None,
    *,
    attempt: int,
    max_edge_requests: int,
) -> Reading:
    """Read one resource completely.

    Raises:
        TotalChanged: the source changed during the reading, which has to be repeated.
        IngestFailed: the pages are too large.
        SourceUnavailable, SourceRefused, Stopped: as :meth:`Fetcher.get`.
    """
    pages: list[Page] = []
    seen: list[Rows] = []
    known: set[Key] = set()
    size = 0

    def fetch(request: Request, left: int) -> Rows:
        nonlocal size
        if reservation is not None:
            reservation.remaining = left

        def accept(content: bytes) -> tuple[Rows, int]:
            return source.rows(target, request, content), len(content)

        (rows, length), page = fetcher.get(request, reservation, accept)
        size += length
        if size > MAX_BYTES:
            raise IngestFailed(f"{target} is larger than {MAX_BYTES / 2**20:g} MB")
        if seen and rows.total not in (seen[0].total, None):
            raise TotalChanged(f"{target}: {seen[0].total} rows, then {rows.total}")
        pages.append(page)
        seen.append(rows)
        known.update(rows.keys)
        return rows

    first = fetch(source.first(target, attempt), left=0)
    rest = source.rest(target, attempt, first, pages[0].content)
    for done, request in enumerate(rest):
        fetch(request, left=len(rest) - done)
    total = first.total
    more = 0
    while total is not None and len(known) < total and more < max_edge_requests:
        search = source.search(target, seen)
        if search is None:
            break
        fetch(search, left=1)
        more += 1
        log.info(
            "requested rows lost at page boundaries", url=pages[-1].url, still=total - len(known)
        )
    if total is not None and len(known) > total:
        raise TotalChanged(f"{target}: a total of {total} rows, but {len(known)} found")
    return Reading(pages, len(known), total, more)
