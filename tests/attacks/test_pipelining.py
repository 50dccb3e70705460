"""One connection that sends more requests than it reads answers."""

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from f1_local.ports import LOOPBACK

Attack = Callable[..., AbstractContextManager[object]]


def test_20_mb_of_requests_on_one_connection(api: Any, attack: Attack) -> None:
    requests = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n" * 32_768
    with (
        attack(api.child.pid, most_mb=30),
        socket.create_connection((LOOPBACK, api.port), timeout=2) as connection,
    ):
        try:
            for _ in range(20):
                connection.sendall(requests)
        except TimeoutError:
            pass  # the server reads no further until the answers are read
