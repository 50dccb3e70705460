"""Requests of callers with a rate limit, counted over all processes of the API.

Postgres has one row for each caller: the end of its window, and the number of leased requests. A
process leases a quarter of the remaining requests at once and spends them without further queries,
so a window costs a few dozen statements, and the last requests are leased one by one. Each second a
process returns those that it is unlikely to need. No request is leased twice, so all processes
together never exceed a limit; a killed process loses its leases. See
docs/adr/0009-limits-by-lease.md.

Windows begin and end by the clock of Postgres. A process counts the seconds from before its query,
by its monotonic clock, so that it ends a window early rather than late. Everything except
:class:`Counts` runs in the event loop's thread.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from anyio import CapacityLimiter, to_thread

from f1_api.auth.rate_limits import Limit, LimitStatus
from f1_api.http.problems import Unavailable
from f1_api.postgres.pool import Pool
from f1_core.program.supervision import FAILURES

log = structlog.get_logger()

_BEAT_S = 1.0
"""Interval to return unused requests; "none left" is cached as long."""
_BEATS_TO_FORGET = 60
_MOST_LEASES = 10_000
"""Most callers with a lease; beyond it, the least recent one is dropped."""
_SHARE = 4


class Taken(NamedTuple):
    """A lease of `number` requests of the window that ends in `left_s`.

    `total` is the number leased to all processes.
    """

    number: int
    total: int
    ends_at: datetime
    left_s: float


class Unspent(NamedTuple):
    """Requests that a process returns."""

    subject: str
    ends_at: datetime
    number: int


class Counts:
    """The rows in Postgres. Calls block and may be in any thread."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def take(self, subject: str, limit: Limit, at_least: int) -> Taken:
        """Lease some of the remaining requests, `at_least` if there are so many.

        Raises:
            Unavailable: the database is unavailable.
        """
        with self._pool.transaction() as transaction:
            row = transaction.row("lock_quota", {"subject": subject})
            assert row is not None
            ends_at, taken, now = row
            left_s = (ends_at - now).total_seconds()
            # Longer than a window: the limit or the clock has changed.
            if not 0 < left_s <= limit.window_s:
                ends_at, taken, left_s = now + timedelta(seconds=limit.window_s), 0, limit.window_s
            rest = max(0, limit.requests - taken)
            number = min(rest, max(at_least, math.ceil(rest / _SHARE)))
            total = taken + number
            transaction.row("set_quota", {"subject": subject, "ends_at": ends_at, "taken": total})
        return Taken(number, total, ends_at, left_s)

    def give_back(self, unspent: Iterable[Unspent]) -> None:
        """Return unspent requests.

        Raises:
            Unavailable: the database is unavailable.
        """
        subjects, windows, numbers = zip(*unspent, strict=True)
        columns = {"subjects": list(subjects), "windows": list(windows), "numbers": list(numbers)}
        with self._pool.transaction() as transaction:
            transaction.rows("give_back_quotas", columns)

    def delete_ended(self) -> None:
        """Delete rows of ended windows.

        Raises:
            Unavailable: the database is unavailable.
        """
        with self._pool.transaction() as transaction:
            transaction.rows("delete_ended_quotas")


