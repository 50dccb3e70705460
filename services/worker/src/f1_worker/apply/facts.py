"""What a transaction finds out about a capture and its season before it decides anything."""

from typing import NamedTuple

from f1_core.postgres.queries import query
from f1_worker.apply.races import Calendar, by_circuit
from f1_worker.apply.resolve import SliceKey
from f1_worker.queue.statements import Statements


class Facts(NamedTuple):
    """What a transaction finds under the season's lock.

    Attributes:
        purged, released, confirmed, dismissed: what people decided about the capture, or its
            season; `f1-worker accept` makes the decision `release`.
        synthetic: whether this database holds synthetic data; None if it holds none yet.
        previous: the slices of the season that the capture has a part in so far.
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
        statements.ask(_FACTS, {"key": key, "order": order, "season": season})
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
