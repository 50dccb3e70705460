"""Values as Ergast writes them: all of them text, and what is not known left out."""

from typing import Any

Shape = dict[str, Any]


def known(**values: Any) -> Shape:
    """What is known of some values, as text; objects and lists stay what they are."""
    return {
        name: value if isinstance(value, str | dict | list) else str(value)
        for name, value in values.items()
        if value is not None
    }


def clock(milliseconds: int | None) -> str | None:
    """A duration: ``55.404``, ``1:31.531``, ``2:05:07.547``.

    >>> clock(55404), clock(91531), clock(7507547), clock(7200001)
    ('55.404', '1:31.531', '2:05:07.547', '2:00:00.001')
    """
    if milliseconds is None:
        return None
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{seconds:02}.{rest:03}"
    return f"{minutes}:{seconds:02}.{rest:03}" if minutes else f"{seconds}.{rest:03}"
