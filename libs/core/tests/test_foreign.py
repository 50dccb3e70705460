"""Texts from outside: how long they may be, and how they are shown.

Refused texts of a source, with messages: services/worker/tests/parse/test_foreign.py.
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
def test_a_text_of_the_maximum_length_is_accepted(
    fault: Callable[[str], str | None], longest: str
) -> None:
    assert fault(longest) is None
    assert fault(f"{longest}a") is not None


@pytest.mark.parametrize("text", ["a tab\t", "two\nlines\r\n", "São Paulo", "周冠宇", ""])
def test_a_text_may_have_lines_and_every_script(text: str) -> None:
    assert text_fault(text) is None


@pytest.mark.parametrize(
    "character", ["\0", "\x08", "\x0b", "\x1f", "\x7f", "\x9f", "\u202a", "\u2069", "\udfff"]
)
def test_control_characters_and_surrogates_are_refused(
    character: str,
) -> None:
    assert text_fault(f"a{character}") == "which has characters that are not allowed in text"


def test_a_truncated_text_in_a_message_is_marked() -> None:
    assert shown("a" * 300) == "a" * 300
    assert shown("a" * 301) == "a" * 300 + "..."
