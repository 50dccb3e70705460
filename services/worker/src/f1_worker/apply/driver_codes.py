"""Drivers that a source knows by code only (OpenF1's VER), found among those who raced."""

from f1_core.errors import NotYet
from f1_core.postgres.queries import query
from f1_worker.parse import resolve
from f1_worker.parse.slices import Slice
from f1_worker.queue.statements import Statements


def resolve_drivers(statements: Statements, piece: Slice) -> Slice:
    """Put driver ids where a slice has codes. Hold the season's lock.

    Raises:
        NotYet: nobody, or more than one driver, of that code is in the season's results.
    """
    found: dict[str, list[str]] = {}
    for code, driver_id in statements.ask(_CODES, {"season": piece.season}):
        found.setdefault(code, []).append(driver_id)
    missing = sorted(code for code in piece.driver_codes if len(found.get(code, ())) != 1)
    if missing:
        raise NotYet(
            f"waits for results of {piece.season} that identify {', '.join(missing)} may be"
        )
    return resolve(piece, {code: found[code][0] for code in piece.driver_codes})


_CODES = query(__name__, "driver_codes")
