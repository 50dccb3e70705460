"""Captures to slices: pure functions, a package or file for each source.

The same race gives the same lines from every source, so that the hash of a slice shows whether
anything changed, whatever the source.
"""

from f1_core.capture import Capture
from f1_core.errors import BadCapture
from f1_worker.parse import ergast_csv, jolpica, jolpica_csv, openf1
from f1_worker.parse.openf1 import resolve
from f1_worker.parse.slices import Parsed

PARSER_VERSION: int = 7
"""Raise it when the same captures give other rows, or more is kept of them: they are then processed
again. 2: pages and canonical lines are kept; 3: who took part in qualifying without a time; 4: the
archive's gaps of more than a minute; 5: rows of an archive that lack their last cells; 6: an
archive is checked slice by slice, and ids, texts, URLs and dates have limits; 7: gaps from
milliseconds, no time of drivers who are not classified, the order of shared places."""

_PARSERS = {
    "ergast-csv": ergast_csv.parse,
    "jolpica": jolpica.parse,
    "jolpica-csv": jolpica_csv.parse,
    "openf1": openf1.parse,
    "synthetic": jolpica.parse,
}


def parse(capture: Capture) -> Parsed:
    """Read a capture.

    Raises:
        BadCapture: it cannot be read as its header describes it.
    """
    parser = _PARSERS.get(capture.header.source)
    if parser is None:
        raise BadCapture(f"there is no parser for the source {capture.header.source!r}")
    return parser(capture)


__all__ = ["PARSER_VERSION", "parse", "resolve"]
