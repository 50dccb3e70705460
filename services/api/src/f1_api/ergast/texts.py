"""Values as Ergast writes them: all of them text, and what is not known left out."""

from typing import Any

from f1_core.durations import format_duration

Shape = dict[str, Any]


def known(**values: Any) -> Shape:
    """What is known of some values, as text; objects and lists stay what they are."""
    return {
        name: value if isinstance(value, str | dict | list) else str(value)
        for name, value in values.items()
        if value is not None
    }


def clock(milliseconds: int | None) -> str | None:
    """A duration; what is not known stays so."""
    return None if milliseconds is None else format_duration(milliseconds)
