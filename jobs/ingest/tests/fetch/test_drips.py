"""A source that sends slowly, without end: every exchange ends at the total time-out."""

import contextlib
import itertools
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from subprocess import CompletedProcess
from typing import Any

import pytest
import sqlalchemy as sa

from f1_devkit.servers.hostile_source import HostileSource, whole_response
from f1_ingest.errors import SourceUnavailable
from f1_ingest.fetch.http import Fetcher, open_client
from f1_ingest.settings import HttpSettings
from f1_ingest.signals import Stop
from f1_ingest.sources.protocol import Request

Ingest = Callable[..., CompletedProcess[str]]

TIME_OUT_S = 0.4
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def endless(start: bytes, piece: bytes) -> Callable[[str], Iterable[bytes]]:
    """`start` at once, then `piece` for ever."""
    return lambda target: itertools.chain([start], itertools.repeat(piece))


DRIPS = {
    "status line": endless(b"HTTP/1.1 200 ", b"O"),
    "header name": endless(OK, b"x"),
    "headers": endless(OK, b"X-Name: value\r\n"),
    "folded header": endless(OK + b"X-Name: a\r\n", b" a\r\n"),
    "chunk size": endless(CHUNKED, b"0"),
    "chunk extension": endless(CHUNKED + b"1;", b"x"),
    "chunks": endless(CHUNKED, b"1\r\n{\r\n"),
    "trailers": endless(CHUNKED + b"0\r\n", b"X-Name: value\r\n"),
    "100 Continue": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "103 Early Hints": endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
    "body": endless(OK + b"Content-Length: 1000000\r\n\r\n", b"{"),
    "body until close": endless(OK + b"\r\n", b"{"),
    "packed body": endless(
        OK + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08" + bytes(7), b"\0\0\0\xff\xff"
    ),
}


def fetcher(**settings: float) -> Fetcher:
    http = HttpSettings.model_validate(
        {"timeout_s": TIME_OUT_S, "patience_s": 0.7, "backoff_s": 0.01} | settings
    )
    return Fetcher(
        client=open_client(http, "0", None),
        settings=http,
        stop=Stop(),
        budget=None,
        patience_s=http.patience_s,
        now=lambda: datetime.now(UTC),
    )


def get(source: Fetcher, url: str) -> bytes:
    return source.get(Request(url), None, lambda content: content)[0]


def fails_twice_in_time(source: Fetcher, url: str) -> str:
    """Fetch from a server that never ends, and return the message."""
    began = time.monotonic()
    with source.client, pytest.raises(SourceUnavailable) as raised:
        get(source, url)
    took = time.monotonic() - began
    assert source.requests == 2
    assert 2 * TIME_OUT_S <= took < 2 * TIME_OUT_S + 1
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("kind", DRIPS)
def test_a_slow_response_ends_at_the_total_time_out_and_is_retried(kind: str) -> None:
    with HostileSource(DRIPS[kind], pause_s=0.02) as server:
        fails_twice_in_time(fetcher(), server.url)
        assert len(server.targets) == 2


def test_redirects_share_one_time_out() -> None:
    """Each response takes half of the time."""

    def onward(target: str) -> Iterable[bytes]:
        yield b"HTTP/1.1 302 Found\r\n"
        yield b"Location: /on\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    source = fetcher()
    with HostileSource(onward, pause_s=TIME_OUT_S / 2) as server, source.client:
        began = time.monotonic()
        with pytest.raises(SourceUnavailable):
            get(source, server.url)
        assert time.monotonic() - began < 2 * TIME_OUT_S + 1
        assert 3 <= len(server.targets) <= 4, "two attempts of less than five redirects"


def test_a_stalled_tls_handshake_ends() -> None:
    with HostileSource(lambda target: [], silent=True) as server:
        fails_twice_in_time(fetcher(), server.url.replace("http:", "https:"))


