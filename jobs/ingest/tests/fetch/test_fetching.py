"""Failures of a source, and how ingest handles them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.metadata import version
from subprocess import CompletedProcess

import httpx
import pytest
import sqlalchemy as sa

from f1_core.capture import Capture
from f1_devkit.servers.jolpica.faults import KINDS
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_ingest.errors import (
    BadResponse,
    IngestFailed,
    ResourceUnavailable,
    SourceRefused,
    SourceUnavailable,
)
from f1_ingest.fetch.http import Fetcher, open_client
from f1_ingest.ratelimit.budget import Reservation, Slot
from f1_ingest.settings import HttpSettings
from f1_ingest.signals import Stop
from f1_ingest.sources.protocol import Request

Ingest = Callable[..., CompletedProcess[str]]
Captures = Callable[..., list[Capture]]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"403", "slow"}))
def test_every_fault_is_retried_and_counts_in_the_budget(
    kind: str, ingest: Ingest, source: JolpicaServer, captures: Captures, engine: sa.Engine
) -> None:
    """Twice on the first page of the results, once on a later page of the laps."""
    source.faults.time_out_s = 1.5
    source.faults.script(kind, path="/1/results", times=1 if kind == "empty" else 2)
    source.faults.script("ok", "ok", kind, path="/1/laps")
    ran = ingest(
        *("round", "--season", 2024, "--round", 1, "--resources", "results,laps"),
        F1_JOLPICA_URL=source.url,
        F1_HTTP_TIMEOUT_S=0.4,
    )
    assert ran.returncode == 0, ran.stderr
    (results,), (laps,) = captures("results"), captures("laps")
    assert results.header.total == 20
    assert sum(page.content.count(b'"driverId"') for page in laps.pages) == laps.header.total
    with engine.connect() as connection:
        spent = connection.scalar(sa.text("SELECT count(*) FROM budget_requests")) or 0
    assert source.log.wait(spent), "the server logs a time-out at its end"
    assert spent == len(source.log) == 1 + results.header.requests + laps.header.requests


def test_an_outage_ends_the_command_with_a_message_after_the_patience(
    ingest: Ingest, source: JolpicaServer, captures: Captures
) -> None:
    source.faults.outage = "521"
    began = time.monotonic()
    ran = ingest(
        *("round", "--season", 2024, "--round", 1),
        F1_JOLPICA_URL=source.url,
        F1_HTTP_PATIENCE_S=1,
        F1_HTTP_BACKOFF_S=0.1,
    )
    assert ran.returncode == 3
    assert "the source is unavailable" in ran.stderr
    assert "last error: 521" in ran.stderr
    assert time.monotonic() - began < 15, "by default the patience is 20 s here"
    assert 2 <= len(source.log) <= 8, "each pause is longer than the one before"
    assert captures() == []


def test_a_source_that_refuses_connections_is_unavailable(ingest: Ingest) -> None:
    ran = ingest(
        *("round", "--season", 2024, "--round", 1),
        F1_JOLPICA_URL="http://127.0.0.1:1/ergast/f1",
        F1_HTTP_PATIENCE_S=0.2,
    )
    assert ran.returncode == 3


def test_requests_name_the_project(ingest: Ingest, source: JolpicaServer) -> None:
    ingest(
        *("backfill", "--season", 2024, "--resources", "schedule"),
        F1_JOLPICA_URL=source.url,
        F1_HTTP_CONTACT="ops@example.org",
    )
    assert source.log[0].user_agent == (
        f"f1-telemetry-aggregator/{version('f1-ingest')} (self-hosted; ops@example.org)"
    )


Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def fetch() -> Callable[..., bytes]:
    """Fetches `https://api.example/page` from a mock server: `fetch(handler)`."""
    settings = HttpSettings.model_validate(
        {"timeout_s": 2, "patience_s": 1.5, "backoff_s": 0.01, "backoff_max_s": 0.2}
    )

    def get(handler: Handler, request: Request | None = None, **limits: int) -> bytes:
        client = open_client(settings, "0", httpx.MockTransport(handler))
        fetcher = Fetcher(
            client=client,
            settings=settings,
            stop=Stop(),
            budget=None,
            patience_s=settings.patience_s,
            now=lambda: datetime.now(UTC),
            is_temporary=lambda status, detail: "live" in detail,
        )
        with client:
            page_request = request or Request("https://api.example/page", {"limit": "100"})
            return fetcher.get(page_request, None, lambda content: content, **limits)[1].content

    return get


def answers(*responses: httpx.Response) -> Handler:
    """A server that sends these responses, one after the other."""
    left = iter(responses)
    return lambda request: next(left)


def test_a_retry_after_in_the_past_requires_no_pause(fetch: Callable[..., bytes]) -> None:
    """The client's own back-off applies."""
    past = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    assert fetch(answers(httpx.Response(503, headers=past), httpx.Response(200, text="x"))) == b"x"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 521, 599])
