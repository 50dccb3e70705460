"""A TCP server that sends any bytes of a test: slow bodies, zip bombs, broken protocol."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Self

from f1_devkit.servers.ports import LOOPBACK

Answer = Callable[[str], Iterable[bytes]]
"""From a request's target, `/ergast/f1/2024/races.json?limit=100`, to the pieces to send."""


class HostileSource:
    """Sends the pieces of a response one by one, `pause_s` apart, then closes the connection.

    Attributes:
        targets: of the requests so far.
        open: connections that the client has not closed.
    """

    def __init__(self, answer: Answer, *, pause_s: float = 0.0, silent: bool = False) -> None:
        """With `silent`, connections are accepted and no byte is read or sent."""
        self.targets: list[str] = []
        self.open = 0
        self._answer = answer
        self._silent = silent
        self._pause_s = pause_s
        self._ended = threading.Event()
        self._server = socket.create_server((LOOPBACK, 0), backlog=64)
        self._server.settimeout(0.05)
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{LOOPBACK}:{self._server.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(timeout=10)
        self._server.close()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._server.accept()
            except TimeoutError:
                continue
            connection.settimeout(60)
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        self.open += 1
        try:
            with connection, contextlib.suppress(OSError):
                if self._silent:
                    self._ended.wait(60)
                    return
                head = b""
                while b"\r\n\r\n" not in head:
                    if not (piece := connection.recv(65536)):
                        return
                    head += piece
                target = head.split(b" ", 2)[1].decode("latin-1")
                self.targets.append(target)
                for piece in self._answer(target):
                    connection.sendall(piece)
                    if self._ended.wait(self._pause_s):
                        return
        finally:
            self.open -= 1


def whole_response(body: bytes, *headers: str, status: str = "200 OK") -> list[bytes]:
    """A whole response with these headers, in one piece."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close"]
    return ["\r\n".join([*lines, "", ""]).encode() + body]
