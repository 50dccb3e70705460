-- The classification of races.
SELECT r.season, r.round, r.race_id, x.driver_id, x.number, x.position_text,
       x.constructor_id, x.position, x.points::float8, x.grid, x.laps, x.status, x.time_ms, x.time,
       x.fastest_lap_rank, x.fastest_lap, x.fastest_lap_time_ms, x.fastest_lap_speed_kph::float8
  FROM races AS r
  JOIN results AS x USING (race_id)
 WHERE r.season = %(season)s AND (%(race_id)s::text IS NULL OR r.race_id = %(race_id)s)
 ORDER BY r.round, r.race_id, x.position NULLS LAST, x.driver_id, x.number COLLATE "C",
          x.position_text COLLATE "C"