def resolve(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    """Give the name many.example these addresses."""
    known = socket.getaddrinfo

    def find(host: str, port: int, *names: Any, **how: Any) -> Any:
        if host != "many.example":
            return known(host, port, *names, **how)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", find)


def test_many_addresses_that_do_not_respond_share_one_time_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A backlog that is full drops what connects, as a firewall does."""
    with socket.socket() as full, contextlib.ExitStack() as stack:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        resolve(monkeypatch, ["127.0.0.1"] * 50)
        fails_twice_in_time(fetcher(), f"http://many.example:{full.getsockname()[1]}")


def test_the_next_address_is_tried_if_one_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    source = fetcher()
    with HostileSource(lambda target: whole_response(b"{}")) as server, source.client:
        port = int(server.url.rpartition(":")[2])
        resolve(monkeypatch, ["127.0.0.2", "127.0.0.1"])
        assert get(source, f"http://many.example:{port}") == b"{}"


def test_a_resolver_that_does_not_respond_ends_and_leaves_no_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = threading.Event()

    def never(*names: object, **how: object) -> object:
        released.wait(30)
        raise socket.gaierror("no answer")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    assert "could not be resolved in time" in fails_twice_in_time(fetcher(), "http://slow.example")
    waiting = [thread for thread in threading.enumerate() if thread.name == "resolver"]
    assert waiting
    released.set()
    for thread in waiting:
        thread.join(timeout=5)
        assert not thread.is_alive()


def test_a_download_has_its_own_time_limit_after_its_headers() -> None:
    """The usual time-out applies to the headers."""

    def slow_body(target: str) -> Iterable[bytes]:
        yield OK + b"Content-Length: 20\r\n\r\n"
        yield from itertools.repeat(b"x", 20)

    source = fetcher()
    with HostileSource(slow_body, pause_s=0.05) as server, source.client:
        got, _ = source.get(Request(server.url), None, lambda content: content, max_s=10)
        assert got == b"x" * 20
    source = fetcher()
    with HostileSource(DRIPS["headers"], pause_s=0.02) as server, source.client:
        began = time.monotonic()
        with pytest.raises(SourceUnavailable):
            source.get(Request(server.url), None, lambda content: content, max_s=10)
        assert time.monotonic() - began < 2 * TIME_OUT_S + 1


def test_the_time_out_applies_to_proxies_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with HostileSource(DRIPS["headers"], pause_s=0.02) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        fails_twice_in_time(fetcher(), "http://source.example/page")
        assert proxy.targets[0] == "http://source.example/page"


def test_every_slow_request_counts_in_the_budget(ingest: Ingest, engine: sa.Engine) -> None:
    with HostileSource(DRIPS["trailers"], pause_s=0.02) as server:
        ran = ingest(
            *("round", "--season", 2024, "--round", 1),
            F1_JOLPICA_URL=server.url,
            F1_HTTP_TIMEOUT_S=TIME_OUT_S,
            F1_HTTP_PATIENCE_S=0.7,
        )
        sent = len(server.targets)
    assert ran.returncode == 3
    assert "took too long" in ran.stderr or "timed out" in ran.stderr
    with engine.connect() as connection:
        counted = connection.scalar(sa.text("SELECT count(*) FROM budget_requests"))
        outcome = connection.scalar(sa.text("SELECT outcome FROM ingest_runs"))
    assert (counted, outcome) == (sent, "source_unavailable")


@pytest.mark.parametrize("kind", ["103 Early Hints", "body", "handshake"])
def test_sigterm_ends_a_slow_request_at_once(
    kind: str, start: Callable[..., BaseProcess], engine: sa.Engine
) -> None:
    answer = DRIPS.get(kind, DRIPS["body"])
    with HostileSource(answer, pause_s=0.02, silent=kind == "handshake") as server:
        url = server.url if kind in DRIPS else server.url.replace("http:", "https:")
        process = start("poll", "--season", 2024, F1_JOLPICA_URL=url, F1_HTTP_TIMEOUT_S=60)
        deadline = time.monotonic() + 30
        while not server.open and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.open
        began = time.monotonic()
        os.kill(process.pid or 0, signal.SIGTERM)
        process.join(45)
        assert process.exitcode == 143
        assert time.monotonic() - began < 30, "the time-out is a minute"
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT outcome FROM ingest_runs")) == "stopped"
