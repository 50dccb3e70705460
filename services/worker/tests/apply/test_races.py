"""Finds the race of a capture."""

import pytest

from f1_core.errors import Suspect
from f1_worker.apply.races import Calendar, by_circuit
from f1_worker.parse.slices import RaceRef

TWICE = Calendar(
    2020,
    by_circuit(
        [
            ("2020-silverstone", "silverstone", "2020-08-02"),
            ("2020-silverstone-2", "silverstone", "2020-08-09"),
        ]
    ),
)


@pytest.mark.parametrize("day", ["2020-08-08", "2020-08-09", "2020-08-10"])
def test_a_date_at_the_circuit_may_differ_from_utc_by_a_day(day: str) -> None:
    assert TWICE.find(RaceRef(2020, None, "silverstone", day)) == "2020-silverstone-2"


@pytest.mark.parametrize("day", ["2020-08-04", "2020-08-07", None])
def test_a_date_two_days_away_is_not_the_race(day: str | None) -> None:
    with pytest.raises(Suspect, match="2 races at silverstone"):
        TWICE.find(RaceRef(2020, None, "silverstone", day))


def test_a_date_between_two_races_is_neither_of_them() -> None:
    days = [("one", "silverstone", "2020-08-08"), ("other", "silverstone", "2020-08-10")]
    calendar = Calendar(2020, by_circuit(days))
    with pytest.raises(Suspect, match="none on 2020-08-09"):
        calendar.find(RaceRef(2020, None, "silverstone", "2020-08-09"))
