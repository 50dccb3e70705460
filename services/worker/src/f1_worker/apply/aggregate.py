"""Aggregates of a race, recomputed from its rows. Hold the race's lock."""

from f1_core.postgres.queries import query
from f1_worker.queue.statements import Statements

AGGREGATED = ("laps", "pitstops")
"""Resources from whose rows aggregates are computed."""


def recompute(statements: Statements, race_id: str, session: str) -> None:
    """Replace the aggregates of one session of one race.

    Figures of resources that were never captured are null; captured without rows, they are 0.
    """
    statements.add(_RECOMPUTE, {"race_id": race_id, "session": session})


# average_lap_ms: both are whole numbers below 2^53, so the quotient in double precision equals
# Python's sum(times) / len(times).
# fastest: time and lap in one number, so one pass finds the first of the fastest laps.
# pit_time_ms: also null if none of the driver's stops has a duration.
_RECOMPUTE = query(__name__, "recompute")
