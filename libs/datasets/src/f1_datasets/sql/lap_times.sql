-- Every lap of races and sprints.
SELECT r.season, r.round, r.race_id, x.session, x.driver_id, x.lap, x.position, x.time_ms
  FROM races AS r
  JOIN lap_times AS x USING (race_id)
 WHERE r.season = %(season)s AND (%(race_id)s::text IS NULL OR r.race_id = %(race_id)s)
 ORDER BY r.round, r.race_id, x.session COLLATE "C", x.driver_id, x.lap
