"""One page over HTTP: requested within the budget, and again while the source is unavailable.

Tried again, with back-off that doubles, is jittered, and honours Retry-After: 429, 408, 5xx (521
too), time-outs, connection errors, truncated bodies, and answers with 200 that are none (HTML,
garbage, another page). Any other 4xx fails at once with the source's own message. Every try spends
budget; waiting for the budget uses up no patience.

A try has one time-out for all of it, redirects included, however the bytes come (deadline.py), and
a body is unpacked within its limit (body.py).
"""

import http.cookiejar
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx
import msgspec
import structlog

from f1_core.capture import Page
from f1_core.foreign import shown
from f1_core.retry import backoff
from f1_ingest.errors import (
    BadAnswer,
    IngestFailed,
    ResourceUnavailable,
    SourceRefused,
    SourceUnavailable,
)
from f1_ingest.fetch.body import ACCEPTED, Body, TooLarge
from f1_ingest.fetch.deadline import Deadline
from f1_ingest.ratelimit.budget import Budget, Reservation
from f1_ingest.settings import HttpSettings
from f1_ingest.signals import Stop
from f1_ingest.sources.protocol import Request
from f1_ingest.urls import MAX_REQUEST_URL

log = structlog.get_logger()
Read = TypeVar("Read")

MAX_PAGE_BYTES = 8 * 2**20
"""A page of 100 rows has 60 kB; OpenF1's longest, a session's laps, 1 MB."""
_REDIRECTS = 5
_SECONDS = re.compile(r"\d{1,9}", re.ASCII)
_REDIRECT = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def detail(self) -> str:
        """The source's own message: `{"detail": ...}`, or the start of the body."""
        try:
            words = msgspec.json.decode(self.content, type=dict[str, object])
            return shown(str(words.get("detail") or words.get("error") or words))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return shown(self.content[:200].decode(errors="replace").strip())


class _Unwell(Exception):
    """One try failed and the next may not.

    Attributes:
        everywhere: the source as a whole is unavailable, not this resource of it alone.
    """

    def __init__(
        self, reason: str, retry_after_s: float | None = None, *, everywhere: bool = False
    ) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s
        self.everywhere = everywhere or retry_after_s is not None


