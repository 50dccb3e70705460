"""Imports an archive, a dump or a folder, as one capture, unless the newest one is the same."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial

import structlog

from f1_core import capture
from f1_core.capture import ARCHIVE, Header, Page
from f1_core.errors import BadCapture
from f1_core.postgres.queries import query
from f1_ingest.errors import IngestFailed
from f1_ingest.fetch import capturing
from f1_ingest.fetch.leases import Lease
from f1_ingest.fetch.runs import Run
from f1_ingest.sources.protocol import Archive, Download, Request

log = structlog.get_logger()

_DOWNLOAD_S = 1800.0
_NEWEST = query(__name__, "newest_archive")


def import_archive(run: Run, source: Archive, location: str | None, *, again: bool) -> str | None:
    """Read an archive and capture it.

    Args:
        location: a path or URL; None: the source's own location.
        again: also if it is the same as the newest capture.

    Returns:
        The capture's key; None: it is the same as the newest one.

    Raises:
        IngestFailed: another process imports it, or the archive is refused.
    """
    lease = Lease(source.name, 0, 0, ARCHIVE)
    if not run.leases.take(lease):
        raise IngestFailed(f"another process is importing {source.name}")
    order, started_at = capturing.start(run, synthetic=False)
    requests = run.fetcher.requests
    pages = source.read(location, Download(partial(_get, run), run.now))
    if not again and (same := _same(run, source, pages)):
        log.info("unchanged: it is captured already", capture=same)
        run.detail = f"unchanged: {same}"
        return None
    header = Header(
        source=source.name,
        resource=ARCHIVE,
        order=order,
        started_at=started_at,
        fetched_at=run.now(),
        requests=run.fetcher.requests - requests,
        run=run.run_id,
    )
    return capturing.write(run, header, pages, lease)


def _get(run: Run, request: Request, read: Callable[[bytes], bytes]) -> Page:
    budget, max_bytes = run.fetcher.budget, run.settings.archive.max_bytes
    with budget.reservation() if budget else nullcontext() as reservation:
        got = run.fetcher.get(request, reservation, read, max_bytes=max_bytes, max_s=_DOWNLOAD_S)
    return got[1]


def _same(run: Run, source: Archive, pages: list[Page]) -> str | None:
    """The key of the source's newest capture, if it has the same bytes."""
    key = run.read(lambda c: c.execute(_NEWEST, {"source": source.name}).scalar())
    if key is None:
        return None
    try:
        newest = capture.decode(run.store.get(key))
    except (BadCapture, KeyError) as error:
        log.warning("the newest archive cannot be read", capture=key, error=str(error))
        return None
    known = sorted(page.sha256 for page in newest.pages)
    return str(key) if known == sorted(page.sha256 for page in pages) else None
