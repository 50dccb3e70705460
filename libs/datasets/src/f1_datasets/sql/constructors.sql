-- Constructors with a row in one of the races.
WITH r AS (
    SELECT race_id
      FROM races
     WHERE season = %(season)s AND (%(race_id)s::text IS NULL OR race_id = %(race_id)s)
)
SELECT c.constructor_id, c.name, c.nationality, c.url
  FROM constructors AS c
 WHERE c.constructor_id IN (
           SELECT constructor_id FROM results JOIN r USING (race_id)
           UNION SELECT constructor_id FROM sprint_results JOIN r USING (race_id)
           UNION SELECT constructor_id FROM qualifying JOIN r USING (race_id)
           UNION SELECT constructor_id FROM constructor_standings JOIN r USING (race_id)
           UNION SELECT unnest(constructor_ids) FROM driver_standings JOIN r USING (race_id))
 ORDER BY c.constructor_id
