"""Answers as bytes: ETag, 304, gzip, links, and into the cache.

An ETag is the hash of the whole answer and of the build. The answer is read in one snapshot and
says itself which captures it is made of (``completeness``), so that its hash covers the captures,
the reference rows, the day it is true for, and whatever else may ever change it: there is no list
of causes that one could be missing from.
"""

import gzip
import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from f1_api.http import ranges
from f1_api.http.cache import AnswerCache, Entry, Header
from f1_api.http.cache_control import Freshness, is_dated
from f1_api.http.negotiation import matches
from f1_api.http.request_context import UNKNOWN, exchange_of
from f1_datasets import csv_text

JSON = "application/json"
CSV = "text/csv; charset=utf-8"
HTML = "text/html; charset=utf-8"
NOSNIFF: Header = (b"x-content-type-options", b"nosniff")
"""A header of every answer: no browser takes it for something else than its media type."""

_WORTH_COMPRESSING = 512
_GZIP_LEVEL = 5

encode = msgspec.json.encode


class Serving(NamedTuple):
    """What all answers of a process share.

    `build_key`: of the hash that is an ETag, so that another version of this program has others.
    `vary`: the header, which says what an answer depends on besides its address.
    """

    cache: AnswerCache
    freshness: Freshness
    build_key: bytes
    vary: bytes


def respond(
    request: Request,
    payload: bytes,
    *,
    synthetic: bool | None = None,
    media_type: str = JSON,
    links: Sequence[tuple[str, str]] = (),
    headers: Sequence[tuple[str, str]] = (),
    keep: bool = True,
    compress: bool = True,
    in_parts: bool = False,
) -> Response:
    """Make the answer to a request.

    Args:
        synthetic: whether the data is, for who does not read the body; None: nothing stored yet.
        links: addresses and their relations, for the Link header.
        keep: whether it changes only when a capture is processed, so that the cache may have it;
            if not, other caches ask each time, too.
        compress: whether gzip makes it smaller.
        in_parts: whether ranges of it may be asked for.
    """
    serving: Serving = request.app.state.serving
    exchange = exchange_of(request)
    if exchange.spreadsheet and media_type == CSV:
        payload = csv_text.without_formulas(payload)
    hashed = hashlib.blake2b(payload, digest_size=12, key=serving.build_key)
    hashed.update(media_type.encode())
    encoded = compress and exchange.gzip and len(payload) >= _WORTH_COMPRESSING
    etag = f'"{hashed.hexdigest()}{"-gz" if encoded else ""}"'.encode()
    body = gzip.compress(payload, _GZIP_LEVEL, mtime=0) if encoded else payload
    shared: list[Header] = [
        (b"etag", etag),
        (b"vary", serving.vary),
        *((name.encode(), value.encode("latin-1", "replace")) for name, value in headers),
    ]
    if links:
        shared.append((b"link", ", ".join(f'<{to}>; rel="{rel}"' for to, rel in links).encode()))
    full: list[Header] = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        NOSNIFF,
        *shared,
    ]
    if encoded:
        full.append((b"content-encoding", b"gzip"))
    if synthetic is not None:
        full.append((b"x-f1-synthetic", b"true" if synthetic else b"false"))
    if in_parts:
        full.append(ranges.ACCEPTED)
    dated = is_dated(request.scope["path"], request.scope["query_string"])
    if exchange.fixed is not None:
        path = exchange.fixed.path
        serving.cache.fixed[exchange.fixed] = Entry(body, full, etag, shared, path, dated, True)  # noqa: FBT003
    # Until the first capture no notification says whether the data is synthetic or real.
    if keep and synthetic is not None and exchange.ticket is not None:
        route = request.scope["route"].path
        endpoint = route if exchange.endpoint == UNKNOWN else exchange.endpoint
        serving.cache.put(exchange.ticket, Entry(body, full, etag, shared, endpoint, dated))
    fresh = serving.freshness.headers(dated=dated) if keep else serving.freshness.unasked
    if exchange.if_none_match is not None and matches(exchange.if_none_match, etag):
        return raw_response(304, shared + fresh, b"")
    return raw_response(*ranges.select(exchange, full + fresh, etag, body))


def raw_response(status: int, headers: list[Header], body: bytes) -> Response:
    """A response with exactly these headers."""
    response = Response(status_code=status)
    response.body = body
    response.raw_headers = headers
    return response


def plain(payload: Any, status: int = 200, media_type: str = JSON) -> Response:
    """An answer about this process, for probes: never kept by anyone."""
    body = payload if isinstance(payload, bytes) else encode(payload)
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        NOSNIFF,
    ]
    return raw_response(status, headers, body)
