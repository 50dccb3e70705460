-- ergast_found: what those who took part are of, by what is known of the race's result
-- Each is the driver's, the constructor's, the circuit's, the race's id, or the season.
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
        OR x.position = %(position)s AND x.position_text = x.position::text)
   AND (%(fastest)s::int IS NULL OR x.fastest_lap_rank = %(fastest)s)
   AND (%(status)s::text IS NULL OR x.status = %(status)s)

-- ergast_entered: the same of all who took part in any session, whatever became of them
-- Standings tell of a season, not of a race.
SELECT DISTINCT CASE %(of)s::text
                WHEN 'drivers' THEN x.driver_id
                WHEN 'constructors' THEN x.constructor_id
                WHEN 'circuits' THEN r.circuit_id
                WHEN 'races' THEN r.race_id
                ELSE r.season::text END
  FROM races AS r CROSS JOIN LATERAL ( -- of each race by its key: the last would not get it pushed down
        SELECT driver_id, constructor_id FROM results WHERE race_id = r.race_id
         UNION ALL
        SELECT driver_id, constructor_id FROM sprint_results WHERE race_id = r.race_id
         UNION ALL
        SELECT driver_id, constructor_id FROM qualifying WHERE race_id = r.race_id
         UNION ALL
        SELECT driver_id, NULL FROM aggregations WHERE race_id = r.race_id
         UNION ALL
        SELECT driver_id, unnest(constructor_ids) FROM driver_standings
         WHERE race_id = r.race_id AND %(of_seasons)s) AS x
 WHERE (%(season)s::int IS NULL OR r.season = %(season)s)
   AND (%(round)s::int IS NULL OR r.round = %(round)s)
   AND (%(circuit)s::text IS NULL OR r.circuit_id = %(circuit)s)
   AND (%(driver)s::text IS NULL OR x.driver_id = %(driver)s)
   AND (%(constructor)s::text IS NULL OR x.constructor_id = %(constructor)s)

-- ergast_rounds: of a season, the first round from a day on, and the last of all
SELECT min(round) FILTER (WHERE date >= %(today)s), max(round) FROM races WHERE season = %(season)s
