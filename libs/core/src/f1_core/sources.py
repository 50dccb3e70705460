"""The names of the data sources, their precedence, and how late they may be."""

from collections.abc import Sequence
from datetime import timedelta

SOURCES = ("jolpica", "jolpica-csv", "ergast-csv", "openf1", "synthetic")
DEFAULT_ORDER = SOURCES
"""By precedence: the service with corrections, then archives, then OpenF1."""

LATE = timedelta(hours=72)
"""For this time after a race, an empty response means that the source is late."""

_ORDER_BITS = 48


def precedence(source: str, capture_order: int, source_order: Sequence[str] = DEFAULT_ORDER) -> int:
    """A number: of two captures, the rows of the one with the greater number are applied.

    The better source wins; within a source, the newer capture.

    Raises:
        ValueError: the source is not in `source_order`.
    """
    rank = len(source_order) - list(source_order).index(source)
    return (rank << _ORDER_BITS) + capture_order
