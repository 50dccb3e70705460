"""Whether a raw object is still the one that the ledger read first.

The programs never change raw objects. A person with access to the bucket can overwrite one, with
pages that match their sha256: on reprocessing, header and pages are compared with those in the
ledger.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import structlog
from sqlalchemy import text

from f1_core.ledger import refusals
from f1_core.postgres.queries import query
from f1_worker.apply.load import Loaded
from f1_worker.queue.claim import as_reason
from f1_worker.queue.statements import Statements

log = structlog.get_logger()

_OF_PAGE = ("sha256", "bytes", "url", "name")


def as_json(value: object) -> str:
    """A header or pages as the ledger stores them."""
    # The object may contain any text, and jsonb has no NUL.
    return msgspec.json.encode(value).decode().replace("\\u0000", "\\ufffd")


def why_changed(statements: Statements, key: str, loaded: Loaded) -> str | None:
    """How a capture's raw object differs from the one that was read first; None: it does not."""
    [(header, pages)] = statements.fetch(_READ_FIRST, {"key": key}) or [(None, None)]
    if header is None or pages is None:
        return None
    why = difference(header, pages, loaded)
    if why is not None:
        log.error("the raw object was changed", capture=key, reason=why)
    return why


def quarantine(statements: Statements, key: str, why: str, parser_version: int) -> None:
    """Quarantine the capture; its rows, and the first object's header and pages, stay."""
    statements.add(_KEEP, {"key": key, "changed": as_reason(why), "version": parser_version})
    statements.send()
    refusals.settle(statements.connection, key)


def difference(
    header: Mapping[str, Any], pages: Sequence[Mapping[str, Any]], loaded: Loaded
) -> str | None:
    """How the object differs from the one that was read first; None: it does not.

    Args:
        header, pages: as the ledger has them.
    """
    what = _difference(header, pages, loaded)
    return what and (
        f"the raw object was changed after it was read: {what}; the rows that were made of it are "
        "kept. Put the first object back and run f1-worker retry, or fetch it again"
    )


def _difference(
    header: Mapping[str, Any], pages: Sequence[Mapping[str, Any]], loaded: Loaded
) -> str | None:
    if loaded.header is None or loaded.pages is None:
        return f"it was readable, and now {loaded.error}"
    now_pages: list[dict[str, Any]] = msgspec.json.decode(as_json(loaded.pages))
    if len(now_pages) != len(pages):
        return f"it had {len(pages)} pages and has {len(now_pages)}"
    for number, (first, now) in enumerate(zip(pages, now_pages, strict=True), 1):
        for name in _OF_PAGE:
            if first.get(name) != now.get(name):
                was, is_now = first.get(name), now.get(name)
                return f"{name} of page {number} was {_shown(was)} and is {_shown(is_now)}"
    now_header: dict[str, Any] = msgspec.json.decode(as_json(loaded.header))
    for name in sorted({*header, *now_header}):
        if header.get(name) != now_header.get(name):
            was, is_now = header.get(name), now_header.get(name)
            return f"{name} in its header was {_shown(was)} and is {_shown(is_now)}"
    return None


def _shown(value: object) -> str:
    return str(value)[:100]


_READ_FIRST = text("SELECT header, pages FROM captures WHERE capture_key = :key")
_KEEP = query(__name__, "keep_changed")
