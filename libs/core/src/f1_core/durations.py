r"""Durations as the sources write them, in integer milliseconds.

Seen in real data: `1:31.531`, `12:34.567`, `2:05:07.547`, `55.404`, `40:55.302`, `00:01:31.531`,
an empty string, and `\\N` for null in CSV.
"""

import re

_DURATION = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,5})(?:\.(\d{1,6}))?", re.ASCII)


def parse_duration(text: str | None) -> int | None:
    r"""Milliseconds of `[[h:]m:]s[.fff]`; None for null, empty and `\\N`.

    Digits after the third are cut, as the sources themselves do.

    Raises:
        ValueError: anything else.

    >>> parse_duration("1:31.531"), parse_duration("2:05:07.547"), parse_duration("55.404")
    (91531, 7507547, 55404)
    """
    if text is None or text in ("", "\\N"):
        return None
    # A fast path for the format of most laps, 1:31.531, of which there are hundreds of thousands.
    if len(text) == 8 and text[1] == ":" and text[4] == "." and text[2] < "6":
        digits = text[0] + text[2:4] + text[5:]
        if digits.isdigit() and digits.isascii():
            value = int(digits)
            return value - value // 100_000 * 40_000
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"not a duration: {text!r}")
    hours, minutes, seconds, fraction = match.groups()
    if (minutes is not None and int(seconds) >= 60) or (hours is not None and int(minutes) >= 60):
        raise ValueError(f"not a duration: {text!r}")
    milliseconds = int((fraction or "0").ljust(3, "0")[:3])
    return (int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds)) * 1000 + milliseconds


def format_duration(milliseconds: int) -> str:
    """The usual way to write a lap time.

    >>> format_duration(91531), format_duration(7507547), format_duration(55404)
    ('1:31.531', '2:05:07.547', '55.404')
    """
    seconds, fraction = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{seconds:02d}.{fraction:03d}"
    if minutes:
        return f"{minutes}:{seconds:02d}.{fraction:03d}"
    return f"{seconds}.{fraction:03d}"
