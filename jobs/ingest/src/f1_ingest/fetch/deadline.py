"""A time-out for a whole exchange, which httpx does not have.

httpx limits each network operation separately, so a server that sends single bytes slowly can keep
a client forever. Here each operation (resolve a name, connect, TLS handshake, read, write) gets the
remaining time of the exchange, in every part: status line, headers, 1xx responses, chunks,
trailers or body.
"""

import math
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

_Resolved = list[str] | OSError


class Deadline:
    """The time at which the current exchange has to end."""

    def __init__(self) -> None:
        self._at = math.inf

    def start(self, seconds: float) -> None:
        """Start an exchange that may take `seconds`."""
        self._at = time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._at

    def left(self, timeout: float | None, late: type[httpcore.TimeoutException]) -> float:
        """Seconds for one operation, `timeout` at most.

        Raises:
            httpcore.TimeoutException: of the type `late`; no time is left.
        """
        left = self._at - time.monotonic()
        if left <= 0:
            raise late("the request took too long")
        return left if timeout is None else min(left, timeout)

    def bind(self, client: httpx.Client) -> None:
        """Apply this deadline to all connections of a client, including its proxies'."""
        network = _Network(self)
        for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001
            if isinstance(transport, httpx.HTTPTransport):
                # httpcore accepts a network backend as an argument, but httpx does not pass it on.
                transport._pool._network_backend = network  # noqa: SLF001


class _Stream(httpcore.NetworkStream):
    """A connection with operations that end at the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Network(httpcore.SyncBackend):
    """Tries the addresses of a host one after the other, until the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _resolve(host, port, self._deadline.left(timeout, httpcore.ConnectTimeout))
        failed: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            left = self._deadline.left(timeout, httpcore.ConnectTimeout)
            try:
                stream = super().connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return _Stream(stream, self._deadline)
        raise failed


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """A host's addresses. The system's resolver has no time-out and is not
    interrupted by signals, so it runs in a thread that ends with the resolver.

    Raises:
        httpcore.ConnectTimeout, httpcore.ConnectError: there is no response, or no address.
    """
    results: queue.SimpleQueue[_Resolved] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            results.put(OSError(str(error)))
        else:
            results.put([str(address[4][0]) for address in found])

    threading.Thread(target=resolve, name="resolver", daemon=True).start()
    try:
        result = results.get(timeout=seconds)
    except queue.Empty:
        raise httpcore.ConnectTimeout(f"{host} could not be resolved in time") from None
    if isinstance(result, OSError):
        raise httpcore.ConnectError(f"{host} could not be resolved: {result}") from result
    return result
