"""A load from one process: keep-alive connections, each sending a request after every answer.

It uses bare sockets, because an HTTP client library in Python is slower than the measured server.
It requests the same paths in turn and checks every status.
"""

import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """The result of a load: answers a second, and the 50th, 95th and 99th percentile in ms."""

    answers_per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    bytes_each: int


class _Connection:
    def __init__(self, port: int, requests: Sequence[bytes], first: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = requests
        self._next = first
        self._received = bytearray()
        self._length: int | None = None
        self.sent_at = 0.0
        self.size = 0

    def send_request(self) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(self._requests[self._next % len(self._requests)])
        self._next += 1

    def answered(self) -> bool:
        """Read available data; returns whether an answer is complete."""
        content = self.socket.recv(1 << 18)
        if not content:
            raise ConnectionError("the server closed the connection")
        self._received += content
        if self._length is None:
            head, end, _ = self._received.partition(b"\r\n\r\n")
            if not end:
                return False
            lines = bytes(head).lower().split(b"\r\n")
            if not lines[0].startswith(b"http/1.1 200"):
                raise ConnectionError(f"answered {bytes(head[:200])!r}")
            lengths = [line for line in lines if line.startswith(b"content-length:")]
            self._length = len(head) + 4 + int(lengths[0].partition(b":")[2])
        if len(self._received) < self._length:
            return False
        self.size = self._length
        self._received.clear()
        self._length = None
        return True


def load(
    port: int,
    paths: Sequence[str],
    *,
    connections: int = 8,
    seconds: float = 3.0,
    headers: Sequence[str] = (),
) -> Load:
    """Request `paths` in turn for some seconds; the first fifth is not counted.

    Raises:
        ConnectionError: an answer other than 200.
    """
    extra = "".join(f"{header}\r\n" for header in headers)
    requests = [f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{extra}\r\n".encode() for path in paths]
    times: list[float] = []
    size = 0
    with selectors.DefaultSelector() as selector:
        opened = [_Connection(port, requests, first) for first in range(connections)]
        for connection in opened:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send_request()
        start = time.perf_counter() + seconds / 5
        end = start + seconds * 4 / 5
        now = 0.0
        while now < end:
            for key, _ in selector.select(timeout=10):
                connection = key.data
                if connection.answered():
                    now = time.perf_counter()
                    if start <= now:
                        times.append(now - connection.sent_at)
                        size = connection.size
                    connection.send_request()
        for connection in opened:
            connection.socket.close()
    times.sort()
    return Load(
        answers_per_s=len(times) / (end - start),
        p50_ms=times[len(times) // 2] * 1000,
        p95_ms=times[int(len(times) * 0.95)] * 1000,
        p99_ms=times[int(len(times) * 0.99)] * 1000,
        bytes_each=size,
    )
