import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from f1_core import durations
from f1_core.durations import format_duration, parse_duration

MINUTE = 60_000
HOUR = 60 * MINUTE


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1:31.531", 91_531),
        ("12:34.567", 754_567),
        ("2:05:07.547", 2 * HOUR + 5 * MINUTE + 7_547),
        ("55.404", 55_404),
        ("40:55.302", 40 * MINUTE + 55_302),
        ("00:01:31.531", 91_531),
        ("24:00.000", 24 * MINUTE),
        ("0.745", 745),
        ("25", 25_000),
        ("25.6", 25_600),
        ("1:31.5", 91_500),
        ("1:31.531999", 91_531),
        ("1621.361", 1_621_361),
    ],
)
def test_every_known_format_is_read(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize("text", [None, "", "\\N"])
def test_an_empty_text_is_null_and_not_zero(text: str | None) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("1:3x.2", "1:61.531", "1:60.000", "1:99.999", "61:60.000", "1:61:00.000"),
        *("+0.745", "-1.000", "1:31.", ".5", "1::31.5", "1:31.531s", " 1:31.531", "1:31.531\n"),
        *("abc", "1e3", "1:31,531", "\u0661:31.531", "1:3².531", "²:31.531", "1:31.53²", "nan"),
    ],
)
def test_invalid_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=24 * HOUR - 1))
def test_what_is_written_is_read_back(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds)) == milliseconds


@given(st.integers(min_value=0, max_value=10 * MINUTE - 1))
def test_the_fast_path_has_the_same_result(milliseconds: int) -> None:
    assert parse_duration(f"0:0{format_duration(milliseconds + MINUTE)}") == milliseconds + MINUTE


@given(st.text(alphabet="0123456789:.+-N\\ ²x", max_size=12))
def test_anything_else_is_a_value_error(text: str) -> None:
    try:
        value = parse_duration(text)
    except ValueError:
        return
    assert value is None or 0 <= value < 2**63


def test_the_examples_in_the_docstrings() -> None:
    assert doctest.testmod(durations).failed == 0
