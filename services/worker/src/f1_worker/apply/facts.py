"""The facts about a capture and its season that a transaction reads before it decides."""

from typing import NamedTuple

from f1_core.postgres.queries import query
from f1_worker.apply.races import Calendar, by_circuit
from f1_worker.apply.resolve import SliceKey
from f1_worker.queue.statements import Statements


class Facts(NamedTuple):
    """Read under the season's lock.

    Attributes:
        purged, released, confirmed, dismissed: decisions about the capture, or its season;
            `f1-worker accept` makes the decision `release`.
        synthetic: whether this database has synthetic data; None: it has no data yet.
        previous: the slices of the season of which the capture is a candidate so far.
        calendar: of the applied schedule; None if there is none.
    """

    purged: bool
    released: bool
    confirmed: bool
    dismissed: bool
    synthetic: bool | None
    previous: list[SliceKey]
    calendar: Calendar | None


def read_facts(statements: Statements, season: int, key: str, order: int) -> Facts:
    """Read the facts about the capture `key`. Hold the season's lock."""
    [(purged, released, confirmed, dismissed, synthetic, previous, scheduled, races)] = (
        statements.fetch(_FACTS, {"key": key, "order": order, "season": season})
    )
    return Facts(
        purged,
        released and not dismissed,
        confirmed and not dismissed,
        bool(dismissed),
        synthetic,
        [SliceKey(season, *parts) for parts in previous or ()],
        Calendar(season, by_circuit(races or ())) if scheduled else None,
    )


_FACTS = query(__name__, "facts")
