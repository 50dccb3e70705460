"""The scheduler's rules alone, with simulated time."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from f1_devkit.servers.jolpica.limits import most_in_a_window
from f1_ingest.ratelimit.scheduler import POLL, Claim, Limits, Usage, first_in_line, has_room

NOON = datetime(2024, 5, 26, 12, tzinfo=UTC)
HOUR = Limits(per_second=4, per_window=200)


def claim(
    capture: str,
    claimant: str = "2024",
    reserved: int = 0,
    since: int = 0,
    last_grant: int | None = None,
    *,
    waiting: bool = True,
) -> Claim:
    """A claim made `since` seconds after noon."""
    granted = None if last_grant is None else NOON + timedelta(seconds=last_grant)
    made = NOON + timedelta(seconds=since)
    return Claim(capture, claimant, reserved, made, waiting, granted)


def test_the_poll_comes_first_then_half_read_captures_then_seasons_in_turn() -> None:
    poll = claim("a", POLL, since=9)
    half_read = claim("b", reserved=3, since=5, last_grant=9)
    older = claim("c", "2023", reserved=9, since=2, last_grant=10)
    new, longer_ago = claim("d", last_grant=8), claim("e", "2022", since=7, last_grant=6)
    claims = [new, half_read, longer_ago, older, poll]
    for expected in (poll, older, half_read, longer_ago, new):
        assert first_in_line(claims, Usage(), HOUR) == expected
        claims.remove(expected)


def test_a_season_that_never_had_a_request_comes_before_one_that_had() -> None:
    fresh, served = claim("a", "2023", since=5), claim("b", last_grant=0)
    assert first_in_line([served, fresh], Usage(), HOUR) == fresh


def test_a_poll_beyond_its_share_takes_turns_like_other_claims() -> None:
    poll, season = claim("a", POLL, last_grant=9), claim("b", last_grant=3)
    assert first_in_line([poll, season], Usage(poll=9), HOUR) == poll
    assert first_in_line([poll, season], Usage(poll=10), HOUR) == season


def test_a_claim_that_does_not_wait_is_not_served() -> None:
    assert first_in_line([claim("a", reserved=3, waiting=False)], Usage(), HOUR) is None


def test_a_share_is_kept_for_the_poll() -> None:
    season, poll = claim("a"), claim("b", POLL)
    full = Usage(others=190, others_late=190)
    assert not has_room(season, [], full, HOUR)
    assert has_room(poll, [], full, HOUR)
    assert has_room(season, [], Usage(others=189, others_late=189), HOUR)


def test_only_slots_that_are_soon_free_again_are_lent_from_the_share() -> None:
    assert has_room(claim("a"), [], Usage(others=195, others_late=189), HOUR)
    assert not has_room(claim("a"), [], Usage(others=200, others_late=150), HOUR)


def test_no_claim_exceeds_the_second_or_the_window() -> None:
    for usage in (Usage(burst=4), Usage(others=195, poll=5)):
        assert not has_room(claim("a", POLL), [], usage, HOUR)
        assert not has_room(claim("a", reserved=5), [], usage, HOUR)


def test_pages_reserved_by_a_half_read_capture_are_not_for_new_ones() -> None:
    reader = claim("a", reserved=9, waiting=False)
    usage = Usage(others=181, others_late=181)
    assert not has_room(claim("b", "2023"), [reader], usage, HOUR)
    assert has_room(claim("a", reserved=9), [reader], usage, HOUR)
    assert has_room(claim("c", "2022", reserved=2), [reader], usage, HOUR)


def test_pages_reserved_by_a_poll_are_taken_from_its_share() -> None:
    reader = claim("a", POLL, reserved=9, waiting=False)
    usage = Usage(others=189, others_late=189, poll=1, poll_late=1)
    assert has_room(claim("b"), [reader], usage, HOUR)


def test_pages_reserved_by_a_poll_beyond_its_share_are_not_for_new_captures() -> None:
    """9 of its 15 pages are taken from the share of 10, of which 1 is used."""
    reader = claim("a", POLL, reserved=15, waiting=False)
    for others, room in ((183, True), (184, False)):
        usage = Usage(others=others, others_late=others, poll=1, poll_late=1)
        assert has_room(claim("b"), [reader], usage, HOUR) is room
    reader = claim("a", POLL, reserved=2, waiting=False)
    for others, room in ((187, True), (188, False)):  # nothing of the share is left
        usage = Usage(others=others, others_late=others, poll=10, poll_late=10)
        assert has_room(claim("b"), [reader], usage, HOUR) is room


def test_requests_of_a_poll_beyond_its_share_count_for_the_others() -> None:
    for others, room in ((169, True), (170, False)):
        usage = Usage(others=others, others_late=others, poll=30, poll_late=30)
        assert has_room(claim("a"), [], usage, HOUR) is room


def test_a_capture_that_waits_for_a_page_has_reserved_its_pages_once() -> None:
    pages = [claim("a", reserved=9), claim("a", reserved=8, waiting=False)]
    for others, room in ((180, True), (181, False)):
        usage = Usage(others=others, others_late=others)
        assert has_room(claim("b", "2023"), pages, usage, HOUR) is room


@pytest.mark.parametrize(("limit", "kept"), [(1, 0), (2, 1), (20, 1), (40, 2), (200, 10)])
def test_the_share_is_a_twentieth_and_at_least_one(limit: int, kept: int) -> None:
    assert Limits(4, limit).poll_slots == kept


@dataclass
class Clock:
    """A budget in memory, by the second, as budget.py has it in SQL."""

    limits: Limits
    now: float = 0.0
    slots: list[tuple[str, float]] = field(default_factory=list)
    last: dict[str, float] = field(default_factory=dict)

    def usage(self) -> Usage:
        late = self.now + self.limits.release_s
        self.slots = [slot for slot in self.slots if slot[1] > self.now]
        count = Counter((name == POLL, end > late) for name, end in self.slots)
        recent = sum(end > self.now + self.limits.window_s - 1 for _, end in self.slots)
        return Usage(
            burst=recent,
            poll=count[True, True] + count[True, False],
            others=count[False, True] + count[False, False],
            poll_late=count[True, True],
            others_late=count[False, True],
        )

    def request(self, claims: list[Claim]) -> Claim | None:
        usage = self.usage()
        first = first_in_line(claims, usage, self.limits)
        if first is None or not has_room(first, claims, usage, self.limits):
            return None
        self.slots.append((first.claimant, self.now + self.limits.window_s))
        self.last[first.claimant] = self.now
        self.now += 0.001
        return first


@settings(deadline=None, max_examples=25)
@given(
    limit=st.integers(2, 40),
    per_second=st.integers(1, 20),
    polls=st.lists(st.floats(0, 300), max_size=6),
)
def test_the_budget_is_used_but_never_exceeded_and_the_poll_never_waits(
    limit: int, per_second: int, polls: list[float]
) -> None:
    """Two seasons that always request, for three windows of 100 s, and polls at any times."""
    limits = Limits(per_second, limit, 100.0)
    clock = Clock(limits)
    granted: list[tuple[float, str]] = []
    waiting = sorted(polls)
    while clock.now < 300:
        claims = [
            Claim(name, name, 0, NOON, True, _moment(clock.last.get(name)))
            for name in ("2023", "2024")
        ]
        if waiting and waiting[0] <= clock.now:
            claims.append(Claim("poll", POLL, 0, NOON, True))
        won = clock.request(claims)
        if won is None:
            clock.now += 0.25
            continue
        at = clock.last[won.claimant]
        if won.claimant == POLL:
            requested = waiting.pop(0)
            before = sum(g > requested - 100 and name == POLL for g, name in granted)
            # Within its share, it waits only for lent slots, and for a full second.
            assert before >= limits.poll_slots or at - requested <= limits.release_s + 1.5
        granted.append((at, won.claimant))
    times = [at for at, _ in granted]
    assert most_in_a_window(times, 100) <= limit
    assert most_in_a_window(times, 1) <= per_second
    shares = Counter(name for _, name in granted)
    assert abs(shares["2023"] - shares["2024"]) <= 1 + len(polls)
    if limit >= 20 and per_second * 95 >= limit:
        # The first window starts empty; the later ones are used.
        assert sum(100 <= at < 300 for at in times) >= 0.95 * 2 * limit


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else NOON + timedelta(seconds=seconds)
