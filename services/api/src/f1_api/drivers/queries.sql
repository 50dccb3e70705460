-- drivers: drivers, in no order: f1_api.names.sort_key orders them
SELECT d.driver_id, d.number, d.code, d.given_name, d.family_name, d.date_of_birth, d.nationality,
       d.url
  FROM drivers AS d
 WHERE (%(code)s::text IS NULL OR d.code = upper(%(code)s))
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

-- driver: one driver
SELECT driver_id, number, code, given_name, family_name, date_of_birth, nationality, url,
       (SELECT synthetic FROM installation)
  FROM drivers
 WHERE lower(driver_id) = lower(%(driver_id)s)
 ORDER BY driver_id = %(driver_id)s DESC
 LIMIT 1

-- driver_names: the names of all drivers, for suggestions
SELECT driver_id, given_name, family_name, code FROM drivers ORDER BY driver_id

-- driver_seasons: the seasons and constructors of a driver
-- A shared car gives two results in one race; a sprint alone does not count as a race.
SELECT r.season, count(DISTINCT r.race_id) FILTER (WHERE x.started IS NOT NULL),
       array_agg(DISTINCT x.constructor_id) FILTER (WHERE x.constructor_id IS NOT NULL),
       (SELECT coalesce(s.position_text, s.position::text)
          FROM driver_standings AS s
          JOIN races AS n USING (race_id)
         WHERE s.driver_id = %(driver_id)s AND n.season = r.season
         ORDER BY n.round DESC
         LIMIT 1)
  FROM (SELECT race_id, constructor_id, started FROM results WHERE driver_id = %(driver_id)s
         UNION ALL
        SELECT race_id, constructor_id, NULL FROM sprint_results WHERE driver_id = %(driver_id)s
         UNION ALL
        SELECT race_id, NULL, CASE WHEN session = 'race' THEN true END
          FROM aggregations WHERE driver_id = %(driver_id)s) AS x
  JOIN races AS r USING (race_id)
 GROUP BY r.season
 ORDER BY r.season

