"""A line for each driver: lap times, positions, gaps, points."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from f1_api.plots.frame import LETTER, WIDTH, Area, Caption, apart, margin, svg, x_axis, y_axis
from f1_api.plots.looks import Look
from f1_api.plots.scales import Axis

_LABEL_HEIGHT = 12.5
_TO_LABEL = 17


class Line(NamedTuple):
    """`points` are x and y, by x; the line has a gap where y is None.

    `label` is a short text at the end of the line.
    """

    label: str
    tooltip: str
    look: Look
    points: Sequence[tuple[float, float | None]]
    picked: bool = False


class Band(NamedTuple):
    """A tooltip between two x."""

    start: float
    end: float
    tooltip: str


def line_plot(
    caption: Caption,
    lines: Sequence[Line],
    x: Axis,
    y: Axis,
    *,
    height: float = 460,
    bands: Iterable[Band] = (),
    markers: bool = False,
    marked_outside: bool = False,
) -> Markup:
    """Lines with labels at their ends. Parts outside of the axes are cut off.

    Args:
        markers: a dot at each point, for lines of few points.
        marked_outside: a point above or below is a tick at the edge and a gap in the line.
    """
    label = max(41, LETTER * max((len(line.label) for line in lines), default=0))
    left = margin(text for _, text in y.ticks)
    area = Area(left, 26, WIDTH - _TO_LABEL - label, height - 42)
    to_x = x.to(area.left, area.right)
    to_y = y.to(area.bottom, area.top)
    clip = f"{escape(caption.id)}-clip"
    drawn = [
        (line, [(to_x(at), None if value is None else to_y(value)) for at, value in line.points])
        for line in lines
    ]
    outside = [_outside(points, area) if marked_outside else "" for _, points in drawn]
    if marked_outside:
        drawn = [
            (line, [(at, place if _within(place, area) else None) for at, place in points])
            for line, points in drawn
        ]
    ends = _ends(drawn, area)
    parts = [
        y_axis(y, area, to_y),
        x_axis(x, area, to_x, grid=False),
        f'<clipPath id="{clip}">{_box(area.left - 4, area.right + 4, area)}</clipPath>',
        '<g class="bands">',
        *(_box(to_x(band.start), to_x(band.end), area, band.tooltip) for band in bands),
        "</g>",
    ]
    for number, ((line, points), ticks, end) in enumerate(zip(drawn, outside, ends, strict=True)):
        path = _path(points)
        if not path and not ticks:
            continue
        dots = f'<path class="dots" d="{_dots(points)}"/>' if markers else ""
        name = f"{escape(caption.id)}-{number}"
        parts.append(
            f'<g class="s {line.look.classes}{" on" if line.picked else ""}">'
            f"<title>{escape(line.tooltip)}</title>"
            f'<g clip-path="url(#{clip})"><path id="{name}" d="{path}"/>'
            f'<use class="hit" href="#{name}"/><path class="lead" d="{ticks}"/>{dots}</g>{end}</g>'
        )
    return svg(caption, height, parts)


def _box(left: float, right: float, area: Area, tooltip: str = "") -> str:
    title = f"<title>{escape(tooltip)}</title>" if tooltip else ""
    return (
        f'<path d="M{left:.1f} {area.top - 1:g}H{right:.1f}V{area.bottom + 1:g}H{left:.1f}z">'
        f"{title}</path>"
    )


_Drawn = tuple[Line, list[tuple[float, float | None]]]


def _ends(drawn: Sequence[_Drawn], area: Area) -> list[str]:
    """Labels: in a column for lines up to the right edge, beside the end of other lines."""
    lasts = [
        next(((at, place) for at, place in reversed(points) if place is not None), None)
        for _, points in drawn
    ]
    column = [n for n, last in enumerate(lasts) if last and last[0] > area.right - 90]
    places = [min(max(lasts[n][1], area.top), area.bottom) for n in column]  # type: ignore[index]
    placed = dict(zip(column, apart(places, _LABEL_HEIGHT, area.top, area.bottom), strict=True))
    ends = dict(zip(column, places, strict=True))
    texts = []
    for number, ((line, _), last) in enumerate(zip(drawn, lasts, strict=True)):
        if last is None:
            texts.append("")
        elif number in placed:
            at = last[0]
            start, end = ends[number], placed[number]
            texts.append(
                f'<path class="lead" d="M{at + 3:.1f} {start:.1f}L{area.right + 14:g} '
                f'{end:.1f}"/><text x="{area.right + _TO_LABEL:g}" y="{end + 4:.1f}">'
                f"{escape(line.label)}</text>"
            )
        else:
            at, place = last
            place = min(max(place, area.top + 4), area.bottom - 4)
            texts.append(
                f'<text class="inside" x="{at + 5:.1f}" y="{place + 4:.1f}">'
                f"{escape(line.label)}</text>"
            )
    return texts


def _within(place: float | None, area: Area) -> bool:
    return place is not None and area.top - 1 <= place <= area.bottom + 1


def _outside(points: Iterable[tuple[float, float | None]], area: Area) -> str:
    """Ticks at the edges for points above or below."""
    return "".join(
        f"M{at:.1f} {area.top:g}v6" if place < area.top else f"M{at:.1f} {area.bottom:g}v-6"
        for at, place in points
        if place is not None and not _within(place, area)
    )


def _path(points: Iterable[tuple[float, float | None]]) -> str:
    """A path of relative steps, which are shorter; unknown points are gaps."""
    parts = []
    pen: tuple[int, int] | None = None
    for at, place in points:
        if place is None:
            pen = None
            continue
        # In tenths, so that rounding errors do not add up.
        here = round(at * 10), round(place * 10)
        if pen is None:
            # A single point is a line without length, which its round cap shows.
            parts.append(f"M{here[0] / 10:g} {here[1] / 10:g}h0")
        else:
            parts.append(f"l{(here[0] - pen[0]) / 10:g} {(here[1] - pen[1]) / 10:g}")
        pen = here
    return "".join(parts)


def _dots(points: Iterable[tuple[float, float | None]]) -> str:
    return "".join(f"M{at:.1f} {place:.1f}h0" for at, place in points if place is not None)
