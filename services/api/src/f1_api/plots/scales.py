"""Scales from values to pixels, axes with ticks at round values, ranges without outliers."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

_STEPS_MS = (
    50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
)  # fmt: skip

_FEW = 8


class Axis(NamedTuple):
    """From `low` to `high`; reversed if low is greater. `ticks` are values and texts."""

    label: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]

    def to(self, start: float, end: float) -> Callable[[float], float]:
        """A function from values to pixels, `low` at `start` and `high` at `end`."""
        span = self.high - self.low or 1.0
        return lambda value: start + (value - self.low) / span * (end - start)


class Range(NamedTuple):
    """From low to high, with the numbers of values below and above."""

    low: float
    high: float
    below: int
    above: int


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of the values are, interpolated.

    >>> quantile([1, 2, 3, 4], 0.5)
    2.5
    """
    place = share * (len(ordered) - 1)
    before = math.floor(place)
    after = min(before + 1, len(ordered) - 1)
    return ordered[before] + (place - before) * (ordered[after] - ordered[before])


def robust_range(values: Iterable[float], fence: float = 3.0) -> Range:
    """The range without outliers, such as a lap of 40 minutes during a red flag.

    Outliers are more than `fence` times the interquartile range outside of the quartiles. The range
    of no values is 0 to 1; a few values have no outliers.

    >>> robust_range([80, 81, 82, 83, 80, 81, 82, 2400])
    Range(low=80, high=83, below=0, above=1)
    """
    ordered = sorted(values)
    if not ordered:
        return Range(0, 1, 0, 0)
    if len(ordered) < _FEW:
        return Range(ordered[0], ordered[-1], 0, 0)
    lower, upper = quantile(ordered, 0.25), quantile(ordered, 0.75)
    reach = fence * (upper - lower) or math.inf
    inside = [value for value in ordered if lower - reach <= value <= upper + reach]
    below = sum(value < inside[0] for value in ordered)
    return Range(inside[0], inside[-1], below, len(ordered) - len(inside) - below)


def number_axis(label: str, low: float, high: float, ticks: int = 6) -> Axis:
    """An axis with ticks at 1, 2 or 5 times a power of ten, reversed if low > high.

    >>> [text for _, text in number_axis("points", 0, 430).ticks]
    ['0', '100', '200', '300', '400']
    """
    size = abs(high - low) or 1.0
    raw = size / max(1, ticks)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(step * power for step in (1, 2, 5, 10) if step * power >= raw)
    first = math.ceil(min(low, high) / step)
    last = math.floor(max(low, high) / step)
    return Axis(label, low, high, [(step * n, f"{step * n:.10g}") for n in range(first, last + 1)])


def count_axis(label: str, low: float, high: float, *, ticks: int = 12) -> Axis:
    """An axis of whole numbers, such as laps or rounds, with ticks at its ends and between.

    >>> [text for _, text in count_axis("lap", 0, 57).ticks]
    ['0', '5', '10', '15', '20', '25', '30', '35', '40', '45', '50', '57']
    """
    first, last = math.ceil(min(low, high)), math.floor(max(low, high))
    raw = max(1.0, (last - first) / ticks)
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000) if step >= raw)
    between = [n for n in range(-(-first // step) * step, last, step) if n != first]
    marks = [first, *(n for n in between if last - n >= step * 0.8)]
    if last > first:
        marks.append(last)
    return Axis(label, low, high, [(n, str(n)) for n in marks])


def time_axis(label: str, low_ms: float, high_ms: float, *, ticks: int = 8) -> Axis:
    """An axis of milliseconds with ticks at round seconds and some room at both ends.

    >>> [text for _, text in time_axis("lap time", 83_000, 90_000).ticks]
    ['1:23', '1:24', '1:25', '1:26', '1:27', '1:28', '1:29', '1:30']
    """
    room = max(50.0, abs(high_ms - low_ms) * 0.03)
    low, high = (
        (low_ms - room, high_ms + room) if low_ms <= high_ms else (low_ms + room, high_ms - room)
    )
    bottom, top = min(low, high), max(low, high)
    raw = (top - bottom) / ticks
    step = next((step for step in _STEPS_MS if step >= raw), math.ceil(raw / 600_000) * 600_000)
    first, last = math.ceil(bottom / step), math.floor(top / step)
    places = 0 if step >= 1000 else 1 if step >= 100 else 2
    return Axis(
        label, low, high, [(n * step, _clock(n * step, places)) for n in range(first, last + 1)]
    )


def _clock(milliseconds: int, places: int) -> str:
    seconds, rest = divmod(abs(milliseconds), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    sign = "-" if milliseconds < 0 else ""
    return sign + text + (f".{rest:03}"[: places + 1] if places else "")
