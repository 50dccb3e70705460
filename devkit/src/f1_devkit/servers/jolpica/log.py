"""The log of all requests to the stand-in, for tests."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import overload

import msgspec

from f1_devkit.servers.jolpica.limits import most_in_a_window


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its result.

    Attributes:
        at: time of arrival, in seconds of the monotonic clock.
        status: of the response; 0: the connection was closed without one.
        fault: its fault, if any.
        service: jolpica, dumps, storage or openf1.
        authorization: whether it had a token.
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
        """Path and query together."""
        query = "&".join(f"{name}={value}" for name, value in sorted(self.query.items()))
        return f"{self.path}?{query}" if query else self.path


class RequestLog:
    """The requests in the order of their responses; safe to read while it grows."""

    def __init__(self) -> None:
        self._requests: list[Request] = []
        self._grown = threading.Condition()

    def add(self, request: Request) -> None:
        """Add a request."""
        with self._grown:
            self._requests.append(request)
            self._grown.notify_all()

    def wait(self, count: int, timeout: float = 30.0) -> bool:
        """Wait until there are `count` requests; False if there are not in `timeout` seconds."""
        with self._grown:
            return self._grown.wait_for(lambda: len(self._requests) >= count, timeout)

    def clear(self) -> None:
        """Remove all requests."""
        with self._grown:
            self._requests.clear()

    def count(self, path: str = "", status: int | None = None) -> int:
        """Number of requests to a path that contains `path`, with this `status`."""
        return sum(
            1 for request in self if path in request.path and status in (None, request.status)
        )

    def statuses(self) -> Counter[int]:
        """Number of requests by status."""
        return Counter(request.status for request in self)

    def most_in(self, seconds: float, service: str = "jolpica") -> int:
        """The maximum number of requests in any window of `seconds`, including those with 429."""
        times = (request.at for request in self if request.service == service)
        return most_in_a_window(times, seconds)

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
