-- race_id_of_round: which race is the n-th of a season
SELECT race_id FROM races WHERE season = %(season)s AND round = %(round)s

-- race_id_last: the race before the first one without results, of a season or of the newest one
-- Without a race before it: the newest race with results, otherwise with laps.
SELECT race_id
  FROM (SELECT r.race_id, r.round, x.run,
               bool_and(x.run) OVER (ORDER BY r.round) AS unbroken,
               EXISTS (SELECT FROM aggregations WHERE race_id = r.race_id) AS timed
          FROM races AS r
          CROSS JOIN LATERAL (
                SELECT EXISTS (SELECT FROM results WHERE race_id = r.race_id) AS run) AS x
         WHERE r.season = coalesce(%(season)s::int, (
                SELECT max(n.season) FROM races AS n
                 WHERE EXISTS (SELECT FROM results WHERE race_id = n.race_id)))) AS calendar
 WHERE run OR timed
 ORDER BY unbroken DESC, run DESC, round DESC
 LIMIT 1

-- race_id_next: the first race without results, in a season or since the newest with results
SELECT r.race_id
  FROM races AS r
 WHERE NOT EXISTS (SELECT FROM results WHERE race_id = r.race_id)
   AND CASE WHEN %(season)s::int IS NULL
            THEN r.season >= (SELECT coalesce(max(n.season), 0) FROM races AS n
                               WHERE EXISTS (SELECT FROM results WHERE race_id = n.race_id))
            ELSE r.season = %(season)s END
 ORDER BY r.season, r.round
 LIMIT 1

-- race_id_written: the stored id of a race; case is ignored
SELECT race_id FROM races WHERE lower(race_id) = lower(%(written)s)

-- race: one race, with the applied captures of it and of its season's schedule
SELECT r.race_id, r.season, r.round, r.name, r.circuit_id, r.date,
       r.sessions ? 'Sprint' AS has_sprint,
       (SELECT synthetic FROM installation) AS synthetic,
       (SELECT json_agg(json_build_object(
                   'resource', s.resource, 'session', s.session, 'rows', s.rows,
                   'expected', s.expected, 'source', s.source, 'fetched_at', s.fetched_at,
                   'capture', s.capture_key)
                   ORDER BY s.resource, s.session)
          FROM slices AS s
         WHERE s.season = r.season AND s.race_id IN (r.race_id, '')) AS captured
  FROM races AS r
 WHERE r.race_id = %(race_id)s

-- race_detail: a race of the calendar with its circuit
SELECT r.time, r.url, r.sessions,
       c.circuit_id, c.name, c.locality, c.country, c.latitude, c.longitude, c.url
  FROM races AS r
  JOIN circuits AS c USING (circuit_id)
 WHERE r.race_id = %(race_id)s

-- neighbours: the races before and after one in its season
SELECT before_id, before_name, after_id, after_name
  FROM (SELECT race_id,
               lag(race_id) OVER season AS before_id, lag(name) OVER season AS before_name,
               lead(race_id) OVER season AS after_id, lead(name) OVER season AS after_name
          FROM races
         WHERE season = %(season)s
        WINDOW season AS (ORDER BY round)) AS calendar
 WHERE race_id = %(race_id)s

-- race_names: a season's races by round, to suggest one
SELECT race_id, name FROM races WHERE season = %(season)s ORDER BY round

-- races: races by date, with their captured resources
SELECT r.race_id, r.season, r.round, r.name, r.circuit_id, r.date, r.time,
       r.sessions ? 'Sprint' AS has_sprint,
       ARRAY(SELECT s.resource
               FROM slices AS s
              WHERE s.season = r.season AND s.race_id = r.race_id
                AND (s.resource NOT IN ('laps', 'pitstops') OR s.session = 'race')
              ORDER BY s.resource) AS captured,
       (SELECT json_agg(json_build_object(
                   'driver_id', x.driver_id,
                   'driver_name', nullif(concat_ws(' ', d.given_name, d.family_name), ''),
                   'constructor_id', x.constructor_id, 'constructor_name', c.name)
                   ORDER BY x.driver_id)
          FROM results AS x
          JOIN drivers AS d USING (driver_id)
          JOIN constructors AS c USING (constructor_id)
         WHERE x.race_id = r.race_id AND x.position_text = '1') AS winners
  FROM races AS r
 WHERE (%(season)s::int IS NULL OR r.season = %(season)s)
   AND (%(circuit)s::text IS NULL OR lower(r.circuit_id) = lower(%(circuit)s))
   AND (%(from)s::date IS NULL OR r.date >= %(from)s)
   AND (%(to)s::date IS NULL OR r.date <= %(to)s)
 ORDER BY r.date, r.round, r.race_id

