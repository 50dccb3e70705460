"""Texts of others: how long they may be, and how they are shown.

What of a source is refused, and with which words: services/worker/tests/parse/test_foreign.py.
"""

import doctest
from collections.abc import Callable

import pytest

from f1_core import foreign
from f1_core.foreign import circuit_fault, id_fault, shown, text_fault, url_fault


def test_examples_in_docstrings_are_true() -> None:
    assert doctest.testmod(foreign).failed == 0


@pytest.mark.parametrize(
    ("fault", "longest"),
    [
        (id_fault, "a" * 80),
        (circuit_fault, "a" * 80),
        (text_fault, "a" * 300),
        (url_fault, "https://a/".ljust(2000, "a")),
    ],
)
def test_the_longest_that_is_taken(fault: Callable[[str], str | None], longest: str) -> None:
    assert fault(longest) is None
    assert fault(f"{longest}a") is not None


@pytest.mark.parametrize("text", ["a tab\t", "two\nlines\r\n", "São Paulo", "周冠宇", ""])
def test_a_text_may_have_lines_and_every_script(text: str) -> None:
    assert text_fault(text) is None


@pytest.mark.parametrize(
    "character", ["\0", "\x08", "\x0b", "\x1f", "\x7f", "\x9f", "\u202a", "\u2069", "\udfff"]
)
def test_a_text_has_nothing_that_steers_a_terminal_or_postgres_does_not_take(
    character: str,
) -> None:
    assert text_fault(f"a{character}") == "which has characters that are not allowed in text"


def test_a_message_has_a_text_whole_or_says_that_it_is_cut() -> None:
    assert shown("a" * 300) == "a" * 300
    assert shown("a" * 301) == "a" * 300 + "..."
