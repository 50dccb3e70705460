"""Find seasons by ``2024`` or ``current``."""

from datetime import date

from f1_api.http.problems import NotFound
from f1_api.postgres.pool import Snapshot
from f1_api.seasons.models import Season


def find_season(snapshot: Snapshot, written: str, *, today: date) -> tuple[int, Season]:
    """The year and its stored season.

    Raises:
        NotFound: it is not stored; `detail` lists stored seasons.
    """
    number = year_of(snapshot, written, today=today)
    row = snapshot.row("seasons", {"season": number, "today": today})
    if row is None:
        raise not_found(snapshot, written)
    return number, Season(*row)


def year_of(snapshot: Snapshot, written: str, *, today: date) -> int:
    """The year of a path.

    Raises:
        NotFound: it is not a year.
    """
    if written.lower() == "current":
        return today.year
    if not (written.isascii() and written.isdigit() and len(written) == 4):
        raise not_found(snapshot, written)
    return int(written)


def not_found(snapshot: Snapshot, written: str) -> NotFound:
    """The problem for a season that is not stored."""
    stored = [row[0] for row in snapshot.rows("seasons", {"season": None, "today": None})]
    hint = f"stored are {', '.join(map(str, stored[:10]))}" if stored else "none is stored yet"
    return NotFound(f"there is no season {written[:100]!r} here: write 2024 or current; {hint}")
