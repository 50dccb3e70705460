"""Every request that the stand-in got, for tests to count."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import overload

import msgspec

from f1_devkit.servers.jolpica.limits import most_in_a_window


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request and what became of it.

    Attributes:
        at: when it came in, seconds of the monotonic clock.
        status: that it was answered with; 0: the connection was closed without an answer.
        fault: the fault that it met, if any.
        service: jolpica, dumps, storage or openf1.
        authorization: whether it carried a token.
    """

    at: float
    path: str
    query: dict[str, str]
    status: int
    fault: str | None = None
    service: str = "jolpica"
    user_agent: str = ""
    authorization: bool = False

    @property
    def url(self) -> str:
        """Path and query, as one."""
        asked = "&".join(f"{name}={value}" for name, value in sorted(self.query.items()))
        return f"{self.path}?{asked}" if asked else self.path


class RequestLog:
    """The requests in the order of their answers; safe to read while it grows."""

    def __init__(self) -> None:
        self._requests: list[Request] = []
        self._grown = threading.Condition()

    def add(self, request: Request) -> None:
        """Note a request."""
        with self._grown:
            self._requests.append(request)
            self._grown.notify_all()

    def wait(self, count: int, timeout: float = 30.0) -> bool:
        """Wait until there are `count` requests; False if there are not in `timeout` seconds."""
        with self._grown:
            return self._grown.wait_for(lambda: len(self._requests) >= count, timeout)

    def clear(self) -> None:
        """Forget all."""
        with self._grown:
            self._requests.clear()

    def count(self, path: str = "", status: int | None = None) -> int:
        """How many there were, to a path that contains `path`, with an answer of `status`."""
        return sum(
            1 for request in self if path in request.path and status in (None, request.status)
        )

    def statuses(self) -> Counter[int]:
        """How many there were of each status."""
        return Counter(request.status for request in self)

    def most_in(self, seconds: float, service: str = "jolpica") -> int:
        """The most requests in any window of so many seconds, those refused with 429 included."""
        moments = (request.at for request in self if request.service == service)
        return most_in_a_window(moments, seconds)

    def __iter__(self) -> Iterator[Request]:
        with self._grown:
            return iter(list(self._requests))

    def __len__(self) -> int:
        return len(self._requests)

    @overload
    def __getitem__(self, index: int) -> Request: ...
    @overload
    def __getitem__(self, index: slice) -> list[Request]: ...
    def __getitem__(self, index: int | slice) -> Request | list[Request]:
        return list(self)[index]


def now() -> float:
    """The clock of :attr:`Request.at`."""
    return time.monotonic()
