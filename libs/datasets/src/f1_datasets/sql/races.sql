-- The races of a season by round, and when their sessions begin, in UTC.
-- Some archives combine the local day with a time in UTC: Las Vegas 2024, the 23rd at 06:00. No race is run on a Friday.
-- So if the day is a Saturday, and the time in UTC is still Friday at the circuit, the days are local, and
-- all sessions of that weekend after midnight UTC are a day later.
SELECT r.season, r.round, r.race_id, r.name, r.circuit_id, r.date,
       (r.date + place.is_local::int) || 'T' || r.time,
       (SELECT (w.date::date + (place.is_local AND w.time < place.midnight)::int) || 'T' || w.time
          FROM jsonb_to_record(r.sessions -> 'FirstPractice') AS w (date text, time text)),
       (SELECT (w.date::date + (place.is_local AND w.time < place.midnight)::int) || 'T' || w.time
          FROM jsonb_to_record(r.sessions -> 'SecondPractice') AS w (date text, time text)),
       (SELECT (w.date::date + (place.is_local AND w.time < place.midnight)::int) || 'T' || w.time
          FROM jsonb_to_record(r.sessions -> 'ThirdPractice') AS w (date text, time text)),
       (SELECT (w.date::date + (place.is_local AND w.time < place.midnight)::int) || 'T' || w.time
          FROM jsonb_to_record(r.sessions -> 'Qualifying') AS w (date text, time text)),
       coalesce(
           (SELECT (w.date::date + (place.is_local AND w.time < place.midnight)::int) || 'T' || w.time
              FROM jsonb_to_record(r.sessions -> 'SprintQualifying') AS w (date text, time text)),
           (SELECT (w.date::date + (place.is_local AND w.time < place.midnight)::int) || 'T' || w.time
              FROM jsonb_to_record(r.sessions -> 'SprintShootout') AS w (date text, time text))),
       (SELECT (w.date::date + (place.is_local AND w.time < place.midnight)::int) || 'T' || w.time
          FROM jsonb_to_record(r.sessions -> 'Sprint') AS w (date text, time text)),
       r.url
  FROM races AS r
  LEFT JOIN circuits AS c USING (circuit_id)
 CROSS JOIN LATERAL (
       -- Midnight at the circuit in UTC: an hour later for every 15 degrees to the west.
       SELECT lpad(greatest(0, coalesce(-round(c.longitude / 15), 0))::int::text, 2, '0') || ':00:00Z' AS midnight
       ) AS west
 CROSS JOIN LATERAL (
       SELECT west.midnight,
              coalesce(extract(isodow FROM r.date) = 6 AND r.time < west.midnight, false) AS is_local
       ) AS place
 WHERE r.season = %(season)s AND (%(race_id)s::text IS NULL OR r.race_id = %(race_id)s)
 ORDER BY r.round, r.race_id
