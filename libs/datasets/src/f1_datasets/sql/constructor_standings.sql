-- The championship after each race.
SELECT r.season, r.round, r.race_id, x.constructor_id, x.position, x.position_text,
       x.points::float8, x.wins
  FROM races AS r
  JOIN constructor_standings AS x USING (race_id)
 WHERE r.season = %(season)s AND (%(race_id)s::text IS NULL OR r.race_id = %(race_id)s)
 ORDER BY r.round, r.race_id, x.position NULLS LAST, x.tie_order, x.constructor_id
