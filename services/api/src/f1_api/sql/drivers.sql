-- drivers: drivers by family name
SELECT d.driver_id, d.number, d.code, d.given_name, d.family_name, d.date_of_birth, d.nationality,
       d.url
  FROM drivers AS d
 WHERE (%(code)s::text IS NULL OR d.code = upper(%(code)s))
   AND (%(nationality)s::text IS NULL OR lower(d.nationality) = lower(%(nationality)s))
   AND (%(q)s::text IS NULL
        OR position(regexp_replace(normalize(lower(%(q)s), NFKD), '[\u0300-\u036f]', '', 'g')
                    in regexp_replace(
                        normalize(
                            lower(concat_ws(' ', d.given_name, d.family_name, d.driver_id)), NFKD),
                        '[\u0300-\u036f]', '', 'g')) > 0)
   AND (%(season)s::int IS NULL OR d.driver_id IN (
            SELECT x.driver_id
              FROM races AS r
              JOIN (SELECT race_id, driver_id FROM results
                     UNION ALL
                    SELECT race_id, driver_id FROM sprint_results
                     UNION ALL
                    SELECT race_id, driver_id FROM qualifying
                     UNION ALL
                    SELECT race_id, driver_id FROM aggregations) AS x USING (race_id)
             WHERE r.season = %(season)s))
 ORDER BY d.family_name NULLS LAST, d.given_name, d.driver_id

-- driver: one driver
SELECT driver_id, number, code, given_name, family_name, date_of_birth, nationality, url,
       (SELECT synthetic FROM installation)
  FROM drivers
 WHERE driver_id = %(driver_id)s

-- similar_drivers: ids to suggest to who wrote one that does not exist
SELECT driver_id
  FROM drivers
 WHERE position(%(text)s in lower(concat_ws(' ', driver_id, given_name, family_name, code))) > 0
 ORDER BY driver_id
 LIMIT 3

-- driver_seasons: in which seasons a driver raced, and for whom
SELECT r.season, count(DISTINCT r.race_id), array_agg(DISTINCT x.constructor_id)
                                            FILTER (WHERE x.constructor_id IS NOT NULL),
       (SELECT s.position
          FROM driver_standings AS s
          JOIN races AS n USING (race_id)
         WHERE s.driver_id = %(driver_id)s AND n.season = r.season
         ORDER BY n.round DESC
         LIMIT 1)
  FROM (SELECT race_id, constructor_id FROM results WHERE driver_id = %(driver_id)s
         UNION ALL
        SELECT race_id, NULL FROM aggregations WHERE driver_id = %(driver_id)s) AS x
  JOIN races AS r USING (race_id)
 GROUP BY r.season
 ORDER BY r.season

-- driver_stats: a driver's figures by race, by season and over all of it, from race aggregations
-- A null in a race (nothing captured) adds nothing; where all are null, the sum is.
WITH classified AS (
    SELECT race_id, position_text, grid, points
      FROM results
     WHERE %(session)s = 'race' AND driver_id = %(driver_id)s
     UNION ALL
    SELECT race_id, position_text, grid, points
      FROM sprint_results
     WHERE %(session)s = 'sprint' AND driver_id = %(driver_id)s
), result AS (
    -- One line a race: before 1958 a driver may have shared two cars.
    SELECT race_id,
           bool_or(position_text = '1')::int AS won,
           bool_or(position_text IN ('1', '2', '3'))::int AS podium,
           bool_or(grid = 1)::int AS pole,
           sum(points)::float8 AS points
      FROM classified
     GROUP BY race_id
), aggregation AS (
    SELECT * FROM aggregations WHERE driver_id = %(driver_id)s AND session = %(session)s
), captured AS MATERIALIZED ( -- before the first ANALYZE it would be made once a race
    SELECT race_id,
           bool_or(resource = 'laps') AS laps,
           bool_or(resource = 'pitstops') AS stops,
           bool_or(resource IN ('results', 'sprint')) AS results
      FROM slices
     WHERE session = %(session)s AND resource IN ('laps', 'pitstops', 'results', 'sprint')
     GROUP BY race_id
), by_race AS (
    SELECT r.season, r.round, r.race_id, r.date,
           coalesce(a.laps, CASE WHEN c.laps THEN 0 END) AS laps,
           coalesce(a.timed_laps, CASE WHEN c.laps THEN 0 END) AS timed_laps,
           coalesce(a.total_ms, CASE WHEN c.laps THEN 0 END) AS total_ms,
           a.fastest_lap_ms, a.fastest_lap,
           coalesce(a.pit_stops, CASE WHEN c.stops THEN 0 END) AS pit_stops,
           coalesce(a.pit_time_ms, CASE WHEN c.stops THEN 0 END) AS pit_time_ms,
           coalesce(x.won, CASE WHEN c.results THEN 0 END) AS won,
           coalesce(x.podium, CASE WHEN c.results THEN 0 END) AS podium,
           coalesce(x.pole, CASE WHEN c.results THEN 0 END) AS pole,
           coalesce(x.points, CASE WHEN c.results THEN 0 END) AS points
      FROM aggregation AS a
      FULL JOIN result AS x USING (race_id)
      JOIN races AS r USING (race_id)
      LEFT JOIN captured AS c USING (race_id)
     WHERE %(season)s::int IS NULL OR r.season = %(season)s
)
SELECT season, round, race_id,
       count(*),
       sum(laps), sum(timed_laps), sum(total_ms)::bigint,
       sum(total_ms)::float8 / nullif(sum(timed_laps), 0)::float8,
       min(fastest_lap_ms),
       (array_agg(fastest_lap ORDER BY fastest_lap_ms, date) FILTER (WHERE fastest_lap_ms > 0))[1],
       (array_agg(race_id ORDER BY fastest_lap_ms, date) FILTER (WHERE fastest_lap_ms > 0))[1],
       sum(pit_stops), sum(pit_time_ms)::bigint,
       sum(won), sum(podium), sum(pole), sum(points)
  FROM by_race
 GROUP BY GROUPING SETS ((season, round, race_id), (season), ())
HAVING GROUPING(season, race_id) = ANY (%(groups)s)
 ORDER BY GROUPING(season, race_id) DESC, season, round

-- names: what these drivers are called
SELECT driver_id, code, nullif(concat_ws(' ', given_name, family_name), ''), family_name
  FROM drivers
 WHERE driver_id = ANY (%(drivers)s::text[])
