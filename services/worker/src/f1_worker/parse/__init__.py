"""Parses captures into slices: pure functions, a package or file for each source, by its name.

The same race gives the same lines from every source, so that the hash of a slice shows whether
anything changed, also between sources.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module

from f1_core.capture import Capture
from f1_core.errors import BadCapture
from f1_core.sources import SOURCES
from f1_worker.parse.slices import Parsed

PARSER_VERSION: int = 7
"""Increase it when the same captures give other rows, or the ledger keeps more of them: they are
then processed again. 2: pages and canonical lines are kept; 3: who took part in qualifying without
a time; 4: the archive's gaps of more than a minute; 5: rows of an archive that lack their last
cells; 6: an archive is checked slice by slice, and ids, texts, URLs and dates have limits; 7: gaps
from milliseconds, no time of unclassified drivers, the order of shared places."""


def parse(capture: Capture) -> Parsed:
    """Read a capture.

    Raises:
        BadCapture: its content does not match its header, or cannot be read.
    """
    source = capture.header.source
    if source not in SOURCES:
        raise BadCapture(f"there is no parser for the source {source!r}")
    return _parser(source)(capture)


@cache
def _parser(source: str) -> Callable[[Capture], Parsed]:
    """`parse` of the module with the source's name; the synthetic source has Jolpica's format."""
    name = "jolpica" if source == "synthetic" else source.replace("-", "_")
    found: Callable[[Capture], Parsed] = import_module(f"{__name__}.{name}").parse
    return found
