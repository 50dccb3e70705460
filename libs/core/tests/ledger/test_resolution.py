"""The capture that a slice is made of does not depend on the order of processing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from f1_core.ledger.resolution import Candidate, resolve

NOON = datetime(2024, 5, 26, 12, tzinfo=UTC)


def captured(
    order: int,
    rows: int,
    content: str = "",
    *,
    source: str = "jolpica",
    minutes: int = 0,
    confirmed: bool = False,
    dismissed: bool = False,
) -> Candidate:
    return Candidate(
        key=f"{source}/{order}",
        source=source,
        order=order,
        fetched_at=NOON + timedelta(minutes=minutes),
        rows=rows,
        content_hash=(content or f"{rows} rows").encode(),
        confirmed=confirmed,
        dismissed=dismissed,
    )


def states(*candidates: Candidate) -> list[str]:
    verdicts = resolve(candidates).verdicts
    return [verdicts[candidate.key].state for candidate in candidates]


def test_the_newest_wins() -> None:
    old, new = captured(1, 1000), captured(2, 1001)
    assert resolve([new, old]).applied == new
    assert states(old, new) == ["superseded", "processed"]


def test_the_same_rows_again_are_unchanged_and_the_rows_keep_their_capture() -> None:
    first, second = captured(1, 1000), captured(2, 1000)
    assert resolve([first, second]).applied == first
    assert resolve([first, second]).seen == second
    assert states(first, second) == ["processed", "unchanged"]


def test_rows_that_come_back_after_a_correction_are_applied_again() -> None:
    assert states(captured(1, 9, "a"), captured(2, 9, "b"), captured(3, 9, "a")) == [
        "superseded", "superseded", "processed",
    ]  # fmt: skip


def test_an_empty_capture_is_held() -> None:
    full, empty = captured(1, 1000), captured(2, 0)
    assert resolve([full, empty]).applied == full
    assert states(full, empty) == ["processed", "held"]


def test_a_second_capture_more_than_an_hour_later_confirms_a_held_one() -> None:
    full, empty = captured(1, 1000), captured(2, 0)
    assert states(full, empty, captured(3, 0, minutes=60)) == ["processed", "held", "held"]
    assert states(full, empty, captured(3, 0, minutes=61)) == [
        "superseded", "superseded", "processed",
    ]  # fmt: skip


def test_the_hour_counts_from_the_first_held_capture() -> None:
    empty = [captured(order, 0, minutes=minutes) for order, minutes in ((2, 0), (3, 50), (4, 70))]
    assert states(captured(1, 1000), *empty) == [*["superseded"] * 3, "processed"]


def scheduled(order: int, *races: str, at: datetime = NOON) -> Candidate:
    """A season's schedule as it was fetched at some time."""
    return replace(captured(order, len(races), " ".join(races)), fetched_at=at, races=tuple(races))


@pytest.mark.parametrize(
    ("race", "fetched", "state"),
    [
        ("imola 2024-05-19", "2024-05-18", "processed"),
        ("imola 2024-05-19", "2024-05-19", "processed"),  # cancelled on its own day
        ("imola 2024-05-19", "2024-05-20", "held"),
    ],
)
def test_a_race_can_be_cancelled_until_its_day_ends_and_not_after(
    race: str, fetched: str, state: str
) -> None:
    before = scheduled(1, race, "monaco 2024-05-26")
    without = scheduled(2, "monaco 2024-05-26", at=datetime.fromisoformat(f"{fetched}T23:00Z"))
    assert states(before, without)[1] == state


def test_a_moved_race_is_not_lost_and_a_missing_one_of_two_at_a_circuit_is() -> None:
    two = ("spielberg 2020-07-05", "spielberg 2020-07-12")
    later = datetime(2020, 8, 1, tzinfo=UTC)
    moved = scheduled(2, "spielberg 2020-07-06", two[1], at=later)
    assert states(scheduled(1, *two), moved)[1] == "processed"
    lacking = scheduled(2, two[1], at=later)
    verdict = resolve([scheduled(1, *two), lacking]).verdicts[lacking.key]
    assert verdict.state == "held"
    assert verdict.reason == "it lacks the race at spielberg on 2020-07-05, which had been run"


@pytest.mark.parametrize(
    ("before", "rows", "reason"),
    [
        (1, 0, "it is empty, and the one before it has 1 rows"),
        (1000, 799, "it has 799 rows, and the one before it 1000"),
        (1000, 800, None),  # a fifth less
        (10, 7, "it has 7 rows, and the one before it 10"),
        (9, 1, None),  # a small slice may lose rows
        (0, 0, None),
    ],
)
def test_a_capture_that_lost_more_than_a_fifth_of_its_rows_is_held(
    before: int, rows: int, reason: str | None
) -> None:
    verdict = resolve([captured(1, before, "a"), captured(2, rows, "b")]).verdicts["jolpica/2"]
    assert (verdict.state, verdict.reason) == ("held" if reason else "processed", reason)


