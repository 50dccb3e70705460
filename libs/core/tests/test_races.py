"""The ids of races."""

from hypothesis import given
from hypothesis import strategies as st

from f1_core.races import Scheduled, race_ids

CALENDAR_2020 = [
    Scheduled("red_bull_ring", "2020-07-05", 1),
    Scheduled("red_bull_ring", "2020-07-12", 2),
    Scheduled("hungaroring", "2020-07-19", 3),
]


def test_the_second_race_at_a_circuit_has_a_number() -> None:
    assert race_ids(2020, CALENDAR_2020) == [
        "2020-red_bull_ring",
        "2020-red_bull_ring-2",
        "2020-hungaroring",
    ]


@given(st.permutations(CALENDAR_2020))
def test_the_order_of_a_schedule_does_not_matter(schedule: list[Scheduled]) -> None:
    ids = dict(zip(schedule, race_ids(2020, schedule), strict=True))
    assert [ids[race] for race in CALENDAR_2020] == race_ids(2020, CALENDAR_2020)
