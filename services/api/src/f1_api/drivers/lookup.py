"""Find drivers by id."""

from typing import Any

from f1_api.drivers.models import Driver
from f1_api.http.problems import FieldError, NotFound, invalid
from f1_api.names import matches
from f1_api.postgres.pool import Snapshot


def find_driver(snapshot: Snapshot, written: str) -> tuple[Driver, Any]:
    """The driver, and whether the data is synthetic.

    Raises:
        NotFound: there is none; `detail` has similar names.
    """
    written = written.replace("\x00", "")
    row = snapshot.row("driver", {"driver_id": written})
    if row is None:
        raise unknown_driver(snapshot, written)
    return Driver(*row[:-1]), row[-1]


def chosen_ids(snapshot: Snapshot, written: list[str] | None) -> list[str] | None:
    """The stored ids of the parameter `driver`, sorted; None: not given.

    It may be repeated or have commas; case is ignored.

    Raises:
        Invalid: a value is not an id, or is empty.
        NotFound: a driver is not stored.
    """
    if written is None:
        return None
    ids = sorted({part.strip() for item in written for part in item.split(",")} - {""})
    for one in ids or [""]:
        if not one.replace("_", "").replace("-", "").replace(".", "").isalnum() or len(one) > 80:
            message = "write ids such as ada_falk,bruno_keller"
            raise invalid([FieldError("driver", message, one[:100])])
    rows = snapshot.rows("stored_drivers", {"drivers": ids})
    found: dict[str, str | None] = {written: stored for written, stored in rows}  # noqa: C416
    unknown = [one for one in ids if found[one] is None]
    if unknown:
        raise unknown_driver(snapshot, unknown[0])
    return sorted({stored for stored in found.values() if stored is not None})


def unknown_driver(snapshot: Snapshot, written: str) -> NotFound:
    """The problem for an unknown driver, with similar names."""
    text = written.lower().replace("\x00", "")[:80]
    names = snapshot.rows("driver_names") if text else []
    similar = [row[0] for row in names if matches(text, *row) or matches(text, row[0])][:3]
    hint = f"did you mean {', '.join(similar)}? " if similar else ""
    return NotFound(f"there is no driver {written[:80]!r} here; {hint}/drivers?q=... searches")
