"""A condition for Kubernetes: its time is that of the last change of its status."""

from datetime import timedelta

import pytest
from seasons.world import START

from f1_operator.season.condition import ConditionValue, false, true, unknown

LATER = START + timedelta(hours=1)


@pytest.mark.parametrize(
    ("value", "status"), [(true, "True"), (false, "False"), (unknown, "Unknown")]
)
def test_its_status_is_one_of_three_words(value: object, status: str) -> None:
    assert callable(value)
    made = value("Why", "a message").condition("Ready", None, 7, START)
    assert (made.type, made.status, made.reason, made.message) == (
        *("Ready", status, "Why", "a message"),
    )
    assert (made.last_transition_time, made.observed_generation) == (START, 7)


def test_its_time_stays_while_its_status_does() -> None:
    before = false("Fetching", "1 of 4").condition("Ready", None, 1, START)
    same = false("Processing", "4 of 4").condition("Ready", before, 2, LATER)
    assert (same.reason, same.last_transition_time) == ("Processing", START)
    assert true("AllAnswer", "").condition("Ready", same, 2, LATER).last_transition_time == LATER


@pytest.mark.parametrize(
    ("length", "written"), [(4000, "x" * 4000), (4001, "x" * 3999 + "…"), (9000, "x" * 3999 + "…")]
)
def test_its_message_is_bounded(length: int, written: str) -> None:
    value = ConditionValue(holds=False, reason="RoundsFailed", message="x" * length)
    assert value.condition("Stalled", None, 1, START).message == written
