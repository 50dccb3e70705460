"""What the client accepts, and which version of an answer it already has."""

import re
from functools import lru_cache
from typing import Literal

Form = Literal["json", "csv", "html"]
"""What an answer is written in."""

Written = Literal["json", "csv", "html", "spreadsheet"]
"""A form as the parameter `format` names it: `spreadsheet` is CSV without formulas."""

_MEDIA_TYPES: dict[Form, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "html": "text/html",
}
_CACHED_BYTES = 256
"""Headers that are longer are read each time: what is kept is bounded."""
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
    """The form that an Accept header asks for by name; None if it leaves the choice to us.

    A browser names HTML and takes anything else a little less. Who takes anything, as curl and
    most clients do, prefers nothing. Between equals JSON comes before CSV, and CSV before HTML.

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
    # JSON is also what stands behind a wildcard: a name must be wanted more than that.
    anything = max(qualities.get("*/*", 0.0), qualities.get("application/*", 0.0))
    best: Form | None = None
    quality = 0.0
    for form, media_type in _MEDIA_TYPES.items():
        wanted = qualities.get(media_type, 0.0)
        if wanted > quality and wanted >= anything:
            best, quality = form, wanted
    return best


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether If-None-Match names this ETag, in the weak comparison that GET asks for.

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
