"""Consistent pages of a list.

A cursor has the start of the next page and a hash of the whole list. If the list has changed, a
page could repeat or miss a row: the response is a 410 with the address of the first page. The same
applies to a cursor of another request.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request

from f1_api.http.problems import FieldError, Gone, invalid

_VERSION_BYTES = 9


class Page(NamedTuple):
    """Where a page starts and ends, and the address of the next one."""

    start: int
    stop: int
    next: str | None


def canonical(request: Request, path: str) -> str:
    """`path` with the request's parameters, except those of the page."""
    query = urlencode(selection(request), doseq=True)
    return quote(path) + (f"?{query}" if query else "")


def page(request: Request, items: Sequence[Any], limit: int | None, cursor: str | None) -> Page:
    """The requested page of `items`; all of them without limit and cursor.

    Raises:
        Invalid: the cursor is not valid.
        Gone: the cursor belongs to another state of the list, or to another request.
    """
    selected = selection(request)
    if limit is None and cursor is None:
        return Page(0, len(items), None)
    version = _version(items, selected)
    start = 0
    if cursor is not None:
        start, made_for = _read(cursor)
        if made_for != version:
            raise Gone(
                "the data has changed since the first page, or the cursor belongs to another "
                "request: start again without a cursor",
                start_again=_address(request, {**selected, "limit": limit}),
            )
    stop = len(items) if limit is None else min(start + limit, len(items))
    following = None
    if stop < len(items):
        text = base64.urlsafe_b64encode(stop.to_bytes(3, "big") + version).decode()
        following = _address(request, {**selected, "limit": limit, "cursor": text})
    return Page(start, stop, following)


def selection(request: Request) -> dict[str, list[str]]:
    """The parameters that select the items of the list, as written."""
    query = request.query_params
    return {name: query.getlist(name) for name in sorted(query) if name not in ("limit", "cursor")}


def _version(items: Sequence[Any], selected: Mapping[str, Any]) -> bytes:
    content = msgspec.json.encode((selected, items))
    return hashlib.blake2b(content, digest_size=_VERSION_BYTES).digest()


def _read(cursor: str) -> tuple[int, bytes]:
    try:
        content = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        content = b""
    if len(content) != 3 + _VERSION_BYTES:
        raise invalid(
            [FieldError("cursor", "take it from the `next` of a page, as it is", cursor[:100])]
        )
    return int.from_bytes(content[:3], "big"), content[3:]


def _address(request: Request, parameters: Mapping[str, Any]) -> str:
    given = {name: value for name, value in parameters.items() if value is not None}
    query = urlencode(given, doseq=True)
    return quote(request.url.path) + (f"?{query}" if query else "")
