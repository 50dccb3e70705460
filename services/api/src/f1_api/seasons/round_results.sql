-- season_form: the results of each driver in each race of a season, with points of the sprint
-- Shared cars may give a driver two results in one race: the better place, and the sum of points.
SELECT x.race_id, x.driver_id, d.code, nullif(concat_ws(' ', d.given_name, d.family_name), ''),
       (array_agg(x.position_text ORDER BY x.position NULLS LAST)
            FILTER (WHERE x.position_text IS NOT NULL))[1],
       sum(x.points)::float8, sum(x.points) FILTER (WHERE x.sprint)::float8,
       array_agg(DISTINCT x.constructor_id)
  FROM races AS r
  JOIN (SELECT race_id, driver_id, constructor_id, position, position_text, points, false AS sprint
          FROM results
         UNION ALL
        SELECT race_id, driver_id, constructor_id, NULL, NULL, points, true
          FROM sprint_results) AS x
 USING (race_id)
  JOIN drivers AS d USING (driver_id)
 WHERE r.season = %(season)s
 GROUP BY r.round, x.race_id, x.driver_id, d.code, d.given_name, d.family_name
 ORDER BY r.round

-- season_constructor_form: the points of each constructor's cars in each race, the sprint's as well
SELECT x.race_id, x.constructor_id, c.name, sum(x.points)::float8,
       sum(x.points) FILTER (WHERE x.sprint)::float8
  FROM races AS r
  JOIN (SELECT race_id, constructor_id, points, false AS sprint FROM results
         UNION ALL
        SELECT race_id, constructor_id, points, true FROM sprint_results) AS x USING (race_id)
  JOIN constructors AS c USING (constructor_id)
 WHERE r.season = %(season)s
 GROUP BY r.round, x.race_id, x.constructor_id, c.name
 ORDER BY r.round

-- driver_races: every result of a driver, and the points of the sprint of that weekend
-- By date; before 1965 a driver may have shared two cars, which gives two rows.
SELECT r.race_id, r.season, r.round, r.name, r.date, x.constructor_id, c.name, x.grid, x.position,
       x.position_text, x.points::float8,
       CASE WHEN row_number() OVER (PARTITION BY r.race_id ORDER BY x.position NULLS LAST) = 1
            THEN (SELECT sum(s.points)::float8 FROM sprint_results AS s
                   WHERE s.race_id = r.race_id AND s.driver_id = x.driver_id) END,
       x.laps, x.status, x.started,
       ARRAY(SELECT o.driver_id
               FROM results AS o
              WHERE o.race_id = x.race_id AND o.driver_id <> x.driver_id AND o.started
                AND x.started AND o.number = x.number AND o.number <> ''
                AND o.constructor_id = x.constructor_id
              ORDER BY o.driver_id)
  FROM results AS x
  JOIN races AS r USING (race_id)
  JOIN constructors AS c USING (constructor_id)
 WHERE x.driver_id = %(driver_id)s
 ORDER BY r.date, r.round, x.position NULLS LAST, x.number
