-- ergast_found: ids of the participants, selected by the race's result
-- An id of a driver, constructor, circuit or race, or a season.
SELECT DISTINCT CASE %(of)s::text
                WHEN 'drivers' THEN x.driver_id
                WHEN 'constructors' THEN x.constructor_id
                WHEN 'circuits' THEN r.circuit_id
                WHEN 'races' THEN r.race_id
                ELSE r.season::text END
  FROM results AS x
  JOIN races AS r USING (race_id)
 WHERE (%(season)s::int IS NULL OR r.season = %(season)s)
   AND (%(round)s::int IS NULL OR r.round = %(round)s)
   AND (%(circuit)s::text IS NULL OR r.circuit_id = %(circuit)s)
   AND (%(driver)s::text IS NULL OR x.driver_id = %(driver)s)
   AND (%(constructor)s::text IS NULL OR x.constructor_id = %(constructor)s)
   AND (%(grid)s::int IS NULL OR x.grid = %(grid)s)
   AND (%(position)s::int IS NULL
        OR x.position = %(position)s AND x.position_text ~ '^[0-9]+$')
   AND (%(fastest)s::int IS NULL OR x.fastest_lap_rank = %(fastest)s)
   AND (%(status)s::text IS NULL OR x.status = %(status)s)

-- ergast_entered: the same ids of participants in any session
-- Results, sprint and qualifying show who took part in a race. Standings show it for seasons only:
-- a driver keeps a championship place after a race without an entry.
SELECT DISTINCT CASE %(of)s::text
                WHEN 'drivers' THEN x.driver_id
                WHEN 'constructors' THEN x.constructor_id
                WHEN 'circuits' THEN r.circuit_id
                WHEN 'races' THEN r.race_id
                ELSE r.season::text END
  FROM races AS r CROSS JOIN LATERAL ( -- the key is in each part: not pushed down into the last one
        SELECT driver_id, constructor_id FROM results WHERE race_id = r.race_id
         UNION ALL
        SELECT driver_id, constructor_id FROM sprint_results WHERE race_id = r.race_id
         UNION ALL
        SELECT driver_id, constructor_id FROM qualifying WHERE race_id = r.race_id
         UNION ALL
        SELECT driver_id, constructor_id
          FROM driver_standings LEFT JOIN LATERAL unnest(constructor_ids) AS constructor_id ON true
         WHERE race_id = r.race_id AND %(of_seasons)s
         UNION ALL
        SELECT NULL, constructor_id FROM constructor_standings
         WHERE race_id = r.race_id AND %(of_seasons)s) AS x
 WHERE (%(season)s::int IS NULL OR r.season = %(season)s)
   AND (%(round)s::int IS NULL OR r.round = %(round)s)
   AND (%(circuit)s::text IS NULL OR r.circuit_id = %(circuit)s)
   AND (%(driver)s::text IS NULL OR x.driver_id = %(driver)s)
   AND (%(constructor)s::text IS NULL OR x.constructor_id = %(constructor)s)

-- ergast_rounds: the first round of a season without results, and the round before it
-- Without a round before it: the newest round with results, otherwise the first round.
WITH calendar AS (
    SELECT r.round, EXISTS (SELECT FROM results AS x WHERE x.race_id = r.race_id) AS run
      FROM races AS r
     WHERE r.season = %(season)s
), coming AS (
    SELECT min(round) AS round FROM calendar WHERE NOT run
)
SELECT coming.round,
       coalesce(max(c.round) FILTER (WHERE coming.round IS NULL OR c.round < coming.round),
                max(c.round) FILTER (WHERE c.run),
                min(c.round))
  FROM coming LEFT JOIN calendar AS c ON true
 GROUP BY coming.round

-- ergast_ids: the stored ids of a driver, a constructor and a circuit; case is ignored
SELECT (SELECT driver_id FROM drivers
         WHERE driver_id = %(driver)s OR lower(driver_id) = lower(%(driver)s)
         ORDER BY driver_id = %(driver)s DESC LIMIT 1),
       (SELECT constructor_id FROM constructors
         WHERE constructor_id = %(constructor)s OR lower(constructor_id) = lower(%(constructor)s)
         ORDER BY constructor_id = %(constructor)s DESC LIMIT 1),
       (SELECT circuit_id FROM circuits
         WHERE circuit_id = %(circuit)s OR lower(circuit_id) = lower(%(circuit)s)
         ORDER BY circuit_id = %(circuit)s DESC LIMIT 1)
