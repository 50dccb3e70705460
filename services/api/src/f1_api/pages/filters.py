"""Jinja filters that format values for pages."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from markupsafe import Markup, escape

from f1_core.capture import parse_key
from f1_core.durations import format_duration
from f1_core.resources import RESOURCES

NEVER = Markup(
    '<span class="quiet" title="never captured, or not given by the source">&ndash;</span>'
)
"""The text for null; 0 is 0."""

_ADDRESS = re.compile(r"(?<![\w.])/(?:docs|seasons|races|drivers)\b[\w/?=&-]*")


def known(value: Any) -> Any:
    """The value, or a dash for null."""
    return NEVER if value is None else value


def lap_time(milliseconds: float | None) -> Any:
    """A time as on timing screens.

    >>> lap_time(83_456), lap_time(55_404), lap_time(7_527_547), lap_time(83_456.6)
    ('1:23.456', '55.404', '2:05:27.547', '1:23.457')
    """
    return NEVER if milliseconds is None else format_duration(round(milliseconds))


def number(value: float | None) -> Any:
    r"""A number without trailing zeros, with separated thousands.

    >>> number(25.0), number(12.5), number(0), number(12345)
    ('25', '12.5', '0', '12\u202f345')
    """
    if value is None:
        return NEVER
    return f"{value:,.10g}".replace(",", "\u202f" if abs(value) >= 10_000 else "")


def day(on: date) -> str:
    """A date in words.

    >>> day(date(2024, 5, 6))
    '6 May 2024'
    """
    return f"{on.day} {on:%B %Y}"


def utc(at: datetime) -> str:
    """A time to the minute, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def duration(seconds: float) -> str:
    """A duration in seconds as text, to about a tenth.

    >>> duration(0.0042), duration(3.4), duration(59.9), duration(4_000), duration(200_000)
    ('4.2 ms', '3.4 s', '60 s', '67 min', '56 h')
    >>> duration(2_000_000), duration(0)
    ('23 days', '0 s')
    """
    for size, most, unit in ((0.001, 1000, "ms"), (1, 90, "s"), (60, 90, "min"), (3600, 72, "h")):
        if 0 < seconds < size * most:
            value = seconds / size
            return f"{value:.0f} {unit}" if value >= 10 else f"{value:.2g} {unit}"
    return f"{seconds / 86400:.0f} days" if seconds else "0 s"


def marked(text: str) -> Markup:
    """Text with `code` and **strong** in it."""
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup(re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", html))  # noqa: S704 - escaped


def linked(text: str) -> Markup:
    """Text with links for addresses of this API.

    >>> str(linked("see /docs, <b>: /drivers?q=... searches"))
    'see <a href="/docs">/docs</a>, &lt;b&gt;: /drivers?q=... searches'
    """
    parts = []
    end = 0
    for found in _ADDRESS.finditer(text):
        if found[0][-1] in "/?=&-" or text.startswith("..", found.end()):
            continue  # a part for the reader follows
        parts.append(escape(text[end : found.start()]))
        parts.append(Markup('<a href="{0}">{0}</a>').format(found[0]))
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def capture(key: str) -> str:
    """A capture in short: its source and order.

    >>> capture("raw/2024-05-26/jolpica/20240526T180204Z-2024-08-laps-000000000812.json")
    'jolpica 812'
    """
    parts = parse_key(key)
    return f"{parts.source} {parts.order}" if parts else key


def resource(name: str) -> str:
    """The name of a resource in a sentence.

    >>> resource("pitstops"), resource("results")
    ('pit stops', 'results')
    """
    known = RESOURCES.get(name)
    return known.title if known else name


def cell(value: Any, column: str) -> Any:
    """A cell of a table, formatted by the name of its column.

    >>> cell(83_456, "time_ms"), cell(25.0, "points"), cell(["a", "b"], "constructor_ids")
    ('1:23.456', '25', 'a, b')
    """
    if value is None:
        return NEVER
    if column.endswith("_ms"):
        return lap_time(value)
    return next((shown(value) for kind, shown in _CELLS if isinstance(value, kind)), value)


_CELLS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (datetime, utc),
    (float, number),
    (list, ", ".join),
    (
        dict,
        lambda dates: "; ".join(f"{key} {' '.join(day.values())}" for key, day in dates.items()),
    ),
)


def heading(column: str) -> str:
    """The heading of a column whose values :func:`cell` shows.

    >>> heading("driver_id"), heading("q1_ms")
    ('Driver id', 'Q1')
    """
    return column.removesuffix("_ms").replace("_", " ").capitalize()


ALL: dict[str, Callable[..., Any]] = {
    "known": known,
    "lap_time": lap_time,
    "number": number,
    "day": day,
    "utc": utc,
    "capture": capture,
    "cell": cell,
    "heading": heading,
    "resource": resource,
    "iso": lambda at: at.isoformat(),
    "duration": duration,
    "ago": lambda at, now: f"{duration(max(0.0, (now - at).total_seconds()))} ago",
    "marked": marked,
    "linked": linked,
}