-- results: the classification of a race
SELECT x.position, x.position_text, x.number, x.driver_id, d.code,
       nullif(concat_ws(' ', d.given_name, d.family_name), ''),
       x.constructor_id, c.name, x.points::float8, x.grid, x.laps, x.status, x.time_ms, x.time,
       x.fastest_lap_rank, x.fastest_lap, x.fastest_lap_time_ms, x.fastest_lap_speed_kph::float8,
       x.started
  FROM results AS x
  JOIN drivers AS d USING (driver_id)
  JOIN constructors AS c USING (constructor_id)
 WHERE x.race_id = %(race_id)s
 ORDER BY x.position NULLS LAST, x.driver_id, x.number, x.position_text

-- sprint_results: the classification of a race's sprint
SELECT x.position, x.position_text, x.number, x.driver_id, d.code,
       nullif(concat_ws(' ', d.given_name, d.family_name), ''),
       x.constructor_id, c.name, x.points::float8, x.grid, x.laps, x.status, x.time_ms, x.time,
       x.fastest_lap_rank, x.fastest_lap, x.fastest_lap_time_ms, x.fastest_lap_speed_kph::float8,
       x.started
  FROM sprint_results AS x
  JOIN drivers AS d USING (driver_id)
  JOIN constructors AS c USING (constructor_id)
 WHERE x.race_id = %(race_id)s
 ORDER BY x.position NULLS LAST, x.driver_id, x.number, x.position_text

-- qualifying: a race's qualifying session
SELECT x.position, x.number, x.driver_id, d.code,
       nullif(concat_ws(' ', d.given_name, d.family_name), ''),
       x.constructor_id, c.name, x.q1_ms, x.q2_ms, x.q3_ms
  FROM qualifying AS x
  JOIN drivers AS d USING (driver_id)
  JOIN constructors AS c USING (constructor_id)
 WHERE x.race_id = %(race_id)s
 ORDER BY x.position NULLS LAST, x.driver_id, x.number

-- pit_stops: stops in a session, in order of time
SELECT driver_id, stop, lap, local_time, duration_ms, duration
  FROM pit_stops
 WHERE race_id = %(race_id)s AND session = %(session)s
   AND (%(drivers)s::text[] IS NULL OR driver_id = ANY (%(drivers)s::text[]))
 ORDER BY lap, local_time, driver_id, stop

-- aggregations: figures by driver, fastest first
-- A driver with a result and no laps has 0 in the figures that were captured.
WITH captured AS (
    SELECT CASE WHEN bool_or(s.resource = 'laps') THEN 0 END AS laps,
           CASE WHEN bool_or(s.resource = 'pitstops') THEN 0 END AS stops
      FROM races AS r
      JOIN slices AS s USING (season, race_id)
     WHERE r.race_id = %(race_id)s AND s.session = %(session)s
), figures AS (
    SELECT driver_id, laps, timed_laps, total_ms, average_lap_ms, fastest_lap_ms, fastest_lap,
           pit_stops, pit_time_ms
      FROM aggregations
     WHERE race_id = %(race_id)s AND session = %(session)s
), entered AS (
    SELECT driver_id FROM results WHERE race_id = %(race_id)s AND %(session)s = 'race'
     UNION
    SELECT driver_id FROM sprint_results WHERE race_id = %(race_id)s AND %(session)s = 'sprint'
), everyone AS (
    SELECT * FROM figures
     UNION ALL
    SELECT driver_id, laps, laps, laps, NULL, NULL, NULL, stops, stops
      FROM entered CROSS JOIN captured
     WHERE driver_id NOT IN (SELECT driver_id FROM figures)
       AND coalesce(laps, stops) IS NOT NULL
)
SELECT *
  FROM everyone
 WHERE %(drivers)s::text[] IS NULL OR driver_id = ANY (%(drivers)s::text[])
 ORDER BY fastest_lap_ms NULLS LAST, driver_id

-- laps_json: a session's laps as JSON text, at a third of the cost of a thousand rows
-- through Python. Each driver's id is escaped once; laps are joined by `~`, which they do not
-- contain, and which is replaced at the end.
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

-- stored_drivers: written ids and stored ids; case is ignored
SELECT given.written, found.driver_id
  FROM unnest(%(drivers)s::text[]) AS given (written)
  LEFT JOIN LATERAL (
        SELECT d.driver_id
          FROM drivers AS d
         WHERE lower(d.driver_id) = lower(given.written)
         ORDER BY d.driver_id = given.written DESC
         LIMIT 1) AS found ON true
