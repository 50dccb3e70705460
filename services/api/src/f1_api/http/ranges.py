"""Range requests (RFC 9110, section 14): one range of bytes, as readers of Parquet send.

Several ranges, and invalid ones, are ignored, as the RFC allows: the whole response is sent.
"""

import re

from f1_api.http.cache import Header
from f1_api.http.problems import RangeNotSatisfiable
from f1_api.http.request_context import Exchange

ACCEPTED: Header = (b"accept-ranges", b"bytes")
"""A header of responses with support for Range."""
_RANGE = re.compile(rb"bytes=(\d{1,18})?-(\d{1,18})?")


def select(
    exchange: Exchange, headers: list[Header], etag: bytes, body: bytes
) -> tuple[int, list[Header], bytes]:
    """Status, headers and body of the requested part, or of the whole response.

    Raises:
        RangeNotSatisfiable: the range begins after the end.
    """
    match = _RANGE.fullmatch(exchange.range.strip()) if exchange.range else None
    if (
        match is None
        or ACCEPTED not in headers
        or (exchange.if_range is not None and exchange.if_range.strip() != etag)
    ):
        return 200, headers, body
    size = len(body)
    first, last = (None if text is None else int(text) for text in match.groups())
    if first is None and last is None:
        return 200, headers, body
    if first is None:
        assert last is not None
        first, last = max(size - last, 0) if last else size, size - 1
    elif last is None:
        last = size - 1
    elif last < first:
        return 200, headers, body
    if first >= size:
        raise RangeNotSatisfiable(size)
    last = min(last, size - 1)
    part = body[first : last + 1]
    kept = [header for header in headers if header[0] != b"content-length"]
    kept.append((b"content-length", str(len(part)).encode()))
    kept.append((b"content-range", f"bytes {first}-{last}/{size}".encode()))
    return 206, kept, part
