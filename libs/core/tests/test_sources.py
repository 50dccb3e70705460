"""Which of two captures of the same thing has precedence."""

import pytest

from f1_core.sources import SOURCES, precedence


def test_the_better_source_wins_and_within_a_source_the_newer_capture() -> None:
    newest = 2**48 - 1
    best_last = [
        precedence(source, order) for source in reversed(SOURCES) for order in (1, 2, newest)
    ]
    assert best_last == sorted(set(best_last))
    assert best_last[0] > 0
    assert best_last[-1] < 2**63, "Postgres' bigint"


def test_the_order_of_a_setting_counts() -> None:
    order = ("openf1", "jolpica")
    assert precedence("openf1", 1, order) > precedence("jolpica", 2, order)
    with pytest.raises(ValueError, match="ergast-csv"):
        precedence("ergast-csv", 1, order)
