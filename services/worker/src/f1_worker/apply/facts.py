"""What a transaction finds out about a capture and its season before it decides anything."""

from typing import NamedTuple

from sqlalchemy import text

from f1_worker.apply.races import Calendar, by_circuit
from f1_worker.apply.resolve import SliceKey
from f1_worker.queue.statements import Statements


class Facts(NamedTuple):
    """What a transaction finds under the season's lock.

    Attributes:
        purged, released, confirmed, dismissed: what people decided about the capture, or its
            season.
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


_FACTS = text(
    """
    SELECT EXISTS (
               SELECT FROM decisions
                WHERE kind = 'purge' AND season = :season AND capture_order > :order
           ),
           EXISTS (SELECT FROM decisions WHERE kind = 'release' AND capture_key = :key),
           EXISTS (SELECT FROM decisions WHERE kind = 'confirm' AND capture_key = :key),
           (
               SELECT kind = 'dismiss'
                 FROM decisions
                WHERE capture_key = :key
                ORDER BY capture_order DESC
                LIMIT 1
           ),
           (SELECT synthetic FROM installation),
           (
               SELECT json_agg(json_build_array(race_id, session, resource))
                 FROM slice_captures
                WHERE capture_key = :key AND season = :season
           ),
           EXISTS (
               SELECT FROM slices
                WHERE season = :season AND race_id = '' AND resource = 'schedule'
           ),
           (
               SELECT json_agg(json_build_array(race_id, circuit_id, date))
                 FROM races
                WHERE season = :season
           )
    """
)
