-- seasons: seasons, newest first, with their captured races
SELECT s.season, count(r.race_id), count(r.race_id) FILTER (WHERE r.date <= %(today)s),
       count(r.race_id) FILTER (WHERE EXISTS (
           SELECT FROM slices AS x WHERE x.season = r.season AND x.race_id = r.race_id)),
       -- Jolpica has a URL for each season, but not in the races.
       coalesce(s.url, CASE WHEN NOT (SELECT synthetic FROM installation) THEN
           'https://en.wikipedia.org/wiki/' || s.season || CASE WHEN s.season >= 2018
               THEN '_Formula_One_World_Championship' ELSE '_Formula_One_season' END END)
  FROM seasons AS s
  LEFT JOIN races AS r USING (season)
 WHERE %(season)s::int IS NULL OR s.season = %(season)s
 GROUP BY s.season
 ORDER BY s.season DESC

-- driver_standings: the championship after the newest race that has standings
WITH newest AS (
    SELECT r.race_id
      FROM races AS r
     WHERE r.season = %(season)s
       AND EXISTS (SELECT FROM driver_standings AS x WHERE x.race_id = r.race_id)
     ORDER BY r.round DESC
     LIMIT 1
)
SELECT x.race_id, x.position, x.position_text, x.driver_id,
       nullif(concat_ws(' ', d.given_name, d.family_name), ''), x.constructor_ids,
       ARRAY(SELECT c.name
               FROM unnest(x.constructor_ids) WITH ORDINALITY AS listed (constructor_id, place)
               LEFT JOIN constructors AS c USING (constructor_id)
              ORDER BY listed.place),
       x.points::float8, x.wins
  FROM newest
  JOIN driver_standings AS x USING (race_id)
  JOIN drivers AS d USING (driver_id)
 ORDER BY x.position NULLS LAST, x.tie_order, x.driver_id

-- constructor_standings: the same for constructors
WITH newest AS (
    SELECT r.race_id
      FROM races AS r
     WHERE r.season = %(season)s
       AND EXISTS (SELECT FROM constructor_standings AS x WHERE x.race_id = r.race_id)
     ORDER BY r.round DESC
     LIMIT 1
)
SELECT x.race_id, x.position, x.position_text, x.constructor_id, c.name, x.points::float8, x.wins
  FROM newest
  JOIN constructor_standings AS x USING (race_id)
  JOIN constructors AS c USING (constructor_id)
 ORDER BY x.position NULLS LAST, x.tie_order, x.constructor_id
