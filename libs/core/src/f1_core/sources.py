"""The names of the data sources, and which of two is believed."""

from collections.abc import Sequence

SOURCES = ("jolpica", "jolpica-csv", "ergast-csv", "openf1", "synthetic")
DEFAULT_ORDER = SOURCES
"""Most believed first: the corrected service, then archives, then the second opinion."""

_ORDER_BITS = 48


def precedence(source: str, capture_order: int, source_order: Sequence[str] = DEFAULT_ORDER) -> int:
    """One number that says which of two captures is believed: the greater one.

    The better source wins; within a source, the newer capture.

    Raises:
        ValueError: the source is not in `source_order`.
    """
    rank = len(source_order) - list(source_order).index(source)
    return (rank << _ORDER_BITS) + capture_order
