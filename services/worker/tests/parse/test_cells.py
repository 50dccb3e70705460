import pytest
from hypothesis import given
from hypothesis import strategies as st

from f1_worker.parse import cells
from f1_worker.parse.cells import Memo, Unreadable


def test_a_memo_reads_each_value_once_and_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Memo, "LIMIT", 3)
    read: list[str | None] = []

    def shout(value: str | None) -> str:
        read.append(value)
        return str(value).upper()

    memo = Memo(shout)
    found = [memo[value] for value in ("a", "b", "a", None, "d", "d")]
    assert found == ["A", "B", "A", "NONE", "D", "D"]
    assert read == ["a", "b", None, "d"]
    assert len(memo) == 1


def test_an_unreadable_value_is_not_cached() -> None:
    memo = Memo(cells.milliseconds)
    for _ in range(2):
        with pytest.raises(Unreadable, match="time 'x', which is not a duration"):
            memo["x"]
    assert not memo


@given(st.text() | st.none())
def test_text_for_copy_has_no_tab_and_no_line_end(value: str | None) -> None:
    try:
        cell = cells.text(value, "name")
    except Unreadable:
        return
    assert not set(cell) & {"\t", "\n", "\r", "\x00"}
    escaped = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}
    if cell != cells.NULL:
        read = ""
        while cell:
            step = 2 if cell[0] == "\\" else 1
            read += escaped.get(cell[:step], cell[:step])
            cell = cell[step:]
        assert read == value


@given(st.decimals(0, 999_999, places=3))
def test_decimals_keep_their_value(number: object) -> None:
    assert float(cells.decimal(f"{number}", "points")) == pytest.approx(float(f"{number}"))


@pytest.mark.parametrize("value", ["1", "999", " 5", "٣", "1.0", "-1", "0x1", "1_0", "9" * 5000])
def test_whole_numbers_are_ascii_digits_in_their_range(value: str) -> None:
    if value in ("1", "999"):
        assert cells.whole(value, "n", 1, 999) == int(value)
    else:
        with pytest.raises(Unreadable, match="which is not a number from 1 to 999"):
            cells.whole(value, "n", 1, 999)


def test_long_values_are_cut_in_messages() -> None:
    with pytest.raises(Unreadable) as caught:
        cells.identifier("x" * 1000, "driver id")
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("1:32:03.897", "1:32:03.897"),
        ("+0.745", "+0.745"),
        ("+5.4", "+5.400"),
        ("+1:08.213", "+1:08.213"),
        ("+66.004", "+1:06.004"),  # results.csv has gaps in seconds, sprint_results.csv does not
        ("+109.803", "+1:49.803"),
        ("+1 Lap", "+1 Lap"),
        ("1:99.5", "1:99.5"),
        ("\\N", None),
    ],
)
def test_finishing_times_have_jolpicas_format(written: str, canonical: str | None) -> None:
    assert cells.canonical_clock(written) == canonical
