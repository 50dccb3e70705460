"""A row for each driver, in pieces: stints between pit stops."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from f1_api.plots.frame import LETTER, WIDTH, Area, Caption, margin, svg, x_axis
from f1_api.plots.looks import Look
from f1_api.plots.scales import Axis

_ROW = 20


class Piece(NamedTuple):
    """From `start` to `end` on the axis, with `text` in it if there is room."""

    start: float
    end: float
    text: str
    tooltip: str


class Row(NamedTuple):
    """`label` is before the pieces, `note` after the last one."""

    label: str
    look: Look
    pieces: Sequence[Piece]
    note: str = ""
    picked: bool = False


def bar_plot(caption: Caption, rows: Sequence[Row], x: Axis) -> Markup:
    """Rows of pieces in two alternating shades, with gaps between them."""
    area = Area(margin(row.label for row in rows), 6, WIDTH - 92, 6 + _ROW * len(rows))
    to_x = x.to(area.left, area.right)
    parts = [x_axis(x, area, to_x, grid=True)]
    for number, row in enumerate(rows):
        top = area.top + number * _ROW
        end = area.left
        inside = []
        for turn, piece in enumerate(row.pieces):
            start, end = to_x(piece.start), to_x(piece.end)
            width = max(end - start - 1.5, 1)
            inside.append(
                f'<rect class="{"odd" if turn % 2 else "even"}" x="{start:.1f}" y="{top + 3:g}" '
                f'width="{width:.1f}" height="{_ROW - 6}" rx="2">'
                f"<title>{escape(piece.tooltip)}</title></rect>"
            )
            if len(piece.text) * LETTER < width:
                inside.append(
                    f'<text class="in" x="{start + width / 2:.1f}" y="{top + 14:g}">'
                    f"{escape(piece.text)}</text>"
                )
        parts.append(
            f'<g class="s bar {row.look.classes}{" on" if row.picked else ""}">'
            f'<text class="end" x="{area.left - 8:g}" y="{top + 14:g}">{escape(row.label)}</text>'
            f"{''.join(inside)}"
            f'<text class="note" x="{end + 6:.1f}" y="{top + 14:g}">{escape(row.note)}</text></g>'
        )
    return svg(caption, area.bottom + 42, parts)