-- driver_stats: a driver's figures by race, by season and over all of it, from race aggregations
-- A sum ignores nulls (nothing captured), and is null if all its values are.
WITH classified AS (
    SELECT race_id, position_text, grid, points, started
      FROM results
     WHERE %(session)s = 'race' AND driver_id = %(driver_id)s
     UNION ALL
    SELECT race_id, position_text, grid, points, started
      FROM sprint_results
     WHERE %(session)s = 'sprint' AND driver_id = %(driver_id)s
), took_over AS (
    -- Races in which the driver took over the car on pole from another driver: sources give all
    -- drivers of a shared car its grid position. A driver who was alone in another car started in
    -- that one; a driver without another car started in this one. If two drivers remain, as after a
    -- swap of cars, both have the pole, except in the three races where the starter is known.
    SELECT sharer.race_id
      FROM (SELECT x.race_id, x.driver_id,
                   CASE WHEN bool_or(another.alone) THEN 2
                        WHEN count(another.alone) > 0 THEN 1
                        ELSE 0 END AS other_car
              FROM (SELECT DISTINCT race_id FROM classified WHERE grid = 1) AS own
              JOIN results AS x USING (race_id)
              LEFT JOIN LATERAL (
                   SELECT NOT EXISTS (
                              SELECT FROM results AS z
                               WHERE z.race_id = y.race_id AND z.driver_id <> y.driver_id
                                 AND z.started AND z.number = y.number
                                 AND z.constructor_id = y.constructor_id) AS alone
                     FROM results AS y
                    WHERE y.race_id = x.race_id AND y.driver_id = x.driver_id AND y.started
                      AND y.grid IS DISTINCT FROM 1) AS another ON true
             WHERE %(session)s = 'race' AND x.grid = 1
             GROUP BY x.race_id, x.driver_id) AS sharer
      LEFT JOIN (VALUES ('1951-reims', 'fangio'), ('1953-nurburgring', 'ascari'),
                        ('1957-aintree', 'moss')) AS known (race_id, driver_id) USING (race_id)
     GROUP BY sharer.race_id
    HAVING min(other_car) < min(other_car) FILTER (WHERE sharer.driver_id = %(driver_id)s)
        OR bool_or(sharer.driver_id = known.driver_id) AND min(known.driver_id) <> %(driver_id)s
), result AS (
    -- One line a race: before 1965 a driver may have shared two cars.
    SELECT race_id,
           bool_or(started) AS started,
           bool_or(position_text = '1')::int AS won,
           bool_or(position_text IN ('1', '2', '3'))::int AS podium,
           (bool_or(grid = 1) IS TRUE AND race_id NOT IN (SELECT race_id FROM took_over))::int
               AS pole,
           sum(points) AS points
      FROM classified
     GROUP BY race_id
), sprint AS (
    SELECT race_id, sum(points) AS points
      FROM sprint_results
     WHERE %(session)s = 'race' AND driver_id = %(driver_id)s
     GROUP BY race_id
), aggregation AS (
    SELECT * FROM aggregations WHERE driver_id = %(driver_id)s AND session = %(session)s
), captured AS MATERIALIZED ( -- otherwise evaluated for each race before the first ANALYZE
    SELECT race_id,
           bool_or(resource = 'laps' AND session = %(session)s) AS laps,
           bool_or(resource = 'pitstops' AND session = %(session)s) AS stops,
           bool_or(resource IN ('results', 'sprint') AND session = %(session)s) AS results,
           bool_or(resource = 'sprint') AS sprint
      FROM slices
     WHERE resource IN ('laps', 'pitstops', 'results', 'sprint')
     GROUP BY race_id
), by_race AS (
    SELECT r.season, r.round, r.race_id, r.date,
           (a.race_id IS NOT NULL OR x.race_id IS NOT NULL)::int AS entered,
           coalesce(x.started, a.race_id IS NOT NULL)::int AS started,
           c.results AS with_results, c.laps AS with_laps, c.stops AS with_stops,
           coalesce(a.laps, CASE WHEN c.laps THEN 0 END) AS laps,
           coalesce(a.timed_laps, CASE WHEN c.laps THEN 0 END) AS timed_laps,
           coalesce(a.total_ms, CASE WHEN c.laps THEN 0 END) AS total_ms,
           a.fastest_lap_ms, a.fastest_lap,
           coalesce(a.pit_stops, CASE WHEN c.stops THEN 0 END) AS pit_stops,
           coalesce(a.pit_time_ms, CASE WHEN c.stops THEN 0 END) AS pit_time_ms,
           coalesce(x.won, CASE WHEN c.results THEN 0 END) AS won,
           coalesce(x.podium, CASE WHEN c.results THEN 0 END) AS podium,
           coalesce(x.pole, CASE WHEN c.results THEN 0 END) AS pole,
           coalesce(x.points, CASE WHEN c.results THEN 0 END) AS points,
           coalesce(s.points, CASE WHEN c.sprint OR NOT r.sessions ? 'Sprint' THEN 0 END)
               AS sprint_points
      FROM aggregation AS a
      FULL JOIN result AS x USING (race_id)
      FULL JOIN sprint AS s USING (race_id)
      JOIN races AS r USING (race_id)
      LEFT JOIN captured AS c USING (race_id)
     WHERE %(season)s::int IS NULL OR r.season = %(season)s
), championship AS (
    -- 0: the standings are captured, and the driver is not in them.
    SELECT y.season,
           coalesce(own.points, CASE WHEN EXISTS (
               SELECT FROM slices AS c
                WHERE c.season = y.season AND c.resource = 'driverstandings') THEN 0 END) AS points
      FROM (SELECT DISTINCT season FROM by_race) AS y
      LEFT JOIN LATERAL (
           SELECT d.points
             FROM races AS n
             JOIN driver_standings AS d USING (race_id)
            WHERE n.season = y.season AND d.driver_id = %(driver_id)s
            ORDER BY n.round DESC
            LIMIT 1) AS own ON true
     WHERE %(session)s = 'race'
), grouped AS (
    SELECT GROUPING(season, race_id) AS level, season, round, race_id,
           coalesce(sum(entered), 0) AS entries, coalesce(sum(started), 0) AS starts,
           count(*) FILTER (WHERE entered = 1 AND with_results) AS with_results,
           count(*) FILTER (WHERE started = 1 AND with_laps) AS with_laps,
           count(*) FILTER (WHERE started = 1 AND with_stops) AS with_stops,
           sum(laps) AS laps, sum(timed_laps) AS timed_laps, sum(total_ms)::bigint AS total_ms,
           sum(total_ms)::float8 / nullif(sum(timed_laps), 0)::float8 AS average_lap_ms,
           min(fastest_lap_ms) AS fastest_lap_ms,
           (array_agg(fastest_lap ORDER BY fastest_lap_ms, date)
               FILTER (WHERE fastest_lap_ms > 0))[1] AS fastest_lap,
           (array_agg(race_id ORDER BY fastest_lap_ms, date)
               FILTER (WHERE fastest_lap_ms > 0))[1] AS fastest_lap_race_id,
           sum(pit_stops) AS pit_stops, sum(pit_time_ms)::bigint AS pit_time_ms,
           sum(won) AS wins, sum(podium) AS podiums, sum(pole) AS poles,
           sum(points) AS points, sum(sprint_points) AS sprint_points
      FROM by_race
     GROUP BY GROUPING SETS ((season, round, race_id), (season), ())
    HAVING GROUPING(season, race_id) = ANY (%(groups)s)
)
SELECT g.season, g.race_id, g.round, g.entries, g.entries, g.starts, g.with_results, g.with_laps,
       g.with_stops, g.laps, g.timed_laps, g.total_ms, g.average_lap_ms, g.fastest_lap_ms,
       g.fastest_lap, g.fastest_lap_race_id, g.pit_stops, g.pit_time_ms, g.wins, g.podiums, g.poles,
       (CASE WHEN %(session)s = 'sprint' THEN g.points
             WHEN g.points IS NOT NULL OR g.sprint_points <> 0
             THEN coalesce(g.points, 0) + coalesce(g.sprint_points, 0) END)::float8,
       (CASE WHEN %(session)s = 'race' THEN g.points END)::float8,
       (CASE WHEN %(session)s = 'race' THEN g.sprint_points ELSE g.points END)::float8,
       c.points::float8, c.seasons
  FROM grouped AS g
  LEFT JOIN LATERAL (
       SELECT sum(points) AS points, count(points) AS seasons
         FROM championship
        WHERE championship.season = coalesce(g.season, championship.season)) AS c
    ON g.level > 0 AND %(session)s = 'race'
 ORDER BY g.level DESC, g.season, g.round

-- names: names of drivers
SELECT driver_id, code, nullif(concat_ws(' ', given_name, family_name), ''), family_name
  FROM drivers
 WHERE driver_id = ANY (%(drivers)s::text[])
