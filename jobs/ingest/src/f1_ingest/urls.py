"""Checks URLs of requests, from settings or from a source."""

import re

import httpx

_HOST = re.compile(r"[\w.:-]+")
MAX_REQUEST_URL = 8000
"""A signed URL of a storage has 2,000 characters."""


def is_url(text: str) -> bool:
    """Whether a request can be sent to it."""
    if len(text) > MAX_REQUEST_URL:
        return False
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        return False
    return (
        url.scheme in ("http", "https")
        and _HOST.fullmatch(url.host) is not None
        and 0 < (url.port or 1) < 65536
    )
