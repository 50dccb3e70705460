"""Clients of the API that send too much, or too slowly, or do not read."""

import contextlib
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.client import HTTPResponse
from typing import Any

import pytest

from f1_devkit.servers.ports import LOOPBACK

Attack = Callable[..., AbstractContextManager[object]]
LIVEZ = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
MB = 1024 * 1024


@contextlib.contextmanager
def _connections(port: int, number: int, sent: bytes = b"") -> Iterator[list[socket.socket]]:
    """Connections that have sent `sent`, including those that the server has closed."""
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(number):
            connection = socket.create_connection((LOOPBACK, port), timeout=2)
            opened.append(stack.enter_context(connection))
            with contextlib.suppress(OSError):
                connection.sendall(sent)
        yield opened


def _send(connection: socket.socket, part: bytes, times: int) -> None:
    """Send `part` repeatedly, or until the server accepts no more."""
    with contextlib.suppress(OSError):
        for _ in range(times):
            connection.sendall(part)


def _status(connection: socket.socket, request: bytes) -> int:
    """Send one request and read the whole answer; returns its status."""
    connection.sendall(request)
    answer = HTTPResponse(connection)
    answer.begin()
    answer.read()
    return answer.status


def _answers(url: str, path: str = "/races") -> float:
    """The seconds that another client waits for an answer."""
    began = time.monotonic()
    with urllib.request.urlopen(url + path, timeout=30) as answer:
        answer.read()
    return time.monotonic() - began


def test_20_mb_of_requests_on_one_connection(api: Any, attack: Attack) -> None:
    with attack(api.child.pid, most_mb=30), _connections(api.port, 1) as (connection,):
        _send(connection, LIVEZ * 32_768, 20)
        assert _answers(api.url) < 30


@pytest.mark.parametrize("megabytes", [40, 400])
def test_headers_on_one_connection(api: Any, attack: Attack, megabytes: int) -> None:
    name = f"{megabytes} MB of headers on one connection"
    with attack(api.child.pid, most_mb=20, name=name), _connections(api.port, 1) as (connection,):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        _send(connection, b"X-A: " + b"a" * MB + b"\r\n", megabytes)
        assert _answers(api.url) < 30


def test_one_header_of_40_mb(api: Any, attack: Attack) -> None:
    with attack(api.child.pid, most_mb=20), _connections(api.port, 1) as (connection,):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: ")
        _send(connection, b"a" * MB, 40)
        assert _answers(api.url) < 30


def test_a_body_of_400_mb(api: Any, attack: Attack) -> None:
    with attack(api.child.pid, most_mb=20), _connections(api.port, 1) as (connection,):
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 400000000\r\n\r\n")
        _send(connection, b"a" * MB, 400)
        assert _answers(api.url) < 30


def test_10000_half_sent_requests(api: Any, attack: Attack) -> None:
    """Others can connect although the attacker opens more connections than the limit."""
    half = b"GET /livez HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 7_000
    with attack(api.child.pid, most_mb=60):
        for _ in range(10):
            with _connections(api.port, 1_000, half):
                assert _answers(api.url) < 30


def test_200_slow_readers_of_large_answers(api: Any, attack: Attack) -> None:
    request = b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 50
    with attack(api.child.pid, most_mb=150), _connections(api.port, 200, request):
        assert _answers(api.url) < 30


def test_200_connections_that_pipeline_requests(api: Any, attack: Attack) -> None:
    """The data that each may send before it is answered is also limited."""
    with attack(api.child.pid, most_mb=150), _connections(api.port, 200) as opened:
        for connection in opened:
            connection.settimeout(0.02)
            _send(connection, LIVEZ * 8_000, 1)
        assert _answers(api.url) < 30


def test_headers_that_caches_are_keyed_by(api: Any, attack: Attack) -> None:
    with attack(api.child.pid, most_mb=30), _connections(api.port, 1) as (connection,):
        for number in range(2_000):
            accept = b"text/csv;x=%d" % number + b"a" * 7_900
            request = b"GET /livez HTTP/1.1\r\nHost: a\r\nAccept: %s\r\n\r\n" % accept
            assert _status(connection, request) == 200


def test_distinct_answers_do_not_exceed_the_cache(start_api: Any, attack: Attack) -> None:
    api = start_api(F1_API_CACHE_MB="16")
    path = "/races?season=2024&limit=1&" + "&" * 7_000
    with attack(api.child.pid, most_mb=60), _connections(api.port, 1) as (connection,):
        for number in range(1_000):
            address = path + "&" * (number % 900) + "format=csv" + "&" * (number // 900)
            request = f"GET {address} HTTP/1.1\r\nHost: a\r\n\r\n"
            assert _status(connection, request.encode()) == 200


def test_addresses_that_take_long(api: Any, attack: Attack) -> None:
    paths = (
        "/docs=" * 1_300,
        "/races" + "/" * 7_900 + "x",
        "/docs/" * 1_300,
        "/races/" + "-" * 7_900,
    )
    with attack(api.child.pid, most_mb=20), _connections(api.port, 1) as (connection,):
        began = time.monotonic()
        for path in paths * 5:
            request = f"GET {path} HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n"
            assert _status(connection, request.encode()) in (200, 404)
        assert time.monotonic() - began < 10


def test_the_documentation_1000_times(api: Any, attack: Attack) -> None:
    with attack(api.child.pid, most_mb=60), _connections(api.port, 1) as (connection,):
        began = time.monotonic()
        for _ in range(500):
            for path in (b"/docs", b"/openapi.json"):
                head = b"GET %s HTTP/1.1\r\nHost: a\r\n" % path
                assert _status(connection, head + b"Accept-Encoding: gzip\r\n\r\n") == 200
        assert time.monotonic() - began < 10


def test_datasets_by_many_at_once(start_api: Any, attack: Attack) -> None:
    api = start_api(F1_API_CACHE_MB="0")
    request = b"GET /seasons/2024/datasets/lap_times.parquet HTTP/1.1\r\nHost: a\r\n\r\n"
    with attack(api.child.pid, most_mb=250), _connections(api.port, 100, request) as opened:
        for connection in opened:
            connection.settimeout(60)
            assert connection.recv(100)[9:12] in (b"200", b"503")
