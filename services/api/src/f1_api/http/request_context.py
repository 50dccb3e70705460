"""One request and its answer, as far as more than one part has to do with it."""

import re
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from starlette.requests import Request

from f1_api.http.negotiation import Form, Written, accepts_gzip, preferred_form

if TYPE_CHECKING:
    from f1_api.http.cache import Fixed, Header, Ticket

_SCOPE = "f1.exchange"
_SANE_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
UNKNOWN = "unknown"
_AS_SENT = {
    b"authorization": "authorization",
    b"host": "host",
    b"if-range": "if_range",
    b"range": "range",
    b"x-api-key": "given_key",
}


class RateLimitStatus(Protocol):
    """What is left of the caller's limit."""

    def headers(self) -> "list[Header]":
        """Headers of this moment."""


class Exchange:
    """Filled by the front from the request's headers, read by handlers, logged at the end."""

    __slots__ = (
        "accepted",
        "authorization",
        "cached",
        "day",
        "endpoint",
        "fixed",
        "given_key",
        "gzip",
        "host",
        "if_none_match",
        "if_range",
        "key_id",
        "range",
        "rate_limit_status",
        "request_id",
        "sent",
        "spreadsheet",
        "started",
        "status",
        "ticket",
    )

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self.started = time.perf_counter()
        self.day = int(time.time() // 86400)
        self.if_none_match: bytes | None = None
        self.range: bytes | None = None
        self.if_range: bytes | None = None
        self.given_key: bytes | None = None
        self.authorization: bytes | None = None
        self.host = b""
        self.cached = False
        self.request_id = ""
        self.key_id: str | None = None
        self.ticket: Ticket | None = None
        self.fixed: Fixed | None = None
        self.spreadsheet = False
        self.rate_limit_status: RateLimitStatus | None = None
        self.endpoint = UNKNOWN
        self.status = 0
        self.sent = 0
        # A header that is sent in several lines is one list.
        accept = encodings = b""
        for name, value in headers:
            if name == b"accept-encoding":
                encodings += b"," + value
            elif name == b"accept":
                accept += b"," + value
            elif name == b"if-none-match":
                known: bytes | None = self.if_none_match
                self.if_none_match = value if known is None else known + b"," + value
            elif name in _AS_SENT:
                setattr(self, _AS_SENT[name], value)
            elif name == b"x-request-id" and _SANE_ID.fullmatch(value):
                self.request_id = value.decode()
        self.gzip = accepts_gzip(encodings)
        self.accepted = preferred_form(accept)
        if not self.request_id:
            self.request_id = secrets.token_hex(8)

    @property
    def today(self) -> date:
        """The day, in UTC, that this request was made on: one for the whole request."""
        return datetime.fromtimestamp(self.day * 86400, UTC).date()

    @property
    def own_headers(self) -> "list[Header]":
        """Headers of this exchange alone, which no cache of ours keeps."""
        own = [(b"x-request-id", self.request_id.encode())]
        status = self.rate_limit_status
        return own if status is None else own + status.headers()

    def attach(self, scope: Any) -> None:
        """Let handlers find it."""
        scope[_SCOPE] = self

    def form(self, asked: Written | None, offered: Sequence[Form]) -> Form:
        """What to answer in.

        Args:
            asked: the parameter `format`, which is overrides the Accept header.
            offered: what the address can be answered in; the first, if nothing else is wanted.
        """
        if asked == "spreadsheet":
            self.spreadsheet = True
            return "csv"
        if asked is not None:
            return asked
        return next((form for form in offered if form == self.accepted), offered[0])


def exchange_of(request: Request) -> Exchange:
    """The exchange that a request is part of."""
    found: Exchange = request.scope[_SCOPE]
    return found
