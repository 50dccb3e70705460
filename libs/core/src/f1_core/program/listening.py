"""Listening sockets for IPv4 and IPv6."""

import errno
import socket
from typing import Any

from f1_core.errors import F1Error

ANY = "::"
"""Every address of this machine, IPv6 and IPv4 if both exist."""

_NO_IPV6 = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT}


def listen(host: str, port: int, *, backlog: int = 2048) -> socket.socket:
    """Listen at an address of either family.

    Args:
        host: an address or a name; `::` accepts connections over IPv4, too, and means `0.0.0.0`
            without IPv6.
        port: 0 selects a free one.
        backlog: connections that wait to be accepted.

    Raises:
        F1Error: the address is not this machine's, or the port is in use.
    """
    try:
        if host == ANY:
            return _any(port, backlog)
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=backlog)
    except OSError as error:
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        raise F1Error(f"cannot listen at {where}: {error.strerror or error}") from error


def _any(port: int, backlog: int) -> socket.socket:
    try:
        return socket.create_server(
            (ANY, port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=backlog
        )
    except OSError as error:
        if error.errno not in _NO_IPV6:
            raise
    return socket.create_server(("0.0.0.0", port), backlog=backlog)  # noqa: S104 - as requested


class ListeningServer:
    """A mixin before a server of socketserver: makes it listen with :func:`listen`."""

    socket: Any
    server_address: Any
    server_name: Any
    server_port: Any

    def server_bind(self) -> None:
        """Listen."""
        host, port = self.server_address[:2]
        self.socket.close()
        self.socket = listen(host, port)
        self.server_name, self.server_port = self.socket.getsockname()[:2]
        self.server_address = (self.server_name, self.server_port)
        if hasattr(self, "setup_environ"):
            self.setup_environ()

    def server_activate(self) -> None:
        """Do nothing, since it already listens."""
