"""The rounds of a Season: a text, a number, or a list of both."""

from typing import Any

import pytest
from seasons.world import World

from f1_operator.season.resource import Spec


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("all", "all"),
        (5, "5"),
        ("1-5, 7", "1-5,7"),
        (["1-5", 18], "1-5,18"),
        ([3, 2, 1, "2-4"], "1-4"),
        (["1-3, 9", "12"], "1-3,9,12"),
    ],
)
def test_every_form_is_the_same_rounds(written: Any, text: str) -> None:
    spec = Spec(year=2024, rounds=written)
    assert (spec.rounds_text, spec.problem) == (text, None)


def test_invalid_rounds_select_no_round() -> None:
    """Not all of them, which would fetch a whole season."""
    spec = Spec(year=2024, rounds="5-1")
    assert spec.requested_rounds == frozenset()
    assert not spec.requests_round(1)


def test_a_list_is_fetched_as_the_text_is() -> None:
    world = World(rounds=6, spec_rounds=["1-2", 4])  # type: ignore[arg-type]
    world.reconcile()
    world.run_plan()
    world.reconcile()
    assert world.observed_job("backfill").rounds == (1, 2, 4)


@pytest.mark.parametrize("written", ["5-1", ["1-3", "12-10"], True, {}, [], ["all"], [True], None])
def test_rounds_that_cannot_be_read_are_reported_until_they_are_corrected(written: Any) -> None:
    world = World()
    world.edit(rounds=written)
    world.reconcile()
    assert world.jobs == {}
    assert world.phase == "Failed"
    stalled = world.status.condition("Stalled")
    assert stalled is not None
    assert (stalled.status, stalled.reason) == ("True", "SpecUnreadable")
    assert "invalid rounds" in stalled.message
    assert "write" in stalled.message or "not a range of rounds from 1 to 99" in stalled.message
    world.edit(rounds="1-2")
    world.reconcile()
    assert world.tasks() == ["plan"]
    assert world.status.is_true("Stalled") is False
