"""A dashboard as SVG, from its JSON and the answers of Prometheus, similar to Grafana.

Panels are placed by their gridPos. Stats, time series, bar gauges and tables are drawn with the
features that the dashboards of this chart use. Axes are those of the API's plots.
"""

import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from markupsafe import escape

from f1_api.plots.scales import number_axis
from monitored.dashboards import Panel, Target
from monitored.figures import COLOURS, TEXT, colour, mapped, readable
from monitored.prometheus import Prometheus

COLUMN, ROW, GAP = 50, 34, 8
_PALETTE = (
    "#56a64b", "#1f60c4", "#e0781b", "#8f3bb8", "#c4162a", "#0aa1a1", "#b8860b", "#e0589b",
    "#5a6b7b", "#7c4a1e",
)  # fmt: skip
_QUIET = "#6a737d"
_STYLE = (
    "text{font-family:system-ui,'DejaVu Sans',sans-serif;font-size:11px;fill:#24292e}"
    ".t{font-weight:600;font-size:12px}.q{fill:#6a737d;font-size:10px}.b{font-weight:600}"
)


class Span(NamedTuple):
    """The displayed time, in seconds since 1970."""

    start: float
    end: float

    @property
    def step(self) -> float:
        """Seconds between two points."""
        return max(1.0, round((self.end - self.start) / 240))


class Series(NamedTuple):
    """A name and values over time; NaN values are left out."""

    name: str
    points: list[tuple[float, float]]

    @property
    def last(self) -> float:
        """The newest value."""
        return self.points[-1][1] if self.points else math.nan


class Box(NamedTuple):
    """A rectangle, in pixels."""

    x: float
    y: float
    w: float
    h: float


def draw(dashboard: dict[str, Any], panels: Sequence[Panel], server: Prometheus, span: Span) -> str:
    """The whole dashboard."""
    bottom = max(panel.json["gridPos"]["y"] + panel.json["gridPos"]["h"] for panel in panels)
    width, height = 24 * COLUMN + GAP, bottom * ROW + 44
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" '
            f'aria-label="{escape(dashboard["title"])}">'
        ),
        f"<style>{_STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#f4f5f5"/>',
        (
            f'<text x="{GAP}" y="24" style="font-size:16px" class="t">'
            f"{escape(dashboard['title'])}</text>"
            f'<text x="{width - GAP}" y="24" text-anchor="end" class="q">'
            f"{_clock(span.start)} to {_clock(span.end)} UTC</text>"
        ),
    ]
    for panel in panels:
        at = panel.json["gridPos"]
        box = Box(at["x"] * COLUMN + GAP, at["y"] * ROW + 40, at["w"] * COLUMN - GAP,
                  at["h"] * ROW - GAP)  # fmt: skip
        parts.extend(_panel(panel, box, server, span))
    return "\n".join([*parts, "</svg>\n"])


def _panel(panel: Panel, box: Box, server: Prometheus, span: Span) -> Iterator[str]:
    title = escape(panel.json["title"])
    if panel.json["type"] == "row":
        yield f'<text class="t" x="{box.x}" y="{box.y + 20}" fill="{_QUIET}">{title}</text>'
        return
    yield f"<g><title>{title}: {escape(panel.json['description'])}</title>"
    yield (
        f'<rect x="{box.x}" y="{box.y}" width="{box.w}" height="{box.h}" rx="2" fill="#fff" '
        f'stroke="#e1e4e8"/><text class="t" x="{box.x + 8}" y="{box.y + 17}">{title}</text>'
    )
    inside = Box(box.x + 8, box.y + 26, box.w - 16, box.h - 32)
    if panel.json["type"] == "table":
        yield from _table(panel, inside, server)
    else:
        found = [series for target in panel.targets for series in _series(target, server, span)]
        if not found:
            yield f'<text class="q" x="{inside.x}" y="{inside.y + 20}">no data</text>'
        else:
            kind = {"stat": _stat, "bargauge": _bars, "timeseries": _lines}[panel.json["type"]]
            yield from kind(panel, found, inside, span)
    yield "</g>"


def _series(target: Target, server: Prometheus, span: Span) -> Iterator[Series]:
    for found in server.query_range(target.expr, span.start, span.end, span.step):
        labels: dict[str, str] = found["metric"]
        rest = ", ".join(value for key, value in labels.items() if key != "__name__")
        name = _named(target.legend, labels) or rest
        points = [(at, float(value)) for at, value in found["values"]]
        kept = [(at, value) for at, value in points if math.isfinite(value)]
        if kept:
            yield Series(name, kept)


