-- ergast_results: a page of the results of races or sprints, with the total
SELECT count(*) OVER (), x.race_id, x.driver_id, x.constructor_id, x.number, x.position,
       x.position_text, x.points, x.grid, x.laps, x.status, x.time_ms, x.time,
       x.fastest_lap_rank, x.fastest_lap, x.fastest_lap_time_ms, x.fastest_lap_speed_kph
  FROM (SELECT 'race' AS session, * FROM results
         UNION ALL
        SELECT 'sprint', * FROM sprint_results) AS x
  JOIN races AS r USING (race_id)
 WHERE x.session = %(session)s
   AND (%(season)s::int IS NULL OR r.season = %(season)s)
   AND (%(round)s::int IS NULL OR r.round = %(round)s)
   AND (%(circuit)s::text IS NULL OR r.circuit_id = %(circuit)s)
   AND (%(driver)s::text IS NULL OR x.driver_id = %(driver)s)
   AND (%(constructor)s::text IS NULL OR x.constructor_id = %(constructor)s)
   AND (%(grid)s::int IS NULL OR x.grid = %(grid)s)
   AND (%(position)s::int IS NULL
        OR x.position = %(position)s AND x.position_text ~ '^[0-9]+$')
   AND (%(fastest)s::int IS NULL OR x.fastest_lap_rank = %(fastest)s)
   AND (%(status)s::text IS NULL OR x.status = %(status)s)
 ORDER BY r.season, r.round, x.position NULLS LAST, x.driver_id, x.number, x.position_text
 LIMIT %(limit)s OFFSET %(offset)s

-- ergast_status: statuses of results, the most frequent first
SELECT x.status, count(*)
  FROM results AS x
  JOIN races AS r USING (race_id)
 WHERE x.status IS NOT NULL
   AND (%(season)s::int IS NULL OR r.season = %(season)s)
   AND (%(round)s::int IS NULL OR r.round = %(round)s)
   AND (%(circuit)s::text IS NULL OR r.circuit_id = %(circuit)s)
   AND (%(driver)s::text IS NULL OR x.driver_id = %(driver)s)
   AND (%(constructor)s::text IS NULL OR x.constructor_id = %(constructor)s)
   AND (%(grid)s::int IS NULL OR x.grid = %(grid)s)
   AND (%(position)s::int IS NULL
        OR x.position = %(position)s AND x.position_text ~ '^[0-9]+$')
   AND (%(fastest)s::int IS NULL OR x.fastest_lap_rank = %(fastest)s)
   AND (%(status)s::text IS NULL OR x.status = %(status)s)
 GROUP BY x.status
 ORDER BY count(*) DESC, x.status COLLATE "C"

-- ergast_qualifying: a page of qualifying, with the total
-- `place` selects drivers with this place in any part: the position in a driver's last part, the
-- rank by time in earlier ones. All other parameters select by the race's result.
SELECT count(*) OVER (), x.race_id, x.driver_id, x.constructor_id, x.number, x.position,
       x.q1_ms, x.q2_ms, x.q3_ms, x.parts
  FROM (SELECT q.*, r.season, r.round, r.circuit_id,
               CASE WHEN q.parts > 1 OR q.q2_ms > 0
                    THEN rank() OVER (PARTITION BY q.race_id ORDER BY q.q1_ms) END AS q1_place,
               CASE WHEN q.parts > 2 OR q.q3_ms > 0
                    THEN rank() OVER (PARTITION BY q.race_id ORDER BY q.q2_ms) END AS q2_place
          FROM qualifying AS q
          JOIN races AS r USING (race_id)
         WHERE (%(season)s::int IS NULL OR r.season = %(season)s)
           AND (%(round)s::int IS NULL OR r.round = %(round)s)) AS x
 WHERE x.position IS NOT NULL
   AND (%(place)s::int IS NULL OR %(place)s IN (x.position, x.q1_place, x.q2_place))
   AND (%(circuit)s::text IS NULL OR x.circuit_id = %(circuit)s)
   AND (%(driver)s::text IS NULL OR x.driver_id = %(driver)s)
   AND (%(constructor)s::text IS NULL OR x.constructor_id = %(constructor)s)
   AND (NOT %(by_result)s OR EXISTS (
        SELECT FROM results AS y
         WHERE y.race_id = x.race_id AND y.driver_id = x.driver_id
           AND (%(grid)s::int IS NULL OR y.grid = %(grid)s)
           AND (%(position)s::int IS NULL
                OR y.position = %(position)s AND y.position_text ~ '^[0-9]+$')
           AND (%(fastest)s::int IS NULL OR y.fastest_lap_rank = %(fastest)s)
           AND (%(status)s::text IS NULL OR y.status = %(status)s)))
 ORDER BY x.season, x.round, x.position, x.driver_id, x.number
 LIMIT %(limit)s OFFSET %(offset)s

-- ergast_laps: a page of a race's laps, with the total
SELECT count(*) OVER (), driver_id, lap, position, time_ms
  FROM lap_times
 WHERE race_id = %(race_id)s AND session = 'race'
   AND (%(lap)s::int IS NULL OR lap = %(lap)s)
   AND (%(drivers)s::text[] IS NULL OR driver_id = ANY (%(drivers)s::text[]))
 ORDER BY lap, position NULLS LAST, driver_id
 LIMIT %(limit)s OFFSET %(offset)s

-- ergast_pit_stops: a page of a race's stops, with the total
SELECT count(*) OVER (), driver_id, lap, stop, local_time, duration
  FROM pit_stops
 WHERE race_id = %(race_id)s AND session = 'race'
   AND (%(lap)s::int IS NULL OR lap = %(lap)s)
   AND (%(stop)s::int IS NULL OR stop = %(stop)s)
   AND (%(drivers)s::text[] IS NULL OR driver_id = ANY (%(drivers)s::text[]))
 ORDER BY local_time NULLS LAST, lap, driver_id, stop
 LIMIT %(limit)s OFFSET %(offset)s

-- ergast_driver_standings: the drivers' championship after a round, or the newest one
WITH after AS (
    SELECT r.race_id, r.round
      FROM races AS r
     WHERE r.season = %(season)s AND (%(round)s::int IS NULL OR r.round = %(round)s)
       AND EXISTS (SELECT FROM driver_standings AS x WHERE x.race_id = r.race_id)
     ORDER BY r.round DESC
     LIMIT 1
)
SELECT after.round, x.driver_id, x.position, x.position_text, x.points, x.wins, x.constructor_ids
  FROM after
  JOIN driver_standings AS x USING (race_id)
 ORDER BY x.position NULLS LAST, x.tie_order, x.points DESC, x.driver_id

-- ergast_constructor_standings: the constructors' championship, the same way
WITH after AS (
    SELECT r.race_id, r.round
      FROM races AS r
     WHERE r.season = %(season)s AND (%(round)s::int IS NULL OR r.round = %(round)s)
       AND EXISTS (SELECT FROM constructor_standings AS x WHERE x.race_id = r.race_id)
     ORDER BY r.round DESC
     LIMIT 1
)
SELECT after.round, x.constructor_id, x.position, x.position_text, x.points, x.wins
  FROM after
  JOIN constructor_standings AS x USING (race_id)
 ORDER BY x.position NULLS LAST, x.tie_order, x.points DESC, x.constructor_id