@dataclass
class Fetcher:
    """Sends requests to one source.

    Attributes:
        budget: spent for each request; None: the source is in this process.
        host: whose budget it is; what redirects lead to elsewhere costs nothing of it.
        patience_s: how long one page's failures in a row may last.
        passes: whether a 4xx, by its status and message, is temporary.
        now: Postgres' clock.
        requests: how many were sent so far.
    """

    client: "Client"
    settings: HttpSettings
    stop: Stop
    budget: Budget | None
    patience_s: float
    now: Callable[[], datetime]
    passes: Callable[[int, str], bool] = lambda status, detail: False
    requests: int = 0

    def get(
        self,
        request: Request,
        reservation: Reservation | None,
        read: Callable[[bytes], Read],
        *,
        max_bytes: int = MAX_PAGE_BYTES,
        max_s: float | None = None,
    ) -> tuple[Read, Page]:
        """Fetch a page and read it.

        Args:
            read: raises BadAnswer for what is no response to it.
            max_bytes: a larger response is refused.
            max_s: how long the whole exchange may take once its headers are there, if not the
                usual time-out.

        Raises:
            ResourceUnavailable: it stayed unavailable for longer than the time limit.
            SourceUnavailable: the same, for the source as a whole.
            SourceRefused: it refused the request.
            Stopped: a signal came.
        """
        failing_s = 0.0
        pauses = backoff(self.settings.backoff_s, self.settings.backoff_max_s, jitter=0.5)
        while True:
            waited = self.budget.waited_s if self.budget else 0.0
            began = time.monotonic()
            try:
                answer = self._answer(request, reservation, max_bytes, max_s)
                content = self._accept(request, answer)
                return read(content), Page.of(request.full_url, content, self.now(), request.name)
            except (_Unwell, BadAnswer) as error:
                now_waited = self.budget.waited_s if self.budget else 0.0
                failing_s += time.monotonic() - began - (now_waited - waited)
                pause = max(next(pauses), getattr(error, "retry_after_s", None) or 0.0)
                reason = shown(str(error))
                if failing_s + pause > self.patience_s:
                    everywhere = getattr(error, "everywhere", False)
                    raise (SourceUnavailable if everywhere else ResourceUnavailable)(
                        f"{request.full_url} did not respond for {failing_s:.0f} s, "
                        f"and the time limit is reached; last error: {reason}"
                    ) from error
                log.warning(
                    "request failed, retrying",
                    url=request.full_url,
                    reason=reason,
                    pause_s=round(pause, 2),
                )
            self.stop.wait(pause)
            failing_s += pause

    def _accept(self, request: Request, answer: _Answer) -> bytes:
        if answer.status == 200:
            return answer.content
        reason = f"{answer.status} {answer.detail}".strip()
        if answer.status in (408, 429) or answer.status >= 500:
            after = _retry_after(answer.headers)
            raise _Unwell(reason, after, everywhere=answer.status == 429)
        if answer.status >= 400:
            if self.passes(answer.status, answer.detail):
                raise SourceUnavailable(f"{request.full_url}: {reason}")
            raise SourceRefused(f"{request.full_url} was refused: {reason}")
        raise _Unwell(f"unexpected status {reason}")

    def _answer(
        self, request: Request, reservation: Reservation | None, max_bytes: int, max_s: float | None
    ) -> _Answer:
        """The response after redirects; our own headers go to the first host only."""
        first = url = (
            httpx.URL(request.url, params=request.params)
            if request.params
            else httpx.URL(request.url)
        )
        spent_s = 0.0
        for _ in range(_REDIRECTS):
            at_home = _origin(url) == _origin(first)
            with self._slot(reservation, free=not at_home) as answered:
                began = time.monotonic()
                answer = self._exchange(
                    url, request.headers if at_home else {}, max_bytes, max_s, spent_s
                )
                answered(answer.status)
                spent_s += time.monotonic() - began
            location = answer.headers.get("location")
            if answer.status not in _REDIRECT or location is None:
                return answer
            onward = _onward(url, location)
            if onward.scheme not in ("http", "https") or (url.scheme, onward.scheme) == (
                "https",
                "http",
            ):
                raise SourceRefused(
                    f"{request.full_url} redirects to {_shown(onward)}: not followed"
                )
            url = onward
        raise _Unwell(f"more than {_REDIRECTS} redirects")

    @contextmanager
    def _slot(
        self, reservation: Reservation | None, *, free: bool
    ) -> Iterator[Callable[[int], None]]:
        """Spend budget for one request; yields what takes the status of its response."""
        statuses: list[int] = []
        if self.budget is None or free or reservation is None:
            self.requests += 1
            yield statuses.append
            return
        slot = self.budget.spend(reservation)
        try:
            if not slot.fresh:
                raise _Unwell(
                    "the grant expired before the request was sent: the process was suspended"
                )
            self.requests += 1
            yield statuses.append
        finally:
            self.budget.done(slot, limited=429 in statuses if statuses else None)

    def _exchange(
        self,
        url: httpx.URL,
        headers: dict[str, str],
        max_bytes: int,
        max_s: float | None,
        spent_s: float,
    ) -> _Answer:
        deadline = self.client.deadline
        deadline.start(self.settings.timeout_s - spent_s)
        try:
            with (
                self.stop.interruptible(),
                self.client.stream("GET", url, headers=headers) as response,
            ):
                if max_s is not None:
                    deadline.start(max_s - spent_s)
                body = Body(response.headers, max_bytes)
                assert isinstance(response.stream, httpx.SyncByteStream)
                for chunk in response.stream:  # as it came: body.py unpacks it
                    body.add(chunk)
                    if deadline.passed:
                        raise _Unwell("the response took too long")
                return _Answer(response.status_code, response.headers, body.whole())
        except TooLarge as error:
            raise IngestFailed(
                f"{_shown(url)} is larger than {max_bytes / 2**20:g} MB, the maximum"
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            unreachable = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            raise _Unwell(f"{type(error).__name__}: {error}", everywhere=unreachable) from error


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    default = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or default


def _onward(url: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect leads."""
    if len(location) > MAX_REQUEST_URL:
        raise _Unwell(f"redirects to a URL of more than {MAX_REQUEST_URL} characters")
    return url.join(location)


def _shown(url: httpx.URL) -> str:
    """A URL without its query: a storage's has its signature there, which is a secret."""
    return shown(str(url.copy_with(query=None)))


def _retry_after(headers: httpx.Headers) -> float | None:
    value = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        at = parsedate_to_datetime(value)
        return max(0.0, (at.astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, LookupError, ArithmeticError):
        return None


class Client(httpx.Client):
    """A client whose exchanges end at a deadline.

    Attributes:
        deadline: of the current exchange.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.deadline = Deadline()
        self.deadline.bind(self)


def open_client(
    settings: HttpSettings, version: str, transport: httpx.BaseTransport | None
) -> Client:
    """A client with time-outs that names the project and follows no redirect by itself."""
    contact = f"; {settings.contact}" if settings.contact else ""
    # Nothing here needs cookies, and a source could fill the memory with them.
    no_cookies = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    return Client(
        timeout=httpx.Timeout(settings.timeout_s, connect=min(10.0, settings.timeout_s)),
        headers={
            "User-Agent": f"f1-telemetry-aggregator/{version} (self-hosted{contact})",
            "Accept": "application/json",
            "Accept-Encoding": ACCEPTED,
        },
        cookies=no_cookies,
        follow_redirects=False,
        transport=transport,
        limits=httpx.Limits(max_connections=2, max_keepalive_connections=1),
    )
