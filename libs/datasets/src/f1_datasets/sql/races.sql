-- The races of a season by round, and when their sessions begin.
SELECT r.season, r.round, r.race_id, r.name, r.circuit_id, r.date,
       r.date || 'T' || r.time,
       (r.sessions -> 'FirstPractice' ->> 'date') || 'T' || (r.sessions -> 'FirstPractice' ->> 'time'),
       (r.sessions -> 'SecondPractice' ->> 'date') || 'T' || (r.sessions -> 'SecondPractice' ->> 'time'),
       (r.sessions -> 'ThirdPractice' ->> 'date') || 'T' || (r.sessions -> 'ThirdPractice' ->> 'time'),
       (r.sessions -> 'Qualifying' ->> 'date') || 'T' || (r.sessions -> 'Qualifying' ->> 'time'),
       coalesce(
           (r.sessions -> 'SprintQualifying' ->> 'date') || 'T' || (r.sessions -> 'SprintQualifying' ->> 'time'),
           (r.sessions -> 'SprintShootout' ->> 'date') || 'T' || (r.sessions -> 'SprintShootout' ->> 'time')),
       (r.sessions -> 'Sprint' ->> 'date') || 'T' || (r.sessions -> 'Sprint' ->> 'time'),
       r.url
  FROM races AS r
 WHERE r.season = %(season)s AND (%(race_id)s::text IS NULL OR r.race_id = %(race_id)s)
 ORDER BY r.round, r.race_id