def _named(legend: str, labels: dict[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda match: labels.get(match[1], ""), legend)


# --- numbers ------------------------------------------------------------------------------------


def _stat(panel: Panel, found: Sequence[Series], box: Box, span: Span) -> Iterator[str]:
    defaults = panel.json["fieldConfig"]["defaults"]
    width = box.w / len(found)
    for number, series in enumerate(found):
        x = box.x + number * width
        text, paint = mapped(series.last, defaults.get("mappings", ())) or (
            readable(series.last, defaults["unit"], defaults.get("decimals")),
            colour(series.last, defaults["thresholds"]),
        )
        yield _spark(series, Box(x, box.y + box.h - 26, width - 8, 24), span, paint)
        if len(found) > 1:
            yield f'<text class="q" x="{x}" y="{box.y + 8}">{escape(series.name)}</text>'
        size = min(30.0, 1.7 * (width - 8) / max(1, len(text)))
        yield (
            f'<text class="b" x="{x}" y="{box.y + 46}" style="font-size:{size:.0f}px;'
            f'fill:{paint}">{escape(text)}</text>'
        )


def _spark(series: Series, box: Box, span: Span, paint: str) -> str:
    values = [value for _, value in series.points]
    low, high = min(0.0, *values), max(values)
    path = _path(series.points, box, span, low, high or 1.0)
    return f'<path d="{path}" fill="none" stroke="{paint}" stroke-opacity=".45"/>'


def _bars(panel: Panel, found: Sequence[Series], box: Box, span: Span) -> Iterator[str]:
    defaults = panel.json["fieldConfig"]["defaults"]
    most = max([defaults["max"], *(series.last for series in found)]) or 1.0
    height = min(36.0, box.h / len(found))
    for number, series in enumerate(found):
        y = box.y + number * height
        paint = colour(series.last, defaults["thresholds"])
        wide = max(0.0, min(1.0, series.last / most)) * box.w
        text = readable(series.last, defaults["unit"])
        yield (
            f'<text x="{box.x}" y="{y + 10:.0f}">{escape(_cut(series.name, box.w - 70))}</text>'
            f'<text class="b" x="{box.x + box.w}" y="{y + 10:.0f}" text-anchor="end" '
            f'style="fill:{paint}">{text}</text>'
            f'<rect x="{box.x}" y="{y + 14:.0f}" width="{box.w}" height="5" fill="#eceff1"/>'
            f'<rect x="{box.x}" y="{y + 14:.0f}" width="{wide:.1f}" height="5" fill="{paint}"/>'
        )


# --- over time ----------------------------------------------------------------------------------


def _lines(panel: Panel, found: Sequence[Series], box: Box, span: Span) -> Iterator[str]:
    defaults = panel.json["fieldConfig"]["defaults"]
    stacked = defaults["custom"].get("stacking", {}).get("mode") == "normal"
    drawn = _stacked(found) if stacked else list(found)
    values = [value for series in drawn for _, value in series.points]
    steps = [step for step in defaults.get("thresholds", {}).get("steps", ()) if step["value"]]
    limits = [step["value"] for step in steps if step["value"] < 8 * max(values, default=0)]
    low = min([*values, defaults.get("min", math.inf)])
    high = max([*values, *limits])
    if high <= low:
        high = low + 1
    axis = number_axis("", low, high + (high - low) * 0.05, 4)
    legend, height = _legend([series.name for series in found], box)
    marks = [readable(value, defaults["unit"]) for value, _ in axis.ticks]
    left = 12 + 6.2 * max(map(len, marks), default=0)
    area = Box(box.x + left, box.y + 4, box.w - left - 4, box.h - height - 22)
    to_y = axis.to(area.y + area.h, area.y)
    for (value, _), mark in zip(axis.ticks, marks, strict=True):
        yield (
            f'<path d="M{area.x:.1f} {to_y(value):.1f}h{area.w:.1f}" stroke="#eceff1"/>'
            f'<text class="q" x="{area.x - 5:.1f}" y="{to_y(value) + 3.5:.1f}" '
            f'text-anchor="end">{mark}</text>'
        )
    yield from _times(area, span)
    for limit in limits:
        paint = next(COLOURS[step["color"]] for step in steps if step["value"] == limit)
        yield (
            f'<path d="M{area.x:.1f} {to_y(limit):.1f}h{area.w:.1f}" stroke="{paint}" '
            'stroke-dasharray="5 4"/>'
        )
    for number, series in reversed(list(enumerate(drawn))):
        paint = _PALETTE[number % len(_PALETTE)]
        path = _path(series.points, area, span, axis.low, axis.high)
        if stacked and path:
            first, last = series.points[0][0], series.points[-1][0]
            ends = [area.x + (at - span.start) / (span.end - span.start) * area.w
                    for at in (last, first)]  # fmt: skip
            bottom = area.y + area.h
            yield (
                f'<path d="{path}L{ends[0]:.1f} {bottom:.1f}L{ends[1]:.1f} {bottom:.1f}z" '
                f'fill="{paint}" stroke="#fff" stroke-width=".6"/>'
            )
        else:
            yield f'<path d="{path}" fill="none" stroke="{paint}" stroke-width="1.6"/>'
    yield from legend


def _stacked(found: Sequence[Series]) -> list[Series]:
    """The series stacked on each other."""
    below: dict[float, float] = {}
    stacked = []
    for series in found:
        points = []
        for at, value in series.points:
            below[at] = below.get(at, 0.0) + value
            points.append((at, below[at]))
        stacked.append(Series(series.name, points))
    return stacked


def _times(area: Box, span: Span) -> Iterator[str]:
    length = span.end - span.start
    step = next((s for s in (10, 30, 60, 120, 300, 600, 1800, 3600) if length / s <= area.w / 70),
                7200)  # fmt: skip
    at = math.ceil(span.start / step) * step
    while at <= span.end:
        x = area.x + (at - span.start) / length * area.w
        if area.x + 14 < x < area.x + area.w - 12:
            yield (
                f'<text class="q" x="{x:.1f}" y="{area.y + area.h + 14:.1f}" '
                f'text-anchor="middle">{_clock(at)}</text>'
            )
        at += step


def _legend(names: Sequence[str], box: Box) -> tuple[list[str], float]:
    """The markup of the legend at the bottom of the box, and its height."""
    places: list[tuple[float, int, str]] = []
    x, line = 0.0, 0
    for name in names:
        text = _cut(name, box.w - 20)
        wide = 22 + 6.3 * len(text)
        if x and x + wide > box.w:
            x, line = 0.0, line + 1
        places.append((x, line, text))
        x += wide
    height = 15.0 * (line + 1)
    top = box.y + box.h - height + 11
    markup = []
    for number, (left, row, text) in enumerate(places):
        y = top + 15 * row
        paint = _PALETTE[number % len(_PALETTE)]
        markup.append(
            f'<rect x="{box.x + left:.1f}" y="{y - 6:.1f}" width="10" height="3" fill="{paint}"/>'
            f'<text x="{box.x + left + 14:.1f}" y="{y - 1:.1f}">{escape(text)}</text>'
        )
    return markup, height


def _path(
    points: Sequence[tuple[float, float]], box: Box, span: Span, low: float, high: float
) -> str:
    """A line through the points, with a gap where one is missing."""
    parts: list[str] = []
    before = -math.inf
    for at, value in points:
        x = box.x + (at - span.start) / (span.end - span.start) * box.w
        y = box.y + box.h - (value - low) / ((high - low) or 1.0) * box.h
        parts.append(f"{'L' if at - before <= 1.5 * span.step else 'M'}{x:.1f} {y:.1f}")
        before = at
    return "".join(parts)


# --- tables -------------------------------------------------------------------------------------


def _table(panel: Panel, box: Box, server: Prometheus) -> Iterator[str]:
    found = [one for target in panel.targets for one in server.query(target.expr)]
    [transformation] = panel.json["transformations"]
    if transformation["id"] == "groupingToMatrix":
        options = transformation["options"]
        rows_by, columns_by = options["rowField"], options["columnField"]
        columns = sorted({one["metric"][columns_by] for one in found})
        values = {(o["metric"][rows_by], o["metric"][columns_by]): o["value"][1] for o in found}
        heads = [rows_by, *columns]
        rows = [
            [name, *(values.get((name, column), "") for column in columns)]
            for name in sorted({row for row, _ in values})
        ]
    else:
        heads = sorted({label for one in found for label in one["metric"]})
        rows = sorted([one["metric"].get(label, "") for label in heads] for one in found)
    wide = box.w / max(1, len(heads))
    for number, row in enumerate([heads, *rows]):
        y = box.y + 14 + 22 * number
        style = f"fill:{_QUIET}" if not number else f"fill:{TEXT}"
        yield f'<path d="M{box.x} {y + 7}h{box.w}" stroke="#eceff1"/>'
        for column, text in enumerate(row):
            yield (
                f'<text x="{box.x + column * wide:.0f}" y="{y}" style="{style}">'
                f"{escape(_cut(text, wide - 6))}</text>"
            )


def _cut(text: str, width: float) -> str:
    most = max(4, int(width / 6.2))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _clock(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return moment.strftime("%H:%M:%S" if moment.second else "%H:%M")
