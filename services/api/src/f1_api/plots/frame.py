"""The frame of plots: title and description for screen readers, axes, labels."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from f1_api.plots.scales import Axis

WIDTH = 900
"""Width of all plots in user units; pages scale them, and scroll them on phones."""


LETTER = 7
"""The width of a letter, roughly."""


class Caption(NamedTuple):
    """`id` is unique in the page; `title` names the plot, `description` has its content."""

    id: str
    title: str
    description: str


class Figure(NamedTuple):
    """A plot with its heading and a note for readers."""

    id: str
    title: str
    note: str
    svg: Markup


class Area(NamedTuple):
    """The area of the data, from the plot's upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


def margin(texts: Iterable[str]) -> float:
    """Room for texts left of the area; the same for all short texts."""
    return max(52, 8 + LETTER * max(map(len, texts), default=0))


def svg(caption: Caption, height: float, parts: Iterable[str]) -> Markup:
    """The whole plot. `parts` are markup."""
    name = escape(caption.id)
    return Markup(  # noqa: S704 - all data is escaped
        f'<svg class="plot" viewBox="0 0 {WIDTH} {height:g}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(caption.title)}</title>'
        f'<desc id="{name}-desc">{escape(caption.description)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def x_axis(axis: Axis, area: Area, x: Callable[[float], float], *, grid: bool) -> str:
    """Ticks below the area, with lines across it for a grid."""
    top = area.top if grid else area.bottom
    lines = "".join(f"M{x(at):.1f} {top:g}V{area.bottom + 4:g}" for at, _ in axis.ticks)
    texts = "".join(
        f'<text x="{x(at):.1f}" y="{area.bottom + 17:g}">{escape(text)}</text>'
        for at, text in axis.ticks
    )
    middle = (area.left + area.right) / 2
    return (
        f'<path class="grid" d="{lines}"/><g class="tick middle">{texts}'
        f'<text class="axis" x="{middle:g}" y="{area.bottom + 34:g}">{escape(axis.label)}</text>'
        "</g>"
    )


def y_axis(axis: Axis, area: Area, y: Callable[[float], float]) -> str:
    """Ticks left of the area, lines across it, and the label above."""
    lines = "".join(f"M{area.left - 4:g} {y(at):.1f}H{area.right:g}" for at, _ in axis.ticks)
    texts = "".join(
        f'<text x="{area.left - 8:g}" y="{y(at) + 4:.1f}">{escape(text)}</text>'
        for at, text in axis.ticks
    )
    return (
        f'<path class="grid" d="{lines}"/><g class="tick end">{texts}</g>'
        f'<text class="axis" x="0" y="{area.top - 10:g}">{escape(axis.label)}</text>'
    )


def apart(places: Sequence[float], distance: float, low: float, high: float) -> list[float]:
    """The places, moved as little as possible to be `distance` apart between low and high.

    Without enough room, the distance is smaller.

    >>> apart([10, 11, 50], 10, 0, 100)
    [5.5, 15.5, 50]
    """
    if not places:
        return []
    distance = min(distance, (high - low) / max(1, len(places) - 1))
    order = sorted(range(len(places)), key=lambda index: places[index])
    # Blocks of adjacent labels, each centred on the mean of its places.
    blocks: list[tuple[float, list[int]]] = []
    for index in order:
        start, members = max(low, min(places[index], high)), [index]
        while blocks and start < blocks[-1][0] + distance * len(blocks[-1][1]):
            members = [*blocks.pop()[1], *members]
            centre = sum(places[m] - n * distance for n, m in enumerate(members)) / len(members)
            start = max(low, min(centre, high - distance * (len(members) - 1)))
        blocks.append((start, members))
    placed = [0.0] * len(places)
    for start, members in blocks:
        for number, index in enumerate(members):
            placed[index] = start + number * distance
    return placed
