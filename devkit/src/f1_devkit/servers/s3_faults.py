"""A proxy in front of an S3 server with faults: status 500, delays, lost responses."""

import http.client
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from f1_devkit.servers.http_thread import Handler, HttpThread
from f1_devkit.servers.ports import LOOPBACK

_ERROR = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>InternalError</Code>'
    b"<Message>We encountered an internal error. Please try again.</Message></Error>"
)
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "expect", "content-length"}


@dataclass
class S3Faults:
    """Shares of requests (0 to 1) with a fault, for requests with a method in `methods`.

    Attributes:
        error: the response is 500 (or `error_status`), without a request to the server.
        slow: delayed by `delay_s` seconds.
        lost: carried out, but the connection is closed without a response.
        down: every request's connection is closed.
        counts: number of requests by fault, including `passed`.
    """

    error: float = 0.0
    error_status: int = 500
    slow: float = 0.0
    delay_s: float = 0.5
    lost: float = 0.0
    down: bool = False
    methods: frozenset[str] = frozenset({"GET", "PUT", "HEAD", "POST", "DELETE"})
    seed: int = 1
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - reproducible
        self._lock = threading.Lock()

    def draw(self, method: str) -> str:
        """The fault of the next request."""
        with self._lock:
            chance = self._random.random()
            kind = "passed"
            if self.down:
                kind = "down"
            elif method in self.methods:
                for name in ("error", "lost", "slow"):
                    share: float = getattr(self, name)
                    if chance < share:
                        kind = name
                        break
                    chance -= share
            self.counts[kind] += 1
        return kind


class S3FaultProxy(HttpThread):
    """The proxy: use its `endpoint` instead of the server's; `faults` can be changed at any time.

    Signatures stay valid, since they are for the Host header, which is forwarded unchanged.
    """

    def __init__(self, upstream_port: int, faults: S3Faults | None = None) -> None:
        """Prepare a proxy to the S3 server on a loopback port."""
        self.faults = faults or S3Faults()
        proxy = self

        class ProxyHandler(Handler):
            def handle_method(self) -> None:
                proxy._pass(self, upstream_port)

            do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = handle_method  # noqa: N815

        super().__init__(ProxyHandler)

    @property
    def endpoint(self) -> str:
        """The address to give to clients."""
        return self.address

    def _pass(self, request: Handler, upstream_port: int) -> None:
        body = _read_body(request)
        kind = self.faults.draw(request.command)
        if kind == "error":
            request.answer(self.faults.error_status, {"Content-Type": "application/xml"}, _ERROR)
            return
        if kind == "slow":
            time.sleep(self.faults.delay_s)
        answer = None if kind == "down" else _forward(request, body, upstream_port)
        if answer is None or kind == "lost":
            request.drop()
        else:
            request.answer(*answer)


def _forward(
    request: Handler, body: bytes, upstream_port: int
) -> tuple[int, dict[str, str], bytes] | None:
    """The server's response; None if there was none."""
    upstream = http.client.HTTPConnection(LOOPBACK, upstream_port, timeout=60)
    try:
        upstream.putrequest(
            request.command, request.path, skip_host=True, skip_accept_encoding=True
        )
        for name, value in request.headers.items():
            if name.lower() not in _HOP_BY_HOP:
                upstream.putheader(name, value)
        if body or request.command in ("PUT", "POST"):
            upstream.putheader("Content-Length", str(len(body)))
        upstream.endheaders(body)
        response = upstream.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        upstream.close()
    # The response to HEAD has the length of an absent body.
    dropped = _HOP_BY_HOP - ({"content-length"} if request.command == "HEAD" else set())
    kept = {name: value for name, value in response.getheaders() if name.lower() not in dropped}
    return response.status, kept, content


def _read_body(request: Handler) -> bytes:
    if request.headers.get("Transfer-Encoding", "").lower() != "chunked":
        return request.rfile.read(int(request.headers.get("Content-Length", 0)))
    parts = []
    while size := int(request.rfile.readline().split(b";")[0], 16):
        parts.append(request.rfile.read(size))
        request.rfile.readline()
    while request.rfile.readline() not in (b"\r\n", b""):
        pass
    return b"".join(parts)
