"""Limits of the protocol: sizes, times and connections."""

from typing import NamedTuple

SEND_BYTES = 16 * 1024
"""Bytes of a waiting response that a client must read within `send_s`."""
_MB = 1024 * 1024


class HttpLimits(NamedTuple):
    """Sizes in bytes and times in seconds. The defaults are those of nginx, if it has one.

    Attributes:
        line: size of the request line, and of each header.
        head: size of the request line and all headers.
        headers: number of headers.
        body: size of a request's body, which is read and ignored.
        request_s: from a request's first byte to the end of its headers; again for its body.
        send_s: for the client to read `SEND_BYTES` of a waiting response, or the rest of it.
        keep_alive_s: from a response to the first byte of the next request.
        connections: their number.
        unread: size of all responses that clients have not read.
    """

    line: int = 8 * 1024
    head: int = 32 * 1024
    headers: int = 100
    body: int = _MB
    request_s: float = 60.0
    send_s: float = 60.0
    keep_alive_s: float = 75.0
    connections: int = 1000
    unread: int = 64 * _MB
