"""Faults of responses, and when they occur."""

import random
import threading
from collections import deque
from dataclasses import dataclass, field

KINDS = {
    "403": "refused permanently, with HTML",
    "429": "throttled, though within the limits",
    "500": "an error of the service, with HTML",
    "502": "a bad gateway, with HTML",
    "504": "a gateway time-out, with HTML",
    "521": "the proxy reports that the service is down, with HTML",
    "html": "200 with an HTML page",
    "garbage": "200 with bytes that are not JSON",
    "truncated": "200, with the connection closed after half of the body",
    "cut": "200 with half the JSON, and a matching length",
    "empty": "200 with a total of 0",
    "wrong-page": "200 with the first page, whatever page was requested",
    "slow": "the correct response, after `slow_s` seconds",
    "time-out": "no response for `time_out_s` seconds, then the connection is closed",
    "drop": "the connection is closed without a response",
}
"""Each kind of fault, and what the client receives."""


@dataclass
class _Scripted:
    kind: str
    path: str
    times: int


@dataclass
class Faults:
    """Selects the faults of requests: first those of the script, then a share of the others.

    Attributes:
        rates: by kind, the share of requests with this fault, 0 to 1.
        outage: a fault of every request, while it is set.
        slow_s, time_out_s: duration of `slow` and `time-out`.
    """

    rates: dict[str, float] = field(default_factory=dict)
    outage: str | None = None
    slow_s: float = 0.5
    time_out_s: float = 30.0
    seed: int = 1

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - reproducible
        self._script: deque[_Scripted] = deque()
        self._lock = threading.Lock()

    def script(self, *kinds: str, path: str = "", times: int = 1) -> None:
        """Add these faults, in this order, for the next requests whose path contains `path`.

        Args:
            kinds: of :data:`KINDS`, or `ok` for a correct response in between.
            times: number of times for each.

        Raises:
            ValueError: there is no such kind.
        """
        for kind in kinds:
            if kind not in {*KINDS, "ok"}:
                raise ValueError(f"there is no fault {kind!r}; there are {', '.join(KINDS)}")
        with self._lock:
            self._script.extend(_Scripted(kind, path, times) for kind in kinds)

    @property
    def pending(self) -> int:
        """Number of entries left in the script."""
        with self._lock:
            return len(self._script)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._script.clear()
            self.rates, self.outage = {}, None

    def draw(self, path: str) -> str | None:
        """The fault of the next request, which is to `path`."""
        with self._lock:
            if self.outage is not None:
                return self.outage
            for scripted in self._script:
                if scripted.path in path:
                    scripted.times -= 1
                    if scripted.times == 0:
                        self._script.remove(scripted)
                    return None if scripted.kind == "ok" else scripted.kind
            chance = self._random.random()
            for kind, rate in self.rates.items():
                if chance < rate:
                    return kind
                chance -= rate
            return None
