"""The difference that a correction makes is complete, and one row per thing that changed."""

import doctest

from hypothesis import given
from hypothesis import strategies as st

from f1_core.ledger import rows_text
from f1_core.ledger.difference import Change, Row, difference
from f1_core.resources import RESOURCES, SCHEDULE

LAPS = RESOURCES["laps"]
_WINNER = "ada\t7\t1\tnorth\t1\t25\t1\t57\tFinished\t5400000\t1:30:00.000\t1\t44\t91000\t210.5"
_DISQUALIFIED = _WINNER.replace("\t1\tnorth", "\tD\tnorth").replace("\t25\t", "\t0\t")


def test_values_are_converted_to_python_types() -> None:
    row = rows_text.values(RESOURCES["results"], _WINNER)
    assert (row["number"], row["position"], row["points"], row["fastest_lap_speed_kph"]) == (
        *("7", 1),
        *(25.0, 210.5),
    )
    standing = rows_text.values(RESOURCES["driverstandings"], 'ada\t1\t1\t25\t1\t{"north","south"}')
    assert standing["constructor_ids"] == ["north", "south"]
    none = rows_text.values(RESOURCES["driverstandings"], "ada\t\\N\t-\t0\t0\t{}")
    assert (none["position"], none["constructor_ids"]) == (None, [])
    stop = rows_text.values(RESOURCES["pitstops"], "ada\t1\t20\t15:00:00\t\\N\t")
    assert (stop["duration_ms"], stop["duration"]) == (None, "")
    race = rows_text.values(
        SCHEDULE, '3\tA\\\\B\\tC\tspa\t2024-07-28\t\\N\t\\N\t{"Sprint": {"date": "x"}}'
    )
    assert (race["round"], race["name"], race["sessions"]) == (
        *(3, "A\\B\tC"),
        {"Sprint": {"date": "x"}},
    )


def test_examples_in_docstrings_are_true() -> None:
    assert doctest.testmod(rows_text).failed == 0


def test_a_corrected_lap_is_one_changed_row() -> None:
    [change] = difference(
        LAPS, "ada\t1\t1\t90000\nada\t2\t1\t85000", "ada\t1\t1\t90000\nada\t2\t1\t84000"
    )
    assert (change.kind, change.columns) == ("changed", ["time_ms"])


def test_added_and_removed_laps_are_in_the_order_of_a_race() -> None:
    before = "ada\t10\t1\t90000\nada\t9\t1\t85000"
    after = "ada\t100\t1\t90000\nbo\t1\t1\t1"
    found = [
        (change.kind, (change.after or change.before or {})["lap"])
        for change in difference(LAPS, before, after)
    ]
    assert found == [("removed", 9), ("removed", 10), ("added", 100), ("added", 1)]


def test_a_disqualified_driver_is_one_changed_row() -> None:
    """The classification is part of a result's key in the database; here it is a changed column."""
    [change] = difference(RESOURCES["results"], _WINNER, _DISQUALIFIED)
    assert (change.kind, change.columns) == ("changed", ["position_text", "points"])


def test_two_results_of_one_driver_are_matched_each_with_its_own() -> None:
    other = _WINNER.replace("ada\t7\t1", "ada\t8\tR")
    both = f"{_WINNER}\n{other}"
    corrected = f"{_DISQUALIFIED}\n{other}"
    [change] = difference(RESOURCES["results"], both, corrected)
    assert (change.before or {})["number"] == "7"
    [removed] = difference(RESOURCES["results"], both, _WINNER)
    assert (removed.kind, (removed.before or {})["number"]) == ("removed", "8")


def test_a_moved_race_is_one_changed_row() -> None:
    before = "1\tA\tspa\t2024-07-28\t\\N\t\\N\t{}"
    [change] = difference(SCHEDULE, before, before.replace("07-28", "08-04"))
    assert change.columns == ["date"]


def _table(rows: list[Row]) -> list[tuple[object, ...]]:
    return sorted((tuple(row.values()) for row in rows), key=repr)


_laps = st.lists(
    st.tuples(
        st.sampled_from(["ada", "bo"]),
        st.integers(1, 12),
        st.sampled_from(["\\N", "1", "2"]),
        st.sampled_from(["\\N", "90000", "91000"]),
    ),
    unique_by=lambda row: row[:2],
).map(lambda rows: "\n".join(sorted("\t".join(map(str, row)) for row in rows)))


@given(_laps, _laps)
def test_the_difference_applied_to_before_gives_after(before: str, after: str) -> None:
    changes = difference(LAPS, before, after)
    rows = [rows_text.values(LAPS, line) for line in before.split("\n") if line]
    for change in changes:
        assert change.before != change.after
        if change.before is not None:
            rows.remove(change.before)
        if change.after is not None:
            rows.append(change.after)
    assert _table(rows) == _table(
        [rows_text.values(LAPS, line) for line in after.split("\n") if line]
    )
    assert difference(LAPS, after, before) == [
        Change(change.after, change.before) for change in changes
    ]
