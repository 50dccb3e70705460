"""Spreads of values, a row for each driver; half of the values are in the box."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from f1_api.plots.frame import WIDTH, Area, Caption, margin, svg, x_axis
from f1_api.plots.looks import Look
from f1_api.plots.scales import Axis, quantile

_ROW = 20


class Spread(NamedTuple):
    """`values` in ascending order, at least one."""

    label: str
    tooltip: str
    look: Look
    values: Sequence[float]
    picked: bool = False


def box_plot(caption: Caption, spreads: Sequence[Spread], x: Axis) -> Markup:
    """A dot for the least value, a line up to the 0.9 quantile, a box for the middle half of the
    values and a stroke for the median. Parts outside of the axis are cut off.
    """
    left = margin(spread.label for spread in spreads)
    area = Area(left, 6, WIDTH - 28, 6 + _ROW * len(spreads))
    to_x = x.to(area.left, area.right)

    def place(value: float) -> float:
        return min(max(to_x(value), area.left), area.right)

    parts = [x_axis(x, area, to_x, grid=True)]
    for number, spread in enumerate(spreads):
        middle = area.top + number * _ROW + _ROW / 2
        values = spread.values
        least = place(values[0])
        lower, median, upper, most = (
            place(quantile(values, share)) for share in (0.25, 0.5, 0.75, 0.9)
        )
        parts.append(
            f'<g class="s box {spread.look.classes}{" on" if spread.picked else ""}">'
            f"<title>{escape(spread.tooltip)}</title>"
            f'<path class="hit" d="M{area.left:g} {middle:g}H{area.right:g}"/>'
            f'<text class="end" x="{area.left - 8:g}" y="{middle + 4:g}">'
            f"{escape(spread.label)}</text>"
            f'<path class="reach" d="M{least:.1f} {middle:g}H{most:.1f}"/>'
            f'<rect x="{lower:.1f}" y="{middle - 6:g}" width="{max(upper - lower, 1):.1f}" '
            f'height="12" rx="2"/><path class="median" d="M{median:.1f} {middle - 6:g}v12"/>'
            f'<path class="dots" d="M{least:.1f} {middle:g}h0"/></g>'
        )
    return svg(caption, area.bottom + 42, parts)
