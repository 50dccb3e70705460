"""Aggregates of a race, recomputed from its rows. Hold the race's lock."""

from sqlalchemy import text

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
_RECOMPUTE = text(
    """
    DELETE FROM aggregations WHERE race_id = :race_id AND session = :session;

    WITH captured AS (
        SELECT coalesce(bool_or(resource = 'laps'), false) AS laps,
               coalesce(bool_or(resource = 'pitstops'), false) AS stops
          FROM slices
         WHERE season = (SELECT season FROM races WHERE race_id = :race_id)
           AND race_id = :race_id AND session = :session
    ), of_laps AS (
        SELECT driver_id, count(*) AS laps, count(time_ms) AS timed_laps,
               coalesce(sum(time_ms), 0) AS total_ms, min(time_ms * 10000::bigint + lap) AS fastest
          FROM lap_times
         WHERE race_id = :race_id AND session = :session
         GROUP BY driver_id
    ), of_stops AS (
        SELECT driver_id, count(*) AS stops, sum(duration_ms) AS pit_time_ms
          FROM pit_stops
         WHERE race_id = :race_id AND session = :session
         GROUP BY driver_id
    )
    INSERT INTO aggregations (
        race_id, session, driver_id, laps, timed_laps, total_ms, average_lap_ms, fastest_lap_ms,
        fastest_lap, pit_stops, pit_time_ms
    )
    SELECT :race_id, :session, driver_id,
           CASE WHEN captured.laps THEN coalesce(l.laps, 0) END,
           CASE WHEN captured.laps THEN coalesce(l.timed_laps, 0) END,
           CASE WHEN captured.laps THEN coalesce(l.total_ms, 0) END,
           l.total_ms::float8 / nullif(l.timed_laps, 0),
           l.fastest / 10000,
           l.fastest % 10000,
           CASE WHEN captured.stops THEN coalesce(s.stops, 0) END,
           CASE WHEN captured.stops AND s.stops IS NULL THEN 0 ELSE s.pit_time_ms END
      FROM of_laps l
      FULL JOIN of_stops s USING (driver_id)
     CROSS JOIN captured
    """
)
