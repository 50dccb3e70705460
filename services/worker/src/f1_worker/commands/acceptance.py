"""Checks whether a person can accept a quarantined capture: its rows must be readable."""

from collections.abc import Iterable

from f1_core.capture import decode
from f1_core.errors import BadCapture, F1Error
from f1_core.store.rawstore import RawStore
from f1_worker.apply import load
from f1_worker.commands.ledger_queries import Row
from f1_worker.parse import parse
from f1_worker.parse.slices import Parsed


class NotAcceptable(F1Error):
    """Accepting the capture would change nothing."""


def check(store: RawStore, row: Row, parts: Iterable[Row]) -> int:
    """Check that accepting a capture changes its state.

    Args:
        row: the capture, from the ledger.
        parts: its slices.

    Returns:
        The number of its slices with unreadable rows, which stay quarantined.

    Raises:
        NotAcceptable: it does not; the message has the reason.
    """
    key = row["capture_key"]
    states = {row["state"], *(part["state"] for part in parts)}
    if "quarantined" not in states and row["refused"] is None:
        raise NotAcceptable(f"{key} is {row['state']}, not quarantined: there is nothing to accept")
    try:
        parsed = _parsed(store, key)
        slices = load.readable(parsed.slices)
        readable = [piece.readable for piece in slices if piece.problem is not None]
    except (BadCapture, KeyError) as error:
        why = f"its rows cannot be read, so it cannot be accepted: {error}"
        raise NotAcceptable(why) from error
    unread = readable.count(False)
    if unread and unread == len(readable):
        raise NotAcceptable(
            f"rows of {unread} slices cannot be read, and all others are applied: correct the "
            f"file and import it again, or f1-worker dismiss {key}"
        )
    if not parsed.problems and not readable:
        raise NotAcceptable(
            f"its rows are valid; it is quarantined because "
            f"{row['refused'] or row['reason']}: when that has changed, f1-worker retry {key}"
        )
    return unread


def _parsed(store: RawStore, key: str) -> Parsed:
    capture = decode(store.get(key))
    try:
        return parse(capture)
    except Exception as error:
        raise load.as_bad_capture(error) from error
