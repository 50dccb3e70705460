"""Free ports on the loopback address."""

import random
import socket

from f1_core.errors import F1Error

LOOPBACK = "127.0.0.1"
_LOWEST, _HIGHEST = 15_000, 32_000


def free_port() -> int:
    """A port on which no process listens.

    It is below the range of ports for outgoing connections. So a restarted server finds its port
    free, and a client that retries until then cannot connect to itself, as loopback connections to
    a port of that range sometimes do.

    Raises:
        F1Error: none was found.
    """
    for _ in range(100):
        port = random.randrange(_LOWEST, _HIGHEST)  # noqa: S311 - not a secret
        if is_free(port):
            return port
    raise F1Error(f"no free port was found between {_LOWEST} and {_HIGHEST}")


def is_free(port: int) -> bool:
    """Whether a server could listen on a port now."""
    with socket.socket() as probe:
        # Like the servers, accept a port in TIME_WAIT.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