def test_a_temporary_status_is_retried(fetch: Callable[..., bytes], status: int) -> None:
    assert fetch(answers(httpx.Response(status), httpx.Response(200, text="x"))) == b"x"


@pytest.mark.parametrize("written", ["3600", "date"])
def test_a_retry_after_beyond_the_patience_ends_the_attempts(
    fetch: Callable[..., bytes], written: str
) -> None:
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    headers = {"Retry-After": in_an_hour if written == "date" else written}
    with pytest.raises(SourceUnavailable, match="429"):
        fetch(answers(httpx.Response(429, headers=headers), httpx.Response(200)))


@pytest.mark.parametrize("status", [204, 304, 399])
def test_an_unexpected_status_is_retried(fetch: Callable[..., bytes], status: int) -> None:
    assert fetch(answers(httpx.Response(status), httpx.Response(200, text="x"))) == b"x"


class Pauses(Stop):
    """Records the pauses, without waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, seconds: float) -> None:
        self.seconds.append(seconds)


def impatient(handler: Handler, stop: Stop, patience_s: float = 1.0) -> Fetcher:
    settings = HttpSettings.model_validate({"backoff_s": 4, "backoff_max_s": 20})
    return Fetcher(
        client=open_client(settings, "0", httpx.MockTransport(handler)),
        settings=settings,
        stop=stop,
        budget=None,
        patience_s=patience_s,
        now=lambda: datetime.now(UTC),
    )


@pytest.mark.parametrize(
    ("answer", "everywhere"),
    [
        (httpx.Response(503), False),
        (httpx.Response(200, text="no answer"), False),
        (httpx.Response(503, headers={"Retry-After": "9"}), True),
        (httpx.Response(429), True),
        (httpx.ConnectError("refused"), True),
        (httpx.ReadError("reset"), False),
    ],
    ids=["503", "garbage", "503 with Retry-After", "429", "refused", "reset"],
)
def test_a_throttling_or_unreachable_source_is_unavailable_for_all_resources(
    answer: httpx.Response | httpx.HTTPError, *, everywhere: bool
) -> None:
    """After other failures, other resources of the source may be available."""

    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, httpx.HTTPError):
            raise answer
        return answer

    def read(content: bytes) -> bytes:
        raise BadResponse("no JSON")

    fetcher = impatient(handle, Pauses())
    with fetcher.client, pytest.raises(SourceUnavailable) as failed:
        fetcher.get(Request("https://api.example/page"), None, read)
    assert isinstance(failed.value, ResourceUnavailable) is not everywhere


def test_pauses_double_up_to_the_longest_and_are_jittered() -> None:
    stop = Pauses()
    fetcher = impatient(lambda request: httpx.Response(503), stop, patience_s=100)
    with fetcher.client, pytest.raises(SourceUnavailable):
        fetcher.get(Request("https://api.example/page"), None, bytes)
    limits = [4.0, 8.0, 16.0, *[20.0] * len(stop.seconds)]
    assert len(stop.seconds) > 4
    assert sum(stop.seconds) <= 100
    for pause, longest in zip(stop.seconds, limits, strict=False):
        assert longest / 2 <= pause <= longest
    assert len({pause / longest for pause, longest in zip(stop.seconds, limits, strict=False)}) > 1


class SuspendedBudget:
    """A budget whose first slot has expired, as in a process that was suspended."""

    waited_s = 0.0

    def __init__(self) -> None:
        self.slots = [Slot(1, expires=0.0), Slot(2, expires=float("inf"))]
        self.ended: list[tuple[int | None, bool | None]] = []

    def spend(self, _: Reservation) -> Slot:
        return self.slots.pop(0)

    def done(self, slot: Slot, *, limited: bool | None) -> None:
        self.ended.append((slot.request_id, limited))


def test_an_expired_slot_is_returned_without_a_request() -> None:
    budget = SuspendedBudget()
    fetcher = impatient(answers(httpx.Response(200, text="x")), Pauses(), patience_s=100)
    fetcher.budget = budget  # type: ignore[assignment]
    with fetcher.client:
        reservation = Reservation(budget, "a")  # type: ignore[arg-type]
        assert fetcher.get(Request("https://api.example/page"), reservation, bytes)[0] == b"x"
    assert fetcher.requests == 1
    assert budget.ended == [(1, None), (2, False)]


@pytest.mark.parametrize("written", ["30", "date"])
def test_a_retry_after_in_seconds_or_as_a_date_is_obeyed(written: str) -> None:
    in_30_s = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    headers = {"Retry-After": in_30_s if written == "date" else written}
    stop = Pauses()
    served = answers(httpx.Response(503, headers=headers), httpx.Response(200, text="x"))
    fetcher = impatient(served, stop, patience_s=100)
    with fetcher.client:
        assert fetcher.get(Request("https://api.example/page"), None, bytes)[1].content == b"x"
    # The client's first pause is 4 s at most; a date has whole seconds.
    assert 25 <= sum(stop.seconds) <= 32


def test_cookies_of_the_source_are_not_kept(fetch: Callable[..., bytes]) -> None:
    """A source could fill the memory with them."""
    seen: list[httpx.Request] = []
    cookie = {"Set-Cookie": "session=1; Path=/"}
    served = answers(httpx.Response(503, headers=cookie), httpx.Response(200, text="x"))

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return served(request)

    assert fetch(handle) == b"x"
    assert ["cookie" in request.headers for request in seen] == [False, False]


def test_a_refusal_is_reported_with_the_sources_message_and_not_retried(
    fetch: Callable[..., bytes],
) -> None:
    refusal = httpx.Response(400, json={"detail": "Bad Request: Unsupported filter."})
    with pytest.raises(SourceRefused, match="400 Bad Request: Unsupported filter"):
        fetch(answers(refusal))


def test_a_temporary_refusal_is_an_outage(fetch: Callable[..., bytes]) -> None:
    with pytest.raises(SourceUnavailable, match="live"):
        fetch(answers(httpx.Response(401, json={"detail": "a session is live"})))


def test_a_too_large_response_is_refused(fetch: Callable[..., bytes]) -> None:
    with pytest.raises(IngestFailed, match="larger than 1 MB"):
        fetch(answers(httpx.Response(200, content=b"x" * (2**20 + 1))), max_bytes=2**20)


def redirecting(seen: list[httpx.Request], locations: dict[str, str]) -> Handler:
    """A server that redirects from one URL to another, and records its requests."""

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        location = locations.get(str(request.url))
        if location is None:
            return httpx.Response(200, text="there")
        return httpx.Response(302, headers={"Location": location})

    return handle


TOKEN = {"Authorization": "Token secret"}


def test_a_redirect_to_another_host_does_not_get_the_token(fetch: Callable[..., bytes]) -> None:
    seen: list[httpx.Request] = []
    handler = redirecting(
        seen,
        {
            "https://api.example/a": "/b",
            "https://api.example/b": "https://storage.example/c",
            "https://storage.example/c": "https://storage.example/d",
        },
    )
    assert fetch(handler, Request("https://api.example/a", headers=TOKEN)) == b"there"
    assert [(r.url.host, "authorization" in r.headers) for r in seen] == [
        ("api.example", True),
        ("api.example", True),
        ("storage.example", False),
        ("storage.example", False),
    ]


@pytest.mark.parametrize(
    "elsewhere", ["https://api.example:8443/x", "https://api.example.evil/x", "https://evil/x"]
)
def test_another_port_or_name_is_another_host(elsewhere: str, fetch: Callable[..., bytes]) -> None:
    seen: list[httpx.Request] = []
    handler = redirecting(seen, {"https://api.example/a": elsewhere})
    fetch(handler, Request("https://api.example/a", headers=TOKEN))
    assert "authorization" not in seen[1].headers


@pytest.mark.parametrize("onward", ["http://api.example/x", "file:///etc/passwd"])
def test_a_redirect_out_of_https_is_not_followed(onward: str, fetch: Callable[..., bytes]) -> None:
    handler = redirecting([], {"https://api.example/a": onward})
    with pytest.raises(SourceRefused, match="not followed"):
        fetch(handler, Request("https://api.example/a"))


def test_circular_redirects_end(fetch: Callable[..., bytes]) -> None:
    handler = redirecting([], {"https://api.example/a": "https://api.example/a"})
    with pytest.raises(SourceUnavailable, match="more than 5 redirects"):
        fetch(handler, Request("https://api.example/a"))


def test_responses_with_429_are_recorded_for_the_alert_until_another_response(
    ingest: Ingest, engine: sa.Engine, source: JolpicaServer
) -> None:
    def limited() -> bool:
        with engine.connect() as connection:
            return bool(connection.scalar(sa.text("SELECT limited_since IS NOT NULL FROM budgets")))

    poll = ("backfill", "--season", 2024, "--rounds", "1")
    source.faults.outage = "429"
    settings = {"F1_JOLPICA_URL": source.url, "F1_HTTP_PATIENCE_S": "0.2"}
    assert ingest(*poll, **settings).returncode == 3
    assert limited()
    source.faults.outage = None
    assert ingest(*poll, **settings).returncode == 0
    assert not limited()
