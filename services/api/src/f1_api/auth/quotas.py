"""What callers have used of their limits, counted over all processes of the API together.

Postgres has one row a caller: when its window ends, and how many requests of it were handed out.
A process takes some at once, a quarter of what is left, and spends them without asking again; so a
window costs a few dozen statements, however many requests it has, and the last ones are handed out
one by one. Each second a process gives back what it will hardly need. Nothing is handed out twice:
all processes together never exceed a limit; killed ones lose what they had taken. See
docs/adr/0009-limits-by-lease.md.

Windows begin and end by Postgres' clock. A process counts the seconds from before it asked, by its
monotonic clock, so that it stops early rather than late. All but :class:`Counts` runs in the event
loop's thread.
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

from f1_api.auth.rate_limits import Limit, Standing
from f1_api.http.problems import Unavailable
from f1_api.postgres.pool import Pool
from f1_core.program.supervision import FAILURES

log = structlog.get_logger()

_BEAT_S = 1.0
"""How often unused requests are given back, and how long "there are none left" is believed."""
_BEATS_TO_FORGET = 60
_MOST_LEASES = 10_000
"""Callers whose leases are kept. Beyond it, the lease of the caller seen longest ago is dropped."""
_SHARE = 4


class Taken(NamedTuple):
    """Requests that a process was handed: `number` of the window that ends in `left_s`.

    `total` is how many were handed out to all processes.
    """

    number: int
    total: int
    ends_at: datetime
    left_s: float


class Unspent(NamedTuple):
    """Requests that a process gives back."""

    subject: str
    ends_at: datetime
    number: int


class Counts:
    """The rows in Postgres. Blocks; any thread."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def take(self, subject: str, limit: Limit, at_least: int) -> Taken:
        """Take some of what is left, `at_least` if there are so many.

        Raises:
            Unavailable: the database is.
        """
        with self._pool.transaction() as transaction:
            row = transaction.row("lock_quota", {"subject": subject})
            assert row is not None
            ends_at, taken, now = row
            left_s = (ends_at - now).total_seconds()
            # Longer than a window: the limit was changed, or the clock.
            if not 0 < left_s <= limit.window_s:
                ends_at, taken, left_s = now + timedelta(seconds=limit.window_s), 0, limit.window_s
            rest = max(0, limit.requests - taken)
            number = min(rest, max(at_least, math.ceil(rest / _SHARE)))
            total = taken + number
            transaction.row("set_quota", {"subject": subject, "ends_at": ends_at, "taken": total})
        return Taken(number, total, ends_at, left_s)

    def give_back(self, unspent: Iterable[Unspent]) -> None:
        """Give back what was not spent.

        Raises:
            Unavailable: the database is.
        """
        subjects, windows, numbers = zip(*unspent, strict=True)
        asked = {"subjects": list(subjects), "windows": list(windows), "numbers": list(numbers)}
        with self._pool.transaction() as transaction:
            transaction.rows("give_back_quotas", asked)

    def forget(self) -> None:
        """Delete rows whose window is over.

        Raises:
            Unavailable: the database is.
        """
        with self._pool.transaction() as transaction:
            transaction.rows("forget_quotas")


