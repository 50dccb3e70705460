"""Formats values of a dashboard by Grafana's names of units."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

COLOURS = {"green": "#299c46", "yellow": "#b8860b", "red": "#d44a3a"}
TEXT = "#24292e"


def readable(value: float, unit: str, decimals: int | None = None) -> str:
    """A value with its unit.

    >>> readable(0.995, "percentunit", 2), readable(0.0042, "s"), readable(7200, "s")
    ('99.50%', '4.2 ms', '2 h')
    >>> readable(150_000_000, "bytes"), readable(12.34, "reqps"), readable(3, "short")
    ('143 MiB', '12.3/s', '3')
    """
    if math.isnan(value):
        return "no data"
    if unit == "percentunit":
        return f"{value * 100:.{decimals}f}%" if decimals is not None else f"{value * 100:.3g}%"
    if unit == "s":
        return _duration(value)
    if unit == "bytes":
        return _scaled(value, 1024, ("B", "KiB", "MiB", "GiB"))
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{text}/s" if unit in ("reqps", "cps") else text


def colour(value: float, thresholds: Mapping[str, Any]) -> str:
    """The colour of the last step that the value has reached."""
    found = TEXT
    for step in thresholds.get("steps", ()):
        if step["value"] is None or value >= step["value"]:
            found = COLOURS.get(step["color"], TEXT)
    return found


def mapped(value: float, mappings: Sequence[Mapping[str, Any]]) -> tuple[str, str] | None:
    """The mapped text and colour of a value; None: it has no mapping."""
    for mapping in mappings:
        result = mapping["options"].get(f"{value:g}")
        if result:
            return result["text"], COLOURS.get(result["color"], TEXT)
    return None


def _duration(seconds: float) -> str:
    size = abs(seconds)
    for factor, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if size >= 2 * factor:
            return f"{seconds / factor:.3g} {name}"
    if size >= 1 or not size:
        return f"{seconds:.3g} s"
    return f"{seconds * 1000:.3g} ms" if size >= 0.001 else f"{seconds * 1e6:.3g} µs"


def _scaled(value: float, base: int, names: Sequence[str]) -> str:
    for name in names[:-1]:
        if abs(value) < base:
            return f"{value:.3g} {name}"
        value /= base
    return f"{value:.3g} {names[-1]}"
