-- Circuits of the races.
SELECT c.circuit_id, c.name, c.locality, c.country, c.latitude, c.longitude, c.url
  FROM circuits AS c
 WHERE c.circuit_id IN (
           SELECT circuit_id
             FROM races
            WHERE season = %(season)s AND (%(race_id)s::text IS NULL OR race_id = %(race_id)s))
 ORDER BY c.circuit_id