class _Lease:
    """What this process may still spend of a caller's window."""

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
        """Spend one, if there is one."""
        if self.left == 0 or self.over:
            return False
        self.left -= 1
        self.spent_lately += 1
        return True

    def fill(self, taken: Taken, asked: float) -> None:
        """Add what was taken; `asked` is when, by the monotonic clock."""
        same = self.taken is not None and self.taken.ends_at == taken.ends_at
        self.left = taken.number + (self.left if same else 0)
        self.taken = taken
        self._ends = asked + taken.left_s
        self._none_left_until = min(self._ends, asked + _BEAT_S) if self.left == 0 else 0.0

    @property
    def over(self) -> bool:
        """Whether the window has ended."""
        return time.monotonic() >= self._ends

    @property
    def none_left(self) -> bool:
        """Whether there was none left in Postgres a moment ago."""
        return time.monotonic() < self._none_left_until

    def unspent(self, subject: str, keep: int) -> Unspent | None:
        """What is more than `keep`, no longer to be spent."""
        number = self.left - keep
        if number <= 0 or self.taken is None or self.over:
            return None
        self.left -= number
        self.taken = self.taken._replace(total=self.taken.total - number)
        return Unspent(subject, self.taken.ends_at, number)

    def standing(self, policy: str, *, refused: bool) -> Standing:
        """For the answer."""
        total = self.taken.total if self.taken else 0
        remaining = max(0, self.limit.requests - total + self.left)
        reset_s = max(0.0, self._ends - time.monotonic())
        return Standing(policy, self.limit, 0 if refused else remaining, reset_s, refused)


class Quotas:
    """Counts requests of callers that have a limit.

    Args:
        wait_s: how long a request waits for the database, if it must.
    """

    def __init__(self, counts: Counts, *, wait_s: float) -> None:
        self._counts = counts
        self._wait_s = wait_s
        self._leases: dict[str, _Lease] = {}
        self._threads = CapacityLimiter(4)

    async def spend(self, policy: str, caller: str, limit: Limit) -> Standing:
        """Count a request of a caller, known to all processes as `policy` and `caller`.

        Raises:
            Unavailable: nothing is at hand, and the database cannot be asked.
        """
        subject = f"{policy}/{caller}"
        lease = self._leases.pop(subject, None)
        if lease is not None and lease.limit == limit:
            self._leases[subject] = lease  # the one seen last stands last
        else:
            before, lease = lease, _Lease(limit)
            self._leases[subject] = lease
            self._drop_oldest()
            if before is not None and (unspent := before.unspent(subject, keep=0)):
                async with lease.lock:  # requests are not refused while these return
                    await to_thread.run_sync(
                        self._counts.give_back, [unspent], limiter=self._threads
                    )
        refused = not (lease.spend() or await self._wait(lease, subject))
        return lease.standing(policy, refused=refused)

    def _drop_oldest(self) -> None:
        """Keep memory bounded, whatever addresses requests come from.

        Requests that a dropped lease held are lost until the window ends, as those of a process
        that was killed: never more is allowed than the limit.
        """
        if len(self._leases) > _MOST_LEASES:
            idle = (subject for subject, lease in self._leases.items() if not lease.waiting)
            if (oldest := next(idle, None)) is not None:
                del self._leases[oldest]

    async def run(self) -> None:
        """Give back what is not needed, once a second, until cancelled."""
        beats = 0
        while True:
            await asyncio.sleep(_BEAT_S)
            beats += 1
            try:
                await self._give_back(all_of_it=False)
                if beats % _BEATS_TO_FORGET == 0 and self._leases:
                    await to_thread.run_sync(self._counts.forget, limiter=self._threads)
            except Unavailable:
                pass  # the pool has logged it
            except Exception:
                FAILURES.labels("quotas").inc()
                log.exception("could not return unused requests, retrying")

    async def stop(self) -> None:
        """Give back everything."""
        with contextlib.suppress(Unavailable):
            await self._give_back(all_of_it=True)

    async def _wait(self, lease: _Lease, subject: str) -> bool:
        """Spend one that has to be asked for; whether there was one.

        Raises:
            Unavailable: the database does not answer, or not soon enough.
        """
        lease.waiting += 1
        try:
            async with asyncio.timeout(self._wait_s), lease.lock:
                while not lease.spend():  # others that waited may have brought some
                    if lease.none_left:
                        return False
                    asked = time.monotonic()
                    taken = await to_thread.run_sync(
                        self._counts.take,
                        *(subject, lease.limit, lease.waiting),
                        abandon_on_cancel=True,  # requests leased then are lost, not counted twice
                        limiter=self._threads,
                    )
                    lease.fill(taken, asked)
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
