"""One request and its response, as all parts of the API see them."""

import re
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Protocol, Self

from msgspec import Struct
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
    """What is left of the caller's rate limit."""

    def headers(self) -> "list[Header]":
        """The headers with the present values."""


class Exchange(Struct):
    """One request: the middleware fills it from the headers, handlers read it, the log has its end.

    Attributes:
        started: by `time.perf_counter`.
        day: days since 1970-01-01, UTC.
        fixed: the key of an answer that no data changes.
        spreadsheet: CSV without formulas is requested.
        sent: bytes of the body.
    """

    started: float
    day: int
    if_none_match: bytes | None = None
    range: bytes | None = None
    if_range: bytes | None = None
    given_key: bytes | None = None
    authorization: bytes | None = None
    host: bytes = b""
    gzip: bool = False
    accepted: Form | None = None
    cached: bool = False
    request_id: str = ""
    key_id: str | None = None
    ticket: "Ticket | None" = None
    fixed: "Fixed | None" = None
    spreadsheet: bool = False
    rate_limit_status: RateLimitStatus | None = None
    endpoint: str = UNKNOWN
    status: int = 0
    sent: int = 0

    @classmethod
    def of(cls, headers: list[tuple[bytes, bytes]]) -> Self:
        """The request with these headers, which arrived now."""
        self = cls(time.perf_counter(), int(time.time() // 86400))
        # Several lines of one header are one list.
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
        return self

    @property
    def today(self) -> date:
        """The date of the request, in UTC; it does not change during the request."""
        return datetime.fromtimestamp(self.day * 86400, UTC).date()

    @property
    def own_headers(self) -> "list[Header]":
        """Headers of this response alone, which the cache does not keep."""
        own = [(b"x-request-id", self.request_id.encode())]
        status = self.rate_limit_status
        return own if status is None else own + status.headers()

    def attach(self, scope: Any) -> None:
        """Make it available to handlers."""
        scope[_SCOPE] = self

    def form(self, requested: Written | None, offered: Sequence[Form]) -> Form:
        """The form of the response.

        Args:
            requested: the parameter `format`, which overrides the Accept header.
            offered: the forms of this address; the first is the default.
        """
        if requested == "spreadsheet":
            self.spreadsheet = True
            return "csv"
        if requested is not None:
            return requested
        return next((form for form in offered if form == self.accepted), offered[0])


def exchange_of(request: Request) -> Exchange:
    """The exchange of a request."""
    found: Exchange = request.scope[_SCOPE]
    return found
