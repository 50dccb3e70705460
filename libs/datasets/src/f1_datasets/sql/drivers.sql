-- Drivers with a row in one of the races.
WITH r AS (
    SELECT race_id
      FROM races
     WHERE season = %(season)s AND (%(race_id)s::text IS NULL OR race_id = %(race_id)s)
)
SELECT d.driver_id, d.number, d.code, d.given_name, d.family_name, d.date_of_birth, d.nationality,
       d.url
  FROM drivers AS d
 WHERE d.driver_id IN (
           SELECT driver_id FROM results JOIN r USING (race_id)
           UNION SELECT driver_id FROM sprint_results JOIN r USING (race_id)
           UNION SELECT driver_id FROM qualifying JOIN r USING (race_id)
           UNION SELECT driver_id FROM aggregations JOIN r USING (race_id)
           UNION SELECT driver_id FROM driver_standings JOIN r USING (race_id))
 ORDER BY d.driver_id
