"""Chooses the claim for the next request: pure rules over the data that budget.py reads.

1. A poll, within its share. Others may borrow from the share only slots that are free again within
   `release_s`, so that the budget is used and the poll never waits long.
2. Half-read captures, the oldest first.
3. New captures, first of the season with the oldest last request. A new capture is not started with
   requests that half-read captures have reserved.

The limits of each claim are at least as strict as those of the claims before it, so that only the
first one has to be checked.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

POLL = "poll"
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Limits:
    """A source's limits per address: requests per second, and per sliding window (an hour)."""

    per_second: int
    per_window: int
    window_s: float = 3600.0
    poll_share: float = 0.05

    @property
    def poll_slots(self) -> int:
        """Requests kept for the poll; none with a budget of one."""
        if self.per_window < 2:
            return 0
        return max(1, math.floor(self.per_window * self.poll_share))

    @property
    def release_s(self) -> float:
        """Time until the poll's share is free again if others have borrowed it."""
        return self.window_s * 0.02


@dataclass(frozen=True)
class Usage:
    """Requests that count now; `late` are those that still count in `release_s` seconds."""

    burst: int = 0
    poll: int = 0
    others: int = 0
    poll_late: int = 0
    others_late: int = 0


@dataclass(frozen=True)
class Claim:
    """A claim to a request, or a reservation for the remaining pages.

    Attributes:
        capture: the same for the claims of one capture.
        reserved: remaining pages, including this one; 0: a new capture.
        since: when the claim was made (new capture), or when the capture began (half-read).
        waiting: it waits for a request; otherwise one of its requests is in progress.
        last_grant: of this claimant, in any process.
    """

    capture: str
    claimant: str
    reserved: int
    since: datetime
    waiting: bool
    last_grant: datetime | None = None


def first_in_line(claims: Iterable[Claim], usage: Usage, limits: Limits) -> Claim | None:
    """The waiting claim that is served next."""

    def rank(claim: Claim) -> tuple[int, datetime, datetime, str]:
        if _within_share(claim, usage, limits):
            return 0, claim.since, claim.since, claim.capture
        if claim.reserved:
            return 1, claim.since, claim.since, claim.capture
        return 2, claim.last_grant or _NEVER, claim.since, claim.capture

    return min((claim for claim in claims if claim.waiting), key=rank, default=None)


def has_room(claim: Claim, claims: Iterable[Claim], usage: Usage, limits: Limits) -> bool:
    """Whether the limits allow one more request for this claim."""
    if usage.burst >= limits.per_second or usage.poll + usage.others >= limits.per_window:
        return False
    if _within_share(claim, usage, limits):
        return True
    beyond_share = max(0, usage.poll_late - limits.poll_slots)
    taken = usage.others_late + beyond_share
    if not claim.reserved:
        taken += _reserved(claim, claims, usage, limits)
    return taken < limits.per_window - limits.poll_slots


def _within_share(claim: Claim, usage: Usage, limits: Limits) -> bool:
    return claim.claimant == POLL and usage.poll < limits.poll_slots


def _reserved(claim: Claim, claims: Iterable[Claim], usage: Usage, limits: Limits) -> int:
    pages: dict[str, int] = {}
    polls: dict[str, int] = {}
    for other in claims:
        if other.capture != claim.capture:
            group = polls if other.claimant == POLL else pages
            group[other.capture] = max(group.get(other.capture, 0), other.reserved)
    # Reservations of polls are taken from their share first.
    share_left = max(0, limits.poll_slots - usage.poll)
    return sum(pages.values()) + max(0, sum(polls.values()) - share_left)
