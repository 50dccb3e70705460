-- Figures of each driver in each race and sprint.
SELECT r.season, r.round, r.race_id, x.session, x.driver_id, x.laps, x.timed_laps, x.total_ms,
       x.average_lap_ms, x.fastest_lap_ms, x.fastest_lap, x.pit_stops, x.pit_time_ms
  FROM races AS r
  JOIN aggregations AS x USING (race_id)
 WHERE r.season = %(season)s AND (%(race_id)s::text IS NULL OR r.race_id = %(race_id)s)
 ORDER BY r.round, r.race_id, x.session COLLATE "C", x.driver_id
