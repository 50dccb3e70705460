"""Aggregates of a race, recomputed from its rows. Hold the race's lock."""

from f1_core.postgres.queries import query
from f1_worker.queue.statements import Statements

AGGREGATED = ("laps", "pitstops")
"""Resources whose rows aggregates are made of."""


def recompute(statements: Statements, race_id: str, session: str) -> None:
    """Replace the aggregates of one session of one race.

    What was never captured is null; what was captured and is not there is 0.
    """
    statements.add(_RECOMPUTE, {"race_id": race_id, "session": session})


# average_lap_ms: both are whole numbers below 2^53, so that the quotient in double precision is
# the one that Python's sum(times) / len(times) gives.
# fastest: time and lap in one number, so that one pass finds the first of the fastest laps.
# pit_time_ms: null, too, if not one of the driver's stops has a duration.
_RECOMPUTE = query(__name__, "recompute")
