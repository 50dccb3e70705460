"""Cache-Control: how long browsers and shared caches may keep a response.

No response is fresh after midnight (UTC), since completeness depends on the date. `last`, `next`
and `current` depend on it too, so responses at such addresses may not be served stale after it.
"""

import re
import time
from typing import NamedTuple

from f1_api.http.cache import Header

_DAY_S = 86400
_DATED = re.compile(rb"\b(?:current|last|next)\b")


def is_dated(path: str, query: bytes) -> bool:
    """Whether the content of this address depends on the date.

    >>> is_dated("/races/2024-last", b""), is_dated("/races", b"season=current")
    (True, True)
    >>> is_dated("/races/2024-monaco/lap-times", b"limit=5")
    False
    """
    return bool(_DATED.search(path.encode() + b"?" + query))


class Times(NamedTuple):
    """Seconds: fresh, fresh in a shared cache (0: the same), and stale."""

    fresh: int = 0
    shared: int = 0
    while_revalidating: int = 0
    if_error: int = 0

    def until(self, left: int, *, dated: bool) -> "Times":
        """The same `left` seconds before the end of the day."""
        fresh, shared = min(self.fresh, left), min(self.shared, left)
        stale = left - max(fresh, shared) if dated else _DAY_S * 365
        return Times(fresh, shared, min(self.while_revalidating, stale), min(self.if_error, stale))


class Freshness:
    """The present Cache-Control headers.

    Args:
        public: whether a shared cache may keep responses.
    """

    def __init__(self, times: Times, *, public: bool) -> None:
        self._times = times if public else times._replace(shared=0)
        self._public = public
        self._longest = sum(times)
        self._good_from = self._good_until = 0.0
        self._headers: dict[bool, list[Header]] = {}

    @property
    def revalidate(self) -> list[Header]:
        """For a response that caches must revalidate each time."""
        return [(b"cache-control", self._render(Times()))]

    def headers(self, *, dated: bool) -> list[Header]:
        """For a response that is sent now."""
        now = time.time()
        if not self._good_from <= now < self._good_until:  # a clock may be set back
            self._renew(now)
        return self._headers[dated]

    def _renew(self, now: float) -> None:
        left = _DAY_S - 1 - int(now % _DAY_S)  # when this second ends
        # Constant until the end of the day limits them, then different each second.
        self._good_from, self._good_until = now, now + max(left - self._longest, 1 - now % 1)
        for dated in (False, True):
            times = self._times.until(left, dated=dated)
            self._headers[dated] = [(b"cache-control", self._render(times))]
            if times.shared and (times.while_revalidating or times.if_error):
                # s-maxage forbids stale responses (RFC 9111, 5.2.2.10), and some caches obey.
                cdn = times._replace(fresh=times.shared, shared=0)
                self._headers[dated].append((b"cdn-cache-control", self._render(cdn)))

    def _render(self, times: Times) -> bytes:
        parts = ["public" if self._public else "private"]
        parts.append(f"max-age={times.fresh}" if any(times) else "no-cache")
        parts += [
            f"{name}={seconds}"
            for name, seconds in (
                ("s-maxage", times.shared),
                ("stale-while-revalidate", times.while_revalidating),
                ("stale-if-error", times.if_error),
            )
            if seconds
        ]
        return ", ".join(parts).encode()
