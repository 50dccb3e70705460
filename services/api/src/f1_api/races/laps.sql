-- laps_json: a session's laps as the answer has them, at a third of what a thousand rows cost
-- through Python. Each driver's id is escaped once; between the laps stands a character that is in
-- none of them until the end.
SELECT sum(laps)::int, string_agg(json, ',' ORDER BY driver_id)
  FROM (SELECT driver_id,
               count(*) AS laps,
               '{"driver_id":' || to_json(driver_id) || ',"lap":'
               || replace(
                      string_agg(lap || ',"position":' || coalesce(position::text, 'null')
                                     || ',"time_ms":' || coalesce(time_ms::text, 'null'),
                                 '~' ORDER BY lap),
                      '~', '},{"driver_id":' || to_json(driver_id) || ',"lap":')
               || '}' AS json
          FROM lap_times
         WHERE race_id = %(race_id)s AND session = %(session)s
           AND (%(drivers)s::text[] IS NULL OR driver_id = ANY (%(drivers)s::text[]))
           AND (%(from)s::int IS NULL OR lap >= %(from)s)
           AND (%(to)s::int IS NULL OR lap <= %(to)s)
         GROUP BY driver_id) AS by_driver

-- laps: the same as rows
SELECT driver_id, lap, position, time_ms
  FROM lap_times
 WHERE race_id = %(race_id)s AND session = %(session)s
   AND (%(drivers)s::text[] IS NULL OR driver_id = ANY (%(drivers)s::text[]))
   AND (%(from)s::int IS NULL OR lap >= %(from)s)
   AND (%(to)s::int IS NULL OR lap <= %(to)s)
 ORDER BY driver_id, lap

-- stored_drivers: ids as they were written and as they are stored, in whatever case written
SELECT asked.written, found.driver_id
  FROM unnest(%(drivers)s::text[]) AS asked (written)
  LEFT JOIN LATERAL (
        SELECT d.driver_id
          FROM drivers AS d
         WHERE lower(d.driver_id) = lower(asked.written)
         ORDER BY d.driver_id = asked.written DESC
         LIMIT 1) AS found ON true