def test_a_dismissed_capture_is_superseded_and_confirms_no_other() -> None:
    """Another capture with its rows is held. One that would not be held is applied anyway."""
    full, empty = captured(1, 1000), captured(2, 0, dismissed=True)
    assert states(full, empty, captured(3, 0, minutes=90)) == ["processed", "superseded", "held"]
    reason = resolve([full, empty]).verdicts[empty.key].reason
    assert reason == "dismissed: it is empty, and the one before it has 1000 rows"
    assert states(full, captured(2, 999, dismissed=True)) == ["superseded", "processed"]


def test_a_second_capture_with_other_rows_confirms_nothing() -> None:
    late = captured(3, 101, minutes=90)
    assert states(captured(1, 1000), captured(2, 100), late) == ["processed", "superseded", "held"]


def test_a_person_confirms_a_held_capture_at_once() -> None:
    assert states(captured(1, 1000), captured(2, 0, confirmed=True)) == ["superseded", "processed"]


def test_a_complete_capture_after_a_held_one_is_applied() -> None:
    assert states(captured(1, 1000), captured(2, 0), captured(3, 1000)) == [
        "processed", "superseded", "unchanged",
    ]  # fmt: skip


def test_a_correction_that_removes_a_driver_is_not_held() -> None:
    assert states(captured(1, 1055), captured(2, 998)) == ["superseded", "processed"]
    assert states(captured(1, 20), captured(2, 19)) == ["superseded", "processed"]


def test_the_better_source_wins_even_if_it_is_older() -> None:
    service, archive = captured(1, 1000), captured(2, 999, source="ergast-csv")
    assert resolve([service, archive]).applied == service
    assert states(service, archive) == ["processed", "superseded"]
    why = resolve([service, archive]).verdicts[archive.key].reason
    assert why == "jolpica has precedence"


def test_an_archive_is_applied_where_the_better_source_has_no_rows() -> None:
    service, archive = captured(2, 0), captured(1, 999, source="ergast-csv")
    assert resolve([service, archive]).applied == archive
    why = resolve([service, archive]).verdicts[service.key].reason
    assert why == "ergast-csv has rows"


def test_a_held_capture_of_a_worse_source_stays_held() -> None:
    """It waits for its confirmation, even if the better source has rows."""
    better = captured(1, 1000)
    worse = [captured(n, rows, source="ergast-csv") for n, rows in ((2, 999), (3, 0))]
    assert states(better, *worse) == ["processed", "superseded", "held"]


@given(
    st.lists(
        st.builds(
            captured,
            order=st.integers(1, 50),
            rows=st.sampled_from([0, 3, 100, 700, 1000]),
            source=st.sampled_from(["jolpica", "ergast-csv"]),
            minutes=st.integers(0, 200),
            confirmed=st.booleans(),
        ),
        unique_by=lambda c: c.order,
    ).flatmap(lambda cs: st.tuples(st.just(cs), st.permutations(cs)))
)
def test_the_order_of_processing_does_not_matter(
    both: tuple[list[Candidate], list[Candidate]],
) -> None:
    candidates, shuffled = both
    assert resolve(candidates) == resolve(shuffled)
    assert set(resolve(candidates).verdicts) == {c.key for c in candidates}
    applied = resolve(candidates).applied
    assert (applied is None) == (not candidates)


def history(*candidates: Candidate) -> list[tuple[int, str | None, str | None]]:
    """Changes from old to new: order, applied capture, replaced capture."""
    verdicts = resolve(candidates).verdicts
    changes = [(c.order, verdicts[c.key]) for c in sorted(candidates, key=lambda c: c.order)]
    return [(order, v.applied, v.replaced) for order, v in changes if v.applied]


def test_the_history_has_what_each_capture_replaced() -> None:
    assert history(captured(1, 1000), captured(2, 1000), captured(3, 0), captured(4, 1001)) == [
        (1, "jolpica/1", None),
        (4, "jolpica/4", "jolpica/1"),
    ]


def test_a_better_source_replaces_a_worse_one_in_the_history() -> None:
    archive = captured(1, 999, source="ergast-csv")
    assert history(archive, captured(2, 1000)) == [
        (1, "ergast-csv/1", None),
        (2, "jolpica/2", "ergast-csv/1"),
    ]


def test_after_a_confirmed_empty_capture_another_source_is_applied() -> None:
    archive, service = captured(1, 999, source="ergast-csv"), captured(2, 1000)
    assert history(archive, service, captured(3, 0, confirmed=True))[-1] == (
        *(3, "ergast-csv/1", "jolpica/2"),
    )


@given(
    st.lists(
        st.builds(
            captured,
            order=st.integers(1, 50),
            rows=st.sampled_from([0, 3, 100, 700, 1000]),
            source=st.sampled_from(["jolpica", "ergast-csv"]),
            minutes=st.integers(0, 200),
            confirmed=st.booleans(),
        ),
        unique_by=lambda c: c.order,
    )
)
def test_the_history_is_what_would_have_been_applied_at_each_time(
    candidates: list[Candidate],
) -> None:
    candidates.sort(key=lambda c: c.order)
    changes = {order: (now, before) for order, now, before in history(*candidates)}
    last: str | None = None
    for number, capture in enumerate(candidates, 1):
        applied = resolve(candidates[:number]).applied
        assert applied is not None
        assert changes.get(capture.order) == ((applied.key, last) if applied.key != last else None)
        last = applied.key
