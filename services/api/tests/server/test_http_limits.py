"""Limits of what a client may send, keep open and leave unread, tested at the socket."""

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from f1_devkit.servers.ports import LOOPBACK

Connect = Callable[..., socket.socket]
LARGE = b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n"
LIVEZ = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens connections to a server; they end with the test."""
    with contextlib.ExitStack() as stack:

        def connected(api: Any, sent: bytes = b"") -> socket.socket:
            port = api.client.base_url.port
            opened = stack.enter_context(socket.create_connection((LOOPBACK, port), timeout=10))
            opened.sendall(sent)
            return opened

        yield connected


def _rest(connection: socket.socket) -> bytes:
    """All bytes until the server closes the connection."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            received += part
    return received


def _answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """The only answer of a connection that is closed after it."""
    head, _, body = _rest(connection).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body


REFUSED = {
    "a long address": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    "an address without end": (b"GET /" + b"a" * 9000, 414),
    "a long header": (b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 9000 + b"\r\n\r\n", 431),
    "a header without end": (b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 9000, 431),
    "long headers": (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-A: %s\r\n" % (b"a" * 8000) * 5, 431),
    "many headers": (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 120, 431),
    "a large body": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n", 413),
    "chunks": (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    "two lengths": (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400,
    ),
    "a length and chunks": (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\n\r\n", 400,
    ),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "no host name": (b"GET / HTTP/1.1\r\nHost: [\r\n\r\n", 400),
    "lines that end otherwise": (b"GET / HTTP/1.1\nHost: a\n\n\r\n\r\n", 400),
    "a folded header": (b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400),
    "empty lines": (b"\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "a tunnel": (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "nothing that is HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\r\n\r\n", 400),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_beyond_the_limits_is_a_problem(api: Any, connect: Connect, name: str) -> None:
    sent, expected = REFUSED[name]
    status, headers, body = _answer(connect(api, sent))
    assert status == expected
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["connection"] == "close"
    problem = json.loads(body)
    assert problem["status"] == status
    assert problem["detail"]
    assert len(body) < 400


def test_refused_requests_are_counted(serve: Any, connect: Connect) -> None:
    api = serve()
    _rest(connect(api, b"GET / HTTP/1.1\r\n\r\n"))
    assert 'endpoint="unknown",method="other",status="400"} 1.0' in api.metrics


def test_the_longest_allowed_request_is_answered(api: Any, connect: Connect) -> None:
    one = b"X-A: " + b"a" * 8000 + b"\r\n"
    sent = b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + one * 3
    assert _answer(connect(api, sent + b"\r\n"))[0] == 200
    many = b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + b"X: a\r\n" * 98
    assert _answer(connect(api, many + b"\r\n"))[0] == 200
    long = b"GET /" + b"a" * 8000 + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert _answer(connect(api, long))[0] == 404


def test_pipelined_requests_are_answered_in_order(api: Any, connect: Connect) -> None:
    paths = [b"/livez", b"/races", b"/nothing", b"/livez"] * 50
    sent = b"".join(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path for path in paths)
    last = b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    found = _rest(connect(api, sent + last))
    statuses = [int(part[:3]) for part in found.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 200, 404, 200] * 50 + [200]


def test_a_request_may_arrive_in_parts(api: Any, connect: Connect) -> None:
    connection = connect(api)
    for byte in LIVEZ[:-4] + b"\r\nConnection: close\r\n\r\n":
        connection.sendall(bytes([byte]))
    assert _answer(connection)[0] == 200


def test_a_body_is_read_and_ends_the_connection(api: Any, connect: Connect) -> None:
    body = b"x" * 100_000
    head = b"POST /races HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n"
    status, headers, _ = _answer(connect(api, head + b"\r\n" + body + LIVEZ))
    assert (status, headers["connection"]) == (405, "close")
    connection = connect(api, head + b"Expect: 100-continue\r\n\r\n")
    assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(body)
    assert _answer(connection)[0] == 405


def test_an_upgrade_is_ignored_and_its_request_answered(api: Any, connect: Connect) -> None:
    """As Java's HTTP/2 client and browsers' WebSockets start a connection."""
    for protocol in (b"h2c", b"websocket"):
        upgrade = b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n"
        connection = connect(api, upgrade % protocol)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
        connection.sendall(LIVEZ[:-2] + b"Connection: close\r\n\r\n")
        assert _answer(connection)[0] == 200


def test_slow_headers_are_a_408(serve: Any, connect: Connect) -> None:
    api = serve(request_timeout_s=1)
    connection = connect(api, b"GET /livez HTTP/1.1\r\nHost: a\r\n")
    began = time.monotonic()
    with contextlib.suppress(ConnectionError):
        while time.monotonic() < began + 10:
            connection.sendall(b"X: a\r\n")
            connection.settimeout(0.1)
            try:
                received = connection.recv(1000)
                break
            except TimeoutError:
                continue
    assert received.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 5


def test_a_slow_body_is_a_408(serve: Any, connect: Connect) -> None:
    api = serve(request_timeout_s=1)
    sent = b"POST /races HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1234"
    assert _answer(connect(api, sent))[0] == 408


def test_an_idle_connection_is_closed(serve: Any, connect: Connect) -> None:
    api = serve(request_timeout_s=1, keep_alive_s=1)
    assert _rest(connect(api)) == b""
    assert _rest(connect(api, LIVEZ)).count(b"HTTP/1.1 200 ") == 1


def test_an_unread_response_ends_a_connection(
    serve: Any, connect: Connect, eventually: Any
) -> None:
    api = serve(send_timeout_s=1)
    connect(api, LARGE * 200)
    eventually(lambda: _connections(api) == 1)
    eventually(lambda: _connections(api) == 0)


def test_a_new_connection_takes_the_place_of_one_that_waits(
    serve: Any, connect: Connect, eventually: Any
) -> None:
    api = serve(max_connections=20)
    half = [connect(api, b"GET /livez HTTP/1.1\r\nHo") for _ in range(60)]
    for _ in range(3):
        answer = connect(api, LIVEZ[:-2] + b"Connection: close\r\n\r\n")
        assert _answer(answer)[0] == 200
    eventually(lambda: _connections(api) <= 21)
    assert _rest(half[0]) == b""


def test_unread_responses_are_bounded(serve: Any, connect: Connect, eventually: Any) -> None:
    api = serve(max_unread_mb=0.5)
    for _ in range(20):
        connect(api, LARGE * 200)
    eventually(lambda: 0 < _connections(api) <= 10)
    assert api.get("/races").status_code == 200


def _connections(api: Any) -> int:
    [line] = [one for one in api.metrics.splitlines() if one.startswith("f1_api_connections ")]
    return int(float(line.split()[1]))
