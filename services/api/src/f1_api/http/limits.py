"""Limits of the protocol: sizes, times and connections."""

from typing import NamedTuple

SEND_BYTES = 16 * 1024
"""What a client reads at least, within `send_s`, of an answer that waits."""
_MB = 1024 * 1024


class HttpLimits(NamedTuple):
    """Sizes in bytes and times in seconds; the defaults are nginx's, where it has one.

    Attributes:
        line: the request line, and each header.
        head: the request line and all headers together.
        headers: number of headers.
        body: a request's body, which is read and thrown away: no address takes one.
        request_s: from a request's first byte to the end of its headers, and again of its body.
        send_s: in this time the client reads `SEND_BYTES` of an answer that waits, or all of it.
        keep_alive_s: between an answer and the first byte of the next request.
        connections: at the same time.
        unread: answers of all connections that their clients have not read.
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
