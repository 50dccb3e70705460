"""uvicorn's HTTP/1.1 protocol with limits. See docs/adr/0013-limits-in-the-protocol.md.

uvicorn buffers all that a client sends: headers of any size, and requests before their responses.
This protocol holds bytes back until the head (request line and headers) is complete and the
previous response is read, so that the parser has one request at a time.

Refusals by the protocol are problem details, too (RFC 9457).
"""

import asyncio
import re
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

import httptools
import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from f1_api.http import problems
from f1_api.http.limits import SEND_BYTES
from f1_api.server.connections import Connections

_END = b"\r\n\r\n"
_LINGER_S = 2.0
_LINGER_BYTES = 256 * 1024
_HOST = re.compile(rb"[A-Za-z0-9._-]{1,253}(?::\d{0,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::\d{0,5})?")
_NOT_HTTP = "the request is not HTTP/1.1 as RFC 9112 defines it"


class LimitedProtocol(HttpToolsProtocol):
    """One connection.

    Args:
        limited: all connections, and their limits.
        uvicorn: arguments of uvicorn for a protocol.
    """

    def __init__(self, limited: Connections, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._all = limited
        self._limits = limited.limits
        self._kept = b""  # received, not parsed yet
        self._body_left = 0
        self._takes_body = False
        self._refusal: tuple[int, str, str] | None = None
        self._lingers = False
        self._lingered = 0
        self._counted = False
        self._unread_before = 0
        self._hosts = 0
        self._checked_host = b""

    # --- asyncio's calls ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self._counted = self._all.add(self.loop)
        if not self._counted:
            self._refuse(503, "unavailable", "too many connections: try again in a moment")
            transport.close()
            return
        self._wait(self._limits.request_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self._kept = b""
        if self._counted:
            self._counted = False
            self._all.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """The client has sent bytes."""
        if self._lingers:
            self._lingered += len(data)
            if self._lingered > _LINGER_BYTES:
                self.transport.abort()
            return
        if self._kept:
            data = self._kept + data
        if self._answering:
            self._keep(data)
        else:
            self._take(data)

    def eof_received(self) -> None:
        """The client sends nothing more: asyncio closes the connection."""

    def pause_writing(self) -> None:
        """The client reads more slowly than responses are written."""
        super().pause_writing()
        self._all.write(self)
        self._wait_for_reader()

    def resume_writing(self) -> None:
        """The client has read most of what was written."""
        super().resume_writing()
        self._all.read(self)
        if self._counted and not self.transport.is_closing():
            self._go_on()

    # --- what Connections calls ---------------------------------------------------------------

    @property
    def unread(self) -> int:
        """Bytes of responses that the client has not read."""
        return self.transport.get_write_buffer_size()

    def expire(self) -> float | None:
        """The deadline is over: close the connection, or return a new deadline."""
        if self.unread:
            if self._unread_before - self.unread >= SEND_BYTES:
                self._unread_before = self.unread
                return self.loop.time() + self._limits.send_s
            self.transport.abort()
        elif self._lingers or self.transport.is_closing():
            self.transport.abort()
        elif self._kept or self._takes_body:
            what = "body" if self._takes_body else "headers"
            self._refuse(
                408,
                "request-timeout",
                f"the request's {what} took too long: send them without delay",
            )
        else:
            self.transport.close()
        return None

    def abort(self) -> None:
        """Close it at once."""
        self.transport.abort()

    # --- the parser's calls -------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._hosts = 0
        self._body_left = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of it."""
        name = name.lower()
        if name == b"host":
            self._hosts += 1
            if value != self._checked_host:
                self._check_host(value)
        elif name == b"content-length":
            self._body_left = int(value)
        elif name == b"expect":
            self.expect_100_continue = value.lower() == b"100-continue"
        elif name == b"transfer-encoding":
            self._refusal = (411, "length-required", "send a body with Content-Length, or none")
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The headers are complete: respond, unless a body follows."""
        if self._hosts != 1 and (self._hosts or self.parser.get_http_version() == "1.1"):
            self._refusal = (400, "bad-request", "the request needs one Host header")
        elif self._body_left > self._limits.body:
            self._refusal = (413, "content-too-large", f"send at most {self._limits.body} bytes")
        elif self._body_left:
            self._takes_body = True
            self._wait(self._limits.request_s)
            if self.expect_100_continue:
                self.expect_100_continue = False
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self._refusal is None and not self._takes_body:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Ignore the body."""

    def on_message_complete(self) -> None:
        """The request is complete."""
        if self._takes_body:
            self._takes_body = False
            super().on_headers_complete()
            # Data after a body is ignored, so proxies cannot disagree about its end.
            self.cycle.keep_alive = False
        if self._refusal is None:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """The response is written, but perhaps not read."""
        self.server_state.total_requests += 1
        if self.flow.write_paused or self.transport.is_closing():
            self._wait_for_reader()
        else:
            self._go_on()

    # ------------------------------------------------------------------------------------------

    @property
    def _answering(self) -> bool:
        """Whether a response is unfinished or not read; new bytes are held back."""
        cycle: Any = self.cycle  # None before the first request
        return cycle is not None and (not cycle.response_complete or self.flow.write_paused)

    def _go_on(self) -> None:
        """Parse the bytes that were held back during the response."""
        if self._answering:
            self._all.work(self)
            return
        kept, self._kept = self._kept, b""
        self._wait(self._limits.keep_alive_s)
        if kept:
            self._take(kept)
        if not self._answering:
            self.flow.resume_reading()

    def _take(self, data: bytes) -> None:
        """Parse one request at most, and hold the rest back."""
        while data:
            if self._takes_body:
                size = self._body_left
                self._body_left = max(0, size - len(data))
            else:
                size = self._head_size(data)
                if not size:
                    return
            part, data = (data, b"") if size >= len(data) else (data[:size], data[size:])
            if not self._parse(part):
                return
            if self._answering:
                self._all.work(self)
                if data:
                    self._keep(data)
                return
        self._kept = b""

    def _head_size(self, data: bytes) -> int:
        """The size of the head at the start of `data`; 0: refused or incomplete."""
        limits = self._limits
        end = data.find(_END)
        if end == 0:
            self._refuse(400, "bad-request", _NOT_HTTP)
            return 0
        size = end + len(_END) if end >= 0 else 0
        if (size or len(data)) > limits.line and not self._fits(data[:size] if size else data):
            return 0
        if data.count(b"\r\n", 0, size or len(data)) > limits.headers + 3:
            self._refuse(431, "headers-too-large", f"send at most {limits.headers} headers")
            return 0
        if not size:
            if not self._kept:  # first bytes of a request
                self._wait(limits.request_s)
            self._kept = data
        return size

    def _fits(self, head: bytes) -> bool:
        """Whether a head and its lines are within the limits; refuses it otherwise."""
        limits = self._limits
        first, *lines = head.split(b"\r\n")
        if len(first) > limits.line:
            self._refuse(
                414, "uri-too-long", f"write an address of at most {limits.line - 16} bytes"
            )
        elif len(head) > limits.head or any(len(line) > limits.line for line in lines):
            self._refuse(
                431,
                "headers-too-large",
                f"send headers of at most {limits.line} bytes each and {limits.head} in all",
            )
        else:
            return True
        return False

    def _keep(self, data: bytes) -> None:
        """Hold bytes back, and stop reading."""
        self._kept = data
        self.flow.pause_reading()

    def _parse(self, data: bytes) -> bool:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # RFC 9110 allows to ignore the upgrade and to respond.
            self.parser = httptools.HttpRequestParser(self)
        except httptools.HttpParserError:
            if self._refusal is None:
                self._refusal = (400, "bad-request", _NOT_HTTP)
        if self._refusal is not None:
            self._refuse(*self._refusal)
            return False
        return True

    def _check_host(self, value: bytes) -> None:
        if _HOST.fullmatch(value):
            self._checked_host = value
        else:
            self._refusal = (400, "bad-request", "the Host header is not a host name or address")

    def _wait(self, seconds: float) -> None:
        self._all.wait(self, self.loop.time() + seconds)

    def _wait_for_reader(self) -> None:
        self._unread_before = self.unread
        self._wait(self._limits.send_s)

    def _refuse(self, status: int, kind: str, detail: str) -> None:
        """Respond with a problem and close the connection.

        It reads on for a moment: a client that still sends would otherwise lose the response (RFC
        9112, section 9.6).
        """
        self._kept = b""
        self._all.refused(status)
        body = msgspec.json.encode(problems.details(kind, status, detail))
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
            f"date: {formatdate(usegmt=True)}\r\n"
            f"content-type: {problems.MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\n"
            "cache-control: no-store\r\n"
            "x-content-type-options: nosniff\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        if self._counted and self.transport.can_write_eof():
            self._lingers = True
            self.transport.write_eof()
            self.flow.resume_reading()
            self._wait(_LINGER_S)
        else:
            self.transport.close()
