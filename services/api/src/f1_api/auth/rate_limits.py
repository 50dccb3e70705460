"""Rate limits such as `500/hour`, and the remaining requests."""

import ipaddress
import math
import re
from typing import Any, NamedTuple, Self

from f1_api.http.cache import Header

_WRITTEN = re.compile(r"([1-9]\d{0,8})\s*/\s*(s|m|h|d|sec|min|second|minute|hour|day)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_NAMES = {1: "second", 60: "minute", 3600: "hour", 86400: "day"}


class Limit(NamedTuple):
    """A number of requests in a window, which starts with the first of them."""

    requests: int
    window_s: int

    @classmethod
    def read(cls, written: str) -> Self:
        """Parse a limit.

        Raises:
            ValueError: invalid; the message says what to write.

        >>> Limit.read("500/hour"), Limit.read("10/s")
        (Limit(requests=500, window_s=3600), Limit(requests=10, window_s=1))
        """
        match = _WRITTEN.fullmatch(written.strip().lower())
        if match is None:
            raise ValueError(
                f"{written[:50]!r} is not a rate limit: write 500/hour (or second, minute, day)"
            )
        return cls(int(match[1]), _SECONDS[match[2][0]])

    def __str__(self) -> str:
        return f"{self.requests}/{_NAMES.get(self.window_s, f'{self.window_s} s')}"


class LimitStatus(NamedTuple):
    """The status of a rate limit after a request.

    Attributes:
        policy: the limit's name, ``key`` or ``address``.
        remaining: requests left in the window, as known to this process.
        reset_s: seconds until the next window.
        refused: no request was left for this one.
    """

    policy: str
    limit: Limit
    remaining: int
    reset_s: float
    refused: bool

    @property
    def retry_after_s(self) -> int:
        """Whole seconds until the next window has begun."""
        return math.ceil(self.reset_s)

    def headers(self) -> list[Header]:
        """The headers of draft-ietf-httpapi-ratelimit-headers (two structured fields)."""
        policy = f'"{self.policy}";q={self.limit.requests};w={self.limit.window_s}'
        left = f'"{self.policy}";r={self.remaining};t={self.retry_after_s}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]


def address(scope: Any) -> str:
    """The caller of a request without a key: an IPv4 address, or an IPv6 network of /64, which one
    household or server has.
    """
    host = scope["client"][0] if scope.get("client") else "unknown"
    try:
        known = ipaddress.ip_address(host)
    except ValueError:
        return str(host)[:64]
    if isinstance(known, ipaddress.IPv6Address):
        mapped = known.ipv4_mapped
        return str(mapped or ipaddress.ip_network((known.packed, 64), strict=False))
    return str(known)
