-- Every stop of races and sprints.
SELECT r.season, r.round, r.race_id, x.session, x.driver_id, x.stop, x.lap, x.local_time,
       x.duration_ms, x.duration
  FROM races AS r
  JOIN pit_stops AS x USING (race_id)
 WHERE r.season = %(season)s AND (%(race_id)s::text IS NULL OR r.race_id = %(race_id)s)
 ORDER BY r.round, r.race_id, x.session COLLATE "C", x.driver_id, x.stop
