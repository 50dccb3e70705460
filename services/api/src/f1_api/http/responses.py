"""Responses as bytes: ETag, 304, gzip, links and cache.

An ETag is the hash of the whole body and of the build. So it changes with everything that changes
the answer: captures (``completeness`` names them), reference rows, and the date.
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
"""A header of every response: browsers must not guess another media type."""

_WORTH_COMPRESSING = 512
_GZIP_LEVEL = 5

encode = msgspec.json.encode


class Serving(NamedTuple):
    """The settings of all responses of a process.

    `build_key`: key of the hash for ETags, which differs between builds.
    `vary`: the header of that name.
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
    """The response to a request, which is also put in the cache.

    Args:
        synthetic: for the header X-F1-Synthetic; None: nothing is stored yet.
        links: addresses and their relations, for the Link header.
        keep: it changes only when a capture is processed, so the cache may keep it; otherwise
            other caches must revalidate it.
        compress: gzip makes it smaller.
        in_parts: it supports Range.
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
    # No notification announces whether the first capture is synthetic or real.
    if keep and synthetic is not None and exchange.ticket is not None:
        route = request.scope["route"].path
        endpoint = route if exchange.endpoint == UNKNOWN else exchange.endpoint
        serving.cache.put(exchange.ticket, Entry(body, full, etag, shared, endpoint, dated))
    fresh = serving.freshness.headers(dated=dated) if keep else serving.freshness.revalidate
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
    """A response that no cache keeps, for probes."""
    body = payload if isinstance(payload, bytes) else encode(payload)
    return raw_response(status, uncached(media_type, body), body)


def uncached(media_type: str, body: bytes) -> list[Header]:
    """The headers of a response that no cache keeps."""
    return [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        NOSNIFF,
    ]
