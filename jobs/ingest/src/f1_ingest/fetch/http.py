"""Fetches one page over HTTP within the budget, with retries while the source is unavailable.

Retried with exponential, jittered back-off that obeys Retry-After: 429, 408, 5xx (including 521),
time-outs, connection errors, truncated bodies, and invalid responses with status 200 (HTML,
garbage, another page). Any other 4xx fails at once with the source's message. Every attempt spends
budget; waiting for the budget does not count against the patience.

An attempt has one time-out in total, including redirects and slow bodies (deadline.py), and a
body is unpacked up to its limit (body.py).
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
    BadResponse,
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
class _Response:
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


class _TemporaryFailure(Exception):
    """One attempt failed, and the next may succeed.

    Attributes:
        whole_source: the whole source is unavailable, not only this resource.
    """

    def __init__(
        self, reason: str, retry_after_s: float | None = None, *, whole_source: bool = False
    ) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s
        self.whole_source = whole_source or retry_after_s is not None


@dataclass
class Fetcher:
    """Sends requests to one source.

    Attributes:
        budget: spent for each request; None: the source is in this process.
        host: of the budget; requests to other hosts after redirects cost nothing.
        patience_s: maximum duration of one page's failures in a row.
        is_temporary: whether a 4xx, by its status and message, is temporary.
        now: Postgres' clock.
        requests: number of requests sent so far.
    """

    client: "Client"
    settings: HttpSettings
    stop: Stop
    budget: Budget | None
    patience_s: float
    now: Callable[[], datetime]
    is_temporary: Callable[[int, str], bool] = lambda status, detail: False
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
            read: raises BadResponse for a response to something else.
            max_bytes: a larger response is refused.
            max_s: maximum duration of the exchange after its headers, instead of the
                usual time-out.

        Raises:
            ResourceUnavailable: it stayed unavailable for longer than the time limit.
            SourceUnavailable: the same, for the source as a whole.
            SourceRefused: it refused the request.
            Stopped: by a signal.
        """
        failing_s = 0.0
        pauses = backoff(self.settings.backoff_s, self.settings.backoff_max_s, jitter=0.5)
        while True:
            waited = self.budget.waited_s if self.budget else 0.0
            began = time.monotonic()
            try:
                answer = self._send(request, reservation, max_bytes, max_s)
                content = self._accept(request, answer)
                return read(content), Page.of(request.full_url, content, self.now(), request.name)
            except (_TemporaryFailure, BadResponse) as error:
                now_waited = self.budget.waited_s if self.budget else 0.0
                failing_s += time.monotonic() - began - (now_waited - waited)
                pause = max(next(pauses), getattr(error, "retry_after_s", None) or 0.0)
                reason = shown(str(error))
                if failing_s + pause > self.patience_s:
                    whole_source = getattr(error, "whole_source", False)
                    raise (SourceUnavailable if whole_source else ResourceUnavailable)(
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

    def _accept(self, request: Request, answer: _Response) -> bytes:
        if answer.status == 200:
            return answer.content
        reason = f"{answer.status} {answer.detail}".strip()
        if answer.status in (408, 429) or answer.status >= 500:
            after = _retry_after(answer.headers)
            raise _TemporaryFailure(reason, after, whole_source=answer.status == 429)
        if answer.status >= 400:
            if self.is_temporary(answer.status, answer.detail):
                raise SourceUnavailable(f"{request.full_url}: {reason}")
            raise SourceRefused(f"{request.full_url} was refused: {reason}")
        raise _TemporaryFailure(f"unexpected status {reason}")

    def _send(
        self, request: Request, reservation: Reservation | None, max_bytes: int, max_s: float | None
    ) -> _Response:
        """The response after redirects; the request's headers go to the first host only."""
        first = url = (
            httpx.URL(request.url, params=request.params)
            if request.params
            else httpx.URL(request.url)
        )
        spent_s = 0.0
        for _ in range(_REDIRECTS):
            same_origin = _origin(url) == _origin(first)
            with self._slot(reservation, free=not same_origin) as record_status:
                began = time.monotonic()
                answer = self._exchange(
                    url, request.headers if same_origin else {}, max_bytes, max_s, spent_s
                )
                record_status(answer.status)
                spent_s += time.monotonic() - began
            location = answer.headers.get("location")
            if answer.status not in _REDIRECT or location is None:
                return answer
            redirect = _redirect_url(url, location)
            if redirect.scheme not in ("http", "https") or (url.scheme, redirect.scheme) == (
                "https",
                "http",
            ):
                raise SourceRefused(
                    f"{request.full_url} redirects to {_shown(redirect)}: not followed"
                )
            url = redirect
        raise _TemporaryFailure(f"more than {_REDIRECTS} redirects")

    @contextmanager
    def _slot(
        self, reservation: Reservation | None, *, free: bool
    ) -> Iterator[Callable[[int], None]]:
        """Spend budget for one request; yields a function that records the response's status."""
        statuses: list[int] = []
        if self.budget is None or free or reservation is None:
            self.requests += 1
            yield statuses.append
            return
        slot = self.budget.spend(reservation)
        try:
            if not slot.fresh:
                raise _TemporaryFailure(
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
    ) -> _Response:
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
                for chunk in response.stream:  # raw: body.py unpacks it
                    body.add(chunk)
                    if deadline.passed:
                        raise _TemporaryFailure("the response took too long")
                return _Response(response.status_code, response.headers, body.whole())
        except TooLarge as error:
            raise IngestFailed(
                f"{_shown(url)} is larger than {max_bytes / 2**20:g} MB, the maximum"
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            unreachable = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            reason = f"{type(error).__name__}: {error}"
            raise _TemporaryFailure(reason, whole_source=unreachable) from error


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    default = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or default


def _redirect_url(url: httpx.URL, location: str) -> httpx.URL:
    """The URL that a redirect leads to."""
    if len(location) > MAX_REQUEST_URL:
        raise _TemporaryFailure(f"redirects to a URL of more than {MAX_REQUEST_URL} characters")
    return url.join(location)


def _shown(url: httpx.URL) -> str:
    """A URL without its query, which may contain the secret signature of a storage."""
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
    """A client with a deadline for its exchanges.

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
    """A client with time-outs that sends the project's name and follows no redirects."""
    contact = f"; {settings.contact}" if settings.contact else ""
    # Cookies are not needed, and a source could fill the memory with them.
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
