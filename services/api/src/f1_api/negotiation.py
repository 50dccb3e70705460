"""What the client accepts, and which version of an answer it already has."""

import re
from functools import lru_cache

_ETAG = re.compile(rb'(?:W/)?("[^"]*")')


@lru_cache(maxsize=256)
def accepts_gzip(header: bytes) -> bool:
    """Whether an Accept-Encoding header takes gzip.

    >>> accepts_gzip(b"br, gzip;q=0.5"), accepts_gzip(b"gzip;q=0"), accepts_gzip(b"*")
    (True, False, True)
    """
    qualities = _qualities(header)
    return qualities.get("gzip", qualities.get("*", 0.0)) > 0


@lru_cache(maxsize=256)
def prefers_csv(header: bytes) -> bool:
    """Whether an Accept header takes CSV rather than JSON.

    >>> prefers_csv(b"text/csv"), prefers_csv(b"application/json, text/csv;q=0.5")
    (True, False)
    """
    qualities = _qualities(header)
    csv = qualities.get("text/csv", 0.0)
    json = qualities.get("application/json", qualities.get("application/*", 0.0))
    return csv > 0 and csv > json


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether If-None-Match names this ETag, in the weak comparison that GET asks for.

    >>> matches(b'W/"a", "b"', b'"a"'), matches(b"*", b'"a"'), matches(b'"c"', b'"a"')
    (True, True, False)
    """
    return if_none_match.strip() == b"*" or etag in _ETAG.findall(if_none_match)


def _qualities(header: bytes) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in header.decode("latin-1").lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
        if name:
            found[name] = quality
    return found
