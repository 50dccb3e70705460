r"""Converts values of the sources to the text of one column in COPY's format.

The sources write null in several ways: a missing key, JSON's null, an empty string, the word
``None`` (from Python's ``str``), ``\N`` in CSV, or ``NULL`` from another program. All become
``\N``.
"""

import math
import re
from collections.abc import Callable
from datetime import date as calendar_date

from f1_core.durations import format_duration, parse_duration
from f1_core.foreign import MAX_TEXT, circuit_fault, id_fault, shown, text_fault, url_fault

NULL = "\\N"
DAY_MS = 24 * 60 * 60 * 1000
MAX_LAP = 200
"""The longest races: 200 laps at Indianapolis in the 1950s."""

_ABSENT = frozenset((None, "", "None", NULL, "\\\\N", "NULL", "null"))
_DECIMAL = re.compile(r"(-?\d{1,6})(?:\.(\d{1,12}))?", re.ASCII)
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d\d:\d\d(?:\.\d{1,6})?", re.ASCII)
_CLOCK = re.compile(r"(\+?)([\d:]+\.\d{1,3})", re.ASCII)
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_TO_ESCAPE = re.compile(r"[\\\t\n\r]")


class Unreadable(ValueError):
    """A value that its field does not allow: "time '1:3x.2', which is not a duration".

    Attributes:
        shown: the value as messages show it.
    """

    def __init__(self, field: str, value: object, why: str) -> None:
        text = repr(value)
        self.field, self.value, self.why = field, value, why
        self.shown = shown(text, 60) if len(text) > 60 else text
        super().__init__(f"{field} {self.shown}, {why}")


def present(value: str | None) -> str | None:
    """The value; None for every notation of null."""
    return None if value in _ABSENT else value


def plain(value: str | None, field: str, most: int = MAX_TEXT) -> str | None:
    """Free text for reference data, as a Python value."""
    value = present(value)
    if value is not None and (fault := text_fault(value, most)):
        raise Unreadable(field, value, fault)
    return value


def url(value: str | None) -> str | None:
    """The address of a page, as a Python value."""
    value = present(value)
    if value is not None and (fault := url_fault(value)):
        raise Unreadable("url", value, fault)
    return value


def text(value: str | None, field: str, most: int = MAX_TEXT) -> str:
    """Free text as a column, of limited length."""
    value = plain(value, field, most)
    if value is None:
        return NULL
    return value.translate(_ESCAPES) if _TO_ESCAPE.search(value) else value


def identifier(value: str | None, field: str) -> str:
    """Ergast's text id, such as max_verstappen."""
    if value is None:
        raise Unreadable(field, value, "which must not be missing")
    if fault := id_fault(value):
        raise Unreadable(field, value, fault)
    return value


def circuit_id(value: str | None, field: str = "circuit id") -> str:
    """Ergast's text id of a circuit, such as albert_park."""
    value = identifier(value, field)
    if fault := circuit_fault(value):
        raise Unreadable(field, value, fault)
    return value


def whole(value: str | None, field: str, low: int, high: int) -> int | None:
    """A whole number as a Python value."""
    value = present(value)
    if value is None:
        return None
    is_number = value.isascii() and value.isdecimal() and len(value) <= 12
    if not is_number or not low <= int(value) <= high:
        raise Unreadable(field, value, f"which is not a number from {low} to {high}")
    return int(value)


def integer(value: str | None, field: str, low: int, high: int) -> str:
    """A whole number as a column."""
    number = whole(value, field, low, high)
    return NULL if number is None else str(number)


def count(value: str | None, field: str, low: int, high: int) -> str:
    """A required whole number."""
    number = whole(value, field, low, high)
    if number is None:
        raise Unreadable(field, value, "which must not be missing")
    return str(number)


def lap_number(value: str | None) -> str:
    """The number of a lap."""
    return count(value, "lap", 1, MAX_LAP)


def position(value: str | None) -> str:
    """A position; null for some laps."""
    return integer(value, "position", 1, 999)


def milliseconds(value: str | None, field: str = "time") -> str:
    """A duration, above 0 and below a day."""
    value = present(value)
    if value is None:
        return NULL
    try:
        duration = parse_duration(value)
    except ValueError:
        raise Unreadable(field, value, "which is not a duration") from None
    if not duration or duration >= DAY_MS:
        raise Unreadable(field, value, "which is not a duration above 0 and below a day")
    return str(duration)


def precise_milliseconds(value: str | None, field: str = "time") -> str:
    """A duration from a source that truncates durations of whole seconds.

    Jolpica writes some durations as Python does and removes the last three digits of the
    microseconds. A duration of whole seconds has no microseconds: 25 seconds become an empty
    string, 1:30 becomes `1` and 1:25:00 becomes `1:25`. So a duration without a fraction is
    unknown.
    """
    cell = milliseconds(value, field) if value not in ("0", "00") else NULL
    return NULL if value is None or "." not in value else cell


def canonical_clock(value: str | None) -> str | None:
    """A time in Jolpica's format: +5.400 for +5.4, +1:06.004 for the archive's +66.004."""
    value = present(value)
    match = _CLOCK.fullmatch(value) if value is not None else None
    if match is None:
        return value
    try:
        duration = parse_duration(match[2])
    except ValueError:
        return value  # unchanged
    return value if duration is None else f"{match[1]}{format_duration(duration)}"


def decimal(value: str | None, field: str, *, places: int = 0) -> str:
    """A decimal in its shortest form, with at least `places` decimals: 26.0 is 26."""
    value = present(value)
    if value is None:
        return NULL
    match = _DECIMAL.fullmatch(value)
    if match is None:
        raise Unreadable(field, value, "which is not a number")
    fraction = (match[2] or "").rstrip("0").ljust(places, "0")
    return f"{int(match[1])}.{fraction}" if fraction else str(int(match[1]))


def coordinate(value: str | None, field: str) -> float | None:
    """A latitude or longitude in degrees."""
    value = present(value)
    if value is None:
        return None
    try:
        degrees = float(value)
    except ValueError:
        degrees = math.nan
    if not -360 <= degrees <= 360:
        raise Unreadable(field, value, "which is not a coordinate")
    return degrees


def date(value: str | None, field: str = "date") -> str | None:
    """A calendar date, 2024-05-26."""
    value = present(value)
    if value is None:
        return None
    try:
        day = calendar_date.fromisoformat(value)
    except ValueError:
        day = None
    if day is None or day.isoformat() != value:  # fromisoformat accepts other notations
        raise Unreadable(field, value, "which is not a date")
    return value


def time_of_day(value: str | None, field: str = "time") -> str:
    """A time of day at the circuit, 14:19:22."""
    value = present(value)
    if value is None:
        return NULL
    if not _TIME_OF_DAY.fullmatch(value):
        raise Unreadable(field, value, "which is not a time of day")
    return value


class Memo(dict[str | None, str]):
    """Caches the results of a function: all lap times are among a hundred thousand values.

    A lookup costs a tenth of parsing the value. The cache is emptied when it is full, so that it
    stays below about 20 MB.
    """

    LIMIT = 100_000

    def __init__(self, read: Callable[[str | None], str]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, value: str | None) -> str:
        cell = self._read(value)
        if len(self) >= self.LIMIT:
            self.clear()
        self[value] = cell
        return cell


LAP_NUMBERS = Memo(lap_number)
POSITIONS = Memo(position)
LAP_TIMES = Memo(milliseconds)
IDS = Memo(lambda value: identifier(value, "driver id"))
