"""What the client accepts, and which version of an answer it already has."""

import re
from functools import lru_cache
from typing import Literal

Form = Literal["json", "csv", "html"]
"""What an answer is written in."""

_MEDIA_TYPES: dict[Form, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "html": "text/html",
}
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
def preferred_form(header: bytes) -> Form | None:
    """The form that an Accept header asks for by name; None if it leaves the choice to us.

    A browser names HTML and takes anything else a little less. Who takes anything, as curl and
    most clients do, prefers nothing. Between equals JSON comes before CSV, and CSV before HTML.

    >>> preferred_form(b"text/html,application/xml;q=0.9,*/*;q=0.8"), preferred_form(b"text/csv")
    ('html', 'csv')
    >>> preferred_form(b"application/json, text/csv;q=0.5"), preferred_form(b"*/*")
    ('json', None)
    """
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
