-- Qualifying sessions.
SELECT r.season, r.round, r.race_id, x.driver_id, x.number, x.constructor_id, x.position,
       x.q1_ms, x.q2_ms, x.q3_ms, x.parts
  FROM races AS r
  JOIN qualifying AS x USING (race_id)
 WHERE r.season = %(season)s AND (%(race_id)s::text IS NULL OR r.race_id = %(race_id)s)
 ORDER BY r.round, r.race_id, x.position NULLS LAST, x.driver_id, x.number COLLATE "C"