class _Lease:
    """The leased requests of a caller in this process."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.taken: Taken | None = None
        self.left = 0
        self.spent_lately = 0
        self.waiting = 0
        self.lock = asyncio.Lock()
        self._ends = 0.0
        self._none_left_until = 0.0

    def spend(self) -> bool:
        """Spend one request; False: there is none."""
        if self.left == 0 or self.over:
            return False
        self.left -= 1
        self.spent_lately += 1
        return True

    def fill(self, taken: Taken, queried_at: float) -> None:
        """Add a lease; `queried_at` is the time of its query by the monotonic clock."""
        same = self.taken is not None and self.taken.ends_at == taken.ends_at
        self.left = taken.number + (self.left if same else 0)
        self.taken = taken
        self._ends = queried_at + taken.left_s
        self._none_left_until = min(self._ends, queried_at + _BEAT_S) if self.left == 0 else 0.0

    @property
    def over(self) -> bool:
        """Whether the window has ended."""
        return time.monotonic() >= self._ends

    @property
    def none_left(self) -> bool:
        """Whether Postgres had none left a moment ago."""
        return time.monotonic() < self._none_left_until

    def unspent(self, subject: str, keep: int) -> Unspent | None:
        """Remove and return the requests beyond `keep`."""
        number = self.left - keep
        if number <= 0 or self.taken is None or self.over:
            return None
        self.left -= number
        self.taken = self.taken._replace(total=self.taken.total - number)
        return Unspent(subject, self.taken.ends_at, number)

    def status(self, policy: str, *, refused: bool) -> LimitStatus:
        """The status of the rate limit, for the response."""
        total = self.taken.total if self.taken else 0
        remaining = max(0, self.limit.requests - total + self.left)
        reset_s = max(0.0, self._ends - time.monotonic())
        return LimitStatus(policy, self.limit, 0 if refused else remaining, reset_s, refused)


class Quotas:
    """Counts requests of callers with a rate limit.

    Args:
        wait_s: time-out of a request for the database.
    """

    def __init__(self, counts: Counts, *, wait_s: float) -> None:
        self._counts = counts
        self._wait_s = wait_s
        self._leases: dict[str, _Lease] = {}
        self._threads = CapacityLimiter(4)

    async def spend(self, policy: str, caller: str, limit: Limit) -> LimitStatus:
        """Count a request of a caller; `policy` and `caller` identify it in all processes.

        Raises:
            Unavailable: there is no lease, and the database is unavailable.
        """
        subject = f"{policy}/{caller}"
        lease = self._leases.pop(subject, None)
        if lease is not None and lease.limit == limit:
            self._leases[subject] = lease  # the most recent is the last
        else:
            before, lease = lease, _Lease(limit)
            self._leases[subject] = lease
            self._drop_oldest()
            if before is not None and (unspent := before.unspent(subject, keep=0)):
                async with lease.lock:  # do not refuse requests until it is done
                    await to_thread.run_sync(
                        self._counts.give_back, [unspent], limiter=self._threads
                    )
        refused = not (lease.spend() or await self._wait(lease, subject))
        return lease.status(policy, refused=refused)

    def _drop_oldest(self) -> None:
        """Bound the memory for leases.

        Requests of a dropped lease are lost until the window ends, as those of a killed process.
        """
        if len(self._leases) > _MOST_LEASES:
            idle = (subject for subject, lease in self._leases.items() if not lease.waiting)
            if (oldest := next(idle, None)) is not None:
                del self._leases[oldest]

    async def run(self) -> None:
        """Return requests that are not needed, once a second, until cancelled."""
        beats = 0
        while True:
            await asyncio.sleep(_BEAT_S)
            beats += 1
            try:
                await self._give_back(all_of_it=False)
                if beats % _BEATS_TO_FORGET == 0 and self._leases:
                    await to_thread.run_sync(self._counts.delete_ended, limiter=self._threads)
            except Unavailable:
                pass  # the pool has logged it
            except Exception:
                FAILURES.labels("quotas").inc()
                log.exception("could not return unused requests, retrying")

    async def stop(self) -> None:
        """Return all unspent requests."""
        with contextlib.suppress(Unavailable):
            await self._give_back(all_of_it=True)

    async def _wait(self, lease: _Lease, subject: str) -> bool:
        """Lease and spend one request; False: there is none.

        Raises:
            Unavailable: the database does not respond in time.
        """
        lease.waiting += 1
        try:
            async with asyncio.timeout(self._wait_s), lease.lock:
                while not lease.spend():  # other waiting requests may have leased some
                    if lease.none_left:
                        return False
                    queried_at = time.monotonic()
                    taken = await to_thread.run_sync(
                        self._counts.take,
                        *(subject, lease.limit, lease.waiting),
                        abandon_on_cancel=True,  # requests leased then are lost, not counted twice
                        limiter=self._threads,
                    )
                    lease.fill(taken, queried_at)
                return True
        except TimeoutError as error:
            raise Unavailable(
                "requests of this client cannot be counted: the database does not respond",
                retry_after_s=5,
            ) from error
        finally:
            lease.waiting -= 1

    async def _give_back(self, *, all_of_it: bool) -> None:
        unspent = []
        for subject, lease in list(self._leases.items()):
            if lease.over and not lease.waiting:
                del self._leases[subject]
                continue
            keep = 0 if all_of_it else lease.spent_lately
            lease.spent_lately = 0
            if (given := lease.unspent(subject, keep)) is not None:
                unspent.append(given)
        if unspent:
            await to_thread.run_sync(self._counts.give_back, unspent, limiter=self._threads)
