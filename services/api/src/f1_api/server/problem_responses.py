"""Responses for problems: problem details for programs, a page for browsers."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from f1_api.http import problems
from f1_api.http.cache import Header
from f1_api.http.problems import ProblemDetails
from f1_api.http.request_context import Exchange
from f1_api.http.responses import HTML, uncached
from f1_api.pages import layout

_FORMAT = re.compile(rb"(?:^|&)format=(json|csv|html|spreadsheet)(?=&|$)")


def answer(
    details: ProblemDetails, scope: Mapping[str, Any], exchange: Exchange, more: Mapping[str, str]
) -> tuple[list[Header], bytes]:
    """Headers with `more`, and the body."""
    if _wants_page(scope, exchange):
        media_type = HTML
        body = layout.render("problem.html", path=scope["path"], problem=details)
        headers = list(layout.policy_headers())
    else:
        media_type, headers = problems.MEDIA_TYPE, []
        body = msgspec.json.encode(details)
    return [
        *uncached(media_type, body),
        *headers,
        *((name.lower().encode(), value.encode("latin-1")) for name, value in more.items()),
    ], body


def _wants_page(scope: Mapping[str, Any], exchange: Exchange) -> bool:
    requested = _FORMAT.search(scope["query_string"])
    return requested[1] == b"html" if requested else exchange.accepted == "html"
