"""Values in Ergast's format: text, without unknown ones."""

from typing import Any

from f1_core.durations import format_duration

Shape = dict[str, Any]


def known(**values: Any) -> Shape:
    """The known values as text; objects and lists are kept."""
    return {
        name: value if isinstance(value, str | dict | list) else str(value)
        for name, value in values.items()
        if value is not None
    }


def clock(milliseconds: int | None) -> str | None:
    """A duration as text; None stays None."""
    return None if milliseconds is None else format_duration(milliseconds)
