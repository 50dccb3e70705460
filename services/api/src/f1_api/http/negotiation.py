"""Accept, Accept-Encoding and If-None-Match."""

import re
from functools import lru_cache
from typing import Literal

Form = Literal["json", "csv", "html"]
"""The form of a response."""

Written = Literal["json", "csv", "html", "spreadsheet"]
"""Values of the parameter `format`; `spreadsheet` is CSV without formulas."""

_MEDIA_TYPES: dict[Form, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "html": "text/html",
}
_CACHED_BYTES = 256
"""Longer headers are not cached, so that the cache is bounded."""
_ETAG = re.compile(rb'(?:W/)?("[^"]*")')


def accepts_gzip(header: bytes) -> bool:
    """Whether an Accept-Encoding header takes gzip.

    >>> accepts_gzip(b"br, gzip;q=0.5"), accepts_gzip(b"gzip;q=0"), accepts_gzip(b"*")
    (True, False, True)
    """
    header = _normal(header)
    return (_accepts_gzip if len(header) <= _CACHED_BYTES else _accepts_gzip.__wrapped__)(header)


@lru_cache(maxsize=128)
def _accepts_gzip(header: bytes) -> bool:
    qualities = _qualities(header)
    return qualities.get("gzip", qualities.get("*", 0.0)) > 0


def preferred_form(header: bytes) -> Form | None:
    """The form that an Accept header prefers by name; None: it prefers none.

    Browsers name HTML and accept everything else with a lower quality. curl and most clients accept
    everything and prefer nothing. With equal qualities, JSON precedes CSV, and CSV precedes HTML.

    >>> preferred_form(b"text/html,application/xml;q=0.9,*/*;q=0.8"), preferred_form(b"text/csv")
    ('html', 'csv')
    >>> preferred_form(b"application/json, text/csv;q=0.5"), preferred_form(b"*/*")
    ('json', None)
    """
    header = _normal(header)
    return (_preferred if len(header) <= _CACHED_BYTES else _preferred.__wrapped__)(header)


@lru_cache(maxsize=128)
def _preferred(header: bytes) -> Form | None:
    qualities = _qualities(header)
    # A wildcard means JSON: a name must have at least its quality.
    anything = max(qualities.get("*/*", 0.0), qualities.get("application/*", 0.0))
    best: Form | None = None
    quality = 0.0
    for form, media_type in _MEDIA_TYPES.items():
        value = qualities.get(media_type, 0.0)
        if value > quality and value >= anything:
            best, quality = form, value
    return best


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether If-None-Match has this ETag, by weak comparison as RFC 9110 requires for GET.

    >>> matches(b'W/"a", "b"', b'"a"'), matches(b"*", b'"a"'), matches(b'"c"', b'"a"')
    (True, True, False)
    """
    return if_none_match.strip() == b"*" or etag in _ETAG.findall(if_none_match)


def _normal(header: bytes) -> bytes:
    return header.lower().replace(b" ", b"").replace(b"\t", b"")


def _qualities(header: bytes) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in header.decode("latin-1").split(","):
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
