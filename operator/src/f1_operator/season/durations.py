"""Durations in a Season's spec: `30m`, `12h`, `14d`, or `never`."""

from datetime import timedelta

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
NEVER = "never"


def parse_duration(text: str) -> timedelta | None:
    """The duration; None for `never`.

    Raises:
        ValueError: not a duration; the message says what to write.

    >>> parse_duration("12h")
    datetime.timedelta(seconds=43200)
    """
    if text == NEVER:
        return None
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in _UNITS:
        raise ValueError(
            f"invalid duration {text!r}: write a number and m, h or d, such as 12h, or never"
        )
    return timedelta(**{_UNITS[unit]: int(number)})
