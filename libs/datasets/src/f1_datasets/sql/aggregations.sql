-- Figures of each driver in each race and sprint.
-- A driver with a result and no lap has 0 laps and stops, if those were captured.
WITH of_season AS (
    SELECT season, round, race_id
      FROM races
     WHERE season = %(season)s AND (%(race_id)s::text IS NULL OR race_id = %(race_id)s)
), captured AS (
    SELECT race_id, session,
           CASE WHEN bool_or(resource = 'laps') THEN 0 END AS laps,
           CASE WHEN bool_or(resource = 'pitstops') THEN 0 END AS stops
      FROM slices
     WHERE season = %(season)s AND resource IN ('laps', 'pitstops')
     GROUP BY race_id, session
), entered AS (
    SELECT race_id, 'race' AS session, driver_id FROM results JOIN of_season USING (race_id)
     UNION
    SELECT race_id, 'sprint', driver_id FROM sprint_results JOIN of_season USING (race_id)
), everyone AS (
    SELECT race_id, session, driver_id, laps, timed_laps, total_ms, average_lap_ms,
           fastest_lap_ms, fastest_lap, pit_stops, pit_time_ms
      FROM aggregations JOIN of_season USING (race_id)
     UNION ALL
    SELECT e.race_id, e.session, e.driver_id, c.laps, c.laps, c.laps, NULL, NULL, NULL, c.stops,
           c.stops
      FROM entered AS e
      JOIN captured AS c USING (race_id, session)
     WHERE NOT EXISTS (SELECT FROM aggregations AS a
                        WHERE a.race_id = e.race_id AND a.session = e.session
                          AND a.driver_id = e.driver_id)
)
SELECT r.season, r.round, r.race_id, x.session, x.driver_id, x.laps, x.timed_laps, x.total_ms,
       x.average_lap_ms, x.fastest_lap_ms, x.fastest_lap, x.pit_stops, x.pit_time_ms
  FROM of_season AS r
  JOIN everyone AS x USING (race_id)
 ORDER BY r.round, r.race_id, x.session COLLATE "C", x.driver_id
