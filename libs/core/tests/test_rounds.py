"""Rounds as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from f1_core.rounds import format_rounds, parse_rounds


@pytest.mark.parametrize(
    ("text", "rounds"),
    [
        ("5", {5}),
        ("1-3", {1, 2, 3}),
        ("1-3, 7", {1, 2, 3, 7}),
        ("7,1-2,2", {1, 2, 7}),
        ("99", {99}),
    ],
)
def test_numbers_and_ranges(text: str, rounds: set[int]) -> None:
    assert parse_rounds(text) == frozenset(rounds)


@pytest.mark.parametrize(
    ("rounds", "text"),
    [([7, 2, 1, 3], "1-3,7"), ([1, 2], "1-2"), ([5], "5"), ([99, 1, 97], "1,97,99"), ([], "")],
)
def test_are_written_the_shortest_way(rounds: list[int], text: str) -> None:
    assert format_rounds(rounds) == text


@pytest.mark.parametrize("text", ["all", "ALL", " all "])
def test_all(text: str) -> None:
    assert parse_rounds(text) is None


@pytest.mark.parametrize("text", ["", "x", "3-1", "0", "1-", "-1", "1,,2", "100", "1.5"])
def test_other_texts_are_refused_with_the_correct_format(text: str) -> None:
    with pytest.raises(ValueError, match="invalid rounds"):
        parse_rounds(text)


@given(st.frozensets(st.integers(1, 99), min_size=1))
def test_what_is_written_reads_back(rounds: frozenset[int]) -> None:
    assert parse_rounds(format_rounds(rounds)) == rounds
