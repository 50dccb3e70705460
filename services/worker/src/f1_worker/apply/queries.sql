-- recompute: figures by driver of one session, from its laps and stops
DELETE FROM aggregations WHERE race_id = :race_id AND session = :session;

WITH captured AS (
    SELECT coalesce(bool_or(resource = 'laps'), false) AS laps,
           coalesce(bool_or(resource = 'pitstops'), false) AS stops
      FROM slices
     WHERE season = (SELECT season FROM races WHERE race_id = :race_id)
       AND race_id = :race_id AND session = :session
), of_laps AS (
    SELECT driver_id, count(*) AS laps, count(time_ms) AS timed_laps,
           coalesce(sum(time_ms), 0) AS total_ms, min(time_ms * 10000::bigint + lap) AS fastest
      FROM lap_times
     WHERE race_id = :race_id AND session = :session
     GROUP BY driver_id
), of_stops AS (
    SELECT driver_id, count(*) AS stops, sum(duration_ms) AS pit_time_ms
      FROM pit_stops
     WHERE race_id = :race_id AND session = :session
     GROUP BY driver_id
)
INSERT INTO aggregations (
    race_id, session, driver_id, laps, timed_laps, total_ms, average_lap_ms, fastest_lap_ms,
    fastest_lap, pit_stops, pit_time_ms
)
SELECT :race_id, :session, driver_id,
       CASE WHEN captured.laps THEN coalesce(l.laps, 0) END,
       CASE WHEN captured.laps THEN coalesce(l.timed_laps, 0) END,
       CASE WHEN captured.laps THEN coalesce(l.total_ms, 0) END,
       l.total_ms::float8 / nullif(l.timed_laps, 0),
       l.fastest / 10000,
       l.fastest % 10000,
       CASE WHEN captured.stops THEN coalesce(s.stops, 0) END,
       CASE WHEN captured.stops AND s.stops IS NULL THEN 0 ELSE s.pit_time_ms END
  FROM of_laps l
  FULL JOIN of_stops s USING (driver_id)
 CROSS JOIN captured

-- keep_changed: quarantine a capture whose object was changed
UPDATE captures
   SET state = 'quarantined', reason = :changed, refused = :changed, changed = :changed,
       parser_version = :version,
       attempts = 0, not_before = NULL, lease_owner = NULL, lease_expires_at = NULL,
       finished_at = now()
 WHERE capture_key = :key

-- driver_codes: drivers by code, of those with a result in a season
SELECT DISTINCT d.code, d.driver_id
  FROM drivers d
  JOIN results r USING (driver_id)
  JOIN races USING (race_id)
 WHERE races.season = :season AND d.code IS NOT NULL

-- facts: decisions and state about a capture and its season
SELECT EXISTS (
           SELECT FROM decisions
            WHERE kind = 'purge' AND season = :season AND capture_order > :order
       ),
       EXISTS (SELECT FROM decisions WHERE kind = 'release' AND capture_key = :key),
       EXISTS (SELECT FROM decisions WHERE kind = 'confirm' AND capture_key = :key),
       (
           SELECT kind = 'dismiss'
             FROM decisions
            WHERE capture_key = :key
            ORDER BY capture_order DESC
            LIMIT 1
       ),
       (SELECT synthetic FROM installation),
       (
           SELECT json_agg(json_build_array(race_id, session, resource))
             FROM slice_captures
            WHERE capture_key = :key AND season = :season
       ),
       EXISTS (
           SELECT FROM slices
            WHERE season = :season AND race_id = '' AND resource = 'schedule'
       ),
       (
           SELECT json_agg(json_build_array(race_id, circuit_id, date))
             FROM races
            WHERE season = :season
       )

-- slices_of_capture: the slices of which a capture is a candidate
SELECT season, race_id, session, resource
  FROM slice_captures
 WHERE capture_key = :key

-- finish: the result of processing a capture
UPDATE captures
   SET state = :state, reason = :reason, refused = :refused, notes = :notes,
       rows = :rows, expected = :expected,
       requests = :requests, fetched_at = :fetched_at, header = CAST(:header AS jsonb),
       pages = CAST(:pages AS jsonb), parser_version = :version,
       changed = NULL,
       attempts = 0, not_before = NULL, lease_owner = NULL, lease_expires_at = NULL,
       finished_at = now()
 WHERE capture_key = :key

-- wait: a capture waits for a schedule
UPDATE captures
   SET state = 'pending', reason = :reason, expected = :expected, requests = :requests,
       fetched_at = :fetched_at, header = CAST(:header AS jsonb),
       pages = CAST(:pages AS jsonb), attempts = 0,
       not_before = now() + make_interval(secs => :after),
       lease_owner = NULL, lease_expires_at = NULL
 WHERE capture_key = :key

-- stale_captures: captures that an older parser read, if no other capture is open
SELECT capture_key
  FROM captures
 WHERE parser_version < :version
   AND state NOT IN ('pending', 'processing')
   AND NOT EXISTS (
       SELECT FROM captures
        WHERE state IN ('pending', 'processing')
          AND coalesce(not_before, '-infinity') <= now()
   )
 ORDER BY season DESC NULLS LAST, state <> 'processed', capture_order
 LIMIT :limit

-- all_captures: captures that are processed, of a season or all
SELECT capture_key
  FROM captures c
 WHERE state NOT IN ('pending', 'processing')
   AND (CAST(:season AS int) IS NULL OR season = :season
        OR EXISTS (
            SELECT FROM slice_captures s
             WHERE s.capture_key = c.capture_key AND s.season = :season
        ))

-- known_candidates: the applied capture of each slice, and all candidates
SELECT given.race_id, given.session, given.resource, a.capture_key, a.seen_at, a.content_hash,
       c.capture_key, c.source, c.capture_order, c.fetched_at, c.rows, c.content_hash,
       EXISTS (
           SELECT FROM decisions d WHERE d.kind = 'confirm' AND d.capture_key = c.capture_key
       ),
       (
           SELECT d.kind = 'dismiss'
             FROM decisions d
            WHERE d.capture_key = c.capture_key
            ORDER BY d.capture_order DESC
            LIMIT 1
       ),
       c.races, c.state, c.reason, c.applied, c.replaced
  FROM unnest(
           CAST(:race_ids AS text[]), CAST(:sessions AS text[]), CAST(:resources AS text[])
       ) AS given (race_id, session, resource)
  LEFT JOIN slices a
         ON a.season = :season AND a.race_id = given.race_id
        AND a.session = given.session AND a.resource = given.resource
  LEFT JOIN slice_captures c
         ON c.season = :season AND c.race_id = given.race_id
        AND c.session = given.session AND c.resource = given.resource
        AND c.refused IS NULL

-- captures_to_reopen: captures whose races a schedule has changed
SELECT DISTINCT capture_key
  FROM slice_captures
 WHERE season = :season
   AND (race_id = ANY(CAST(:touched AS text[]))
        OR substring(race_id FROM '^[?](.*)@') = ANY(CAST(:circuits AS text[])))
   AND capture_key <> :capture_key

-- write_races: the races of a schedule
INSERT INTO races (race_id, season, round, name, circuit_id, date, time, url, sessions)
SELECT given.race_id, :season, given.round, given.name, given.circuit_id, given.date,
       given.time, given.url, given.sessions
  FROM unnest(
           CAST(:race_ids AS text[]), CAST(:rounds AS int[]), CAST(:names AS text[]),
           CAST(:circuit_ids AS text[]), CAST(:dates AS date[]), CAST(:times AS text[]),
           CAST(:urls AS text[]), CAST(:sessions AS jsonb[])
       ) AS given (race_id, round, name, circuit_id, date, time, url, sessions)
ON CONFLICT (race_id) DO UPDATE
   SET round = excluded.round, name = excluded.name, circuit_id = excluded.circuit_id,
       date = excluded.date, time = excluded.time, url = excluded.url,
       sessions = excluded.sessions
 WHERE (races.round, races.name, races.circuit_id, races.date, races.time, races.url,
        races.sessions)
       IS DISTINCT FROM
       (excluded.round, excluded.name, excluded.circuit_id, excluded.date, excluded.time,
        excluded.url, excluded.sessions)

-- wake: process captures that wait for this schedule
WITH waiting AS (
    SELECT capture_key
      FROM captures
     WHERE season = :season AND state = 'pending' AND attempts = 0 AND not_before IS NOT NULL
     ORDER BY capture_key
       FOR NO KEY UPDATE
), woken AS (
    UPDATE captures c SET not_before = NULL
      FROM waiting
     WHERE c.capture_key = waiting.capture_key
)
SELECT pg_notify('f1_captures', '') FROM waiting LIMIT 1

-- enter_slice: a capture's content of a slice, and its state
INSERT INTO slice_captures (season, race_id, session, resource, capture_key, source,
                            capture_order, fetched_at, rows, content_hash, races, lines, state,
                            reason, applied, replaced, refused, remark)
VALUES (:season, :race_id, :session, :resource, :capture_key, :source, :order, :fetched_at,
        :rows, :content_hash, CAST(:races AS text[]), :lines, :state, :reason, :applied,
        :replaced, :refused, :remark)
ON CONFLICT (season, race_id, session, resource, capture_key) DO UPDATE
   SET source = excluded.source, capture_order = excluded.capture_order,
       fetched_at = excluded.fetched_at, rows = excluded.rows,
       content_hash = excluded.content_hash, races = excluded.races, lines = excluded.lines,
       state = excluded.state, reason = excluded.reason, applied = excluded.applied,
       replaced = excluded.replaced, refused = excluded.refused, remark = excluded.remark

-- apply_slice: the capture that the rows of a slice are from
INSERT INTO slices (season, race_id, session, resource, capture_key, source, capture_order,
                    fetched_at, seen_at, rows, expected, content_hash, parser_version)
VALUES (:season, :race_id, :session, :resource, :capture_key, :source, :order, :fetched_at,
        :seen_at, :rows, :expected, :content_hash, :version)
ON CONFLICT (season, race_id, session, resource) DO UPDATE
   SET capture_key = excluded.capture_key, source = excluded.source,
       capture_order = excluded.capture_order, fetched_at = excluded.fetched_at,
       seen_at = excluded.seen_at, rows = excluded.rows, expected = excluded.expected,
       content_hash = excluded.content_hash, parser_version = excluded.parser_version

-- rebuild: process captures again, to apply their rows
UPDATE captures
   SET state = 'pending', attempts = 0, not_before = NULL,
       lease_owner = NULL, lease_expires_at = NULL
 WHERE capture_key = ANY(CAST(:keys AS text[]))
   AND (state NOT IN ('pending', 'processing') OR state = 'processing' AND resource = 'archive')

-- end_races: remove races that a schedule has ended, and by cascade their rows
DELETE FROM slices
 WHERE season = :season AND race_id = ANY(CAST(:ended AS text[]));

DELETE FROM slice_captures
 WHERE season = :season AND race_id = ANY(CAST(:ended AS text[]));

DELETE FROM races WHERE race_id = ANY(CAST(:ended AS text[]))

-- of_slice: the condition that rows are of one slice
season = :season AND race_id = :race_id AND session = :session AND resource = :resource

-- remove_candidate: remove a capture from the candidates of a slice
DELETE FROM slice_captures WHERE {of_slice} AND capture_key = :capture_key

-- set_verdict: the state of another capture of a slice
UPDATE slice_captures
   SET state = :state, reason = :reason, applied = :applied, replaced = :replaced
 WHERE {of_slice} AND capture_key = :capture_key

-- slice_seen: a newer capture has the same rows
UPDATE slices SET seen_at = :seen_at WHERE {of_slice}

-- drop_slice: remove a slice without captures
DELETE FROM slices WHERE {of_slice}

-- ensure_reference: rows without content for ids that are missing
INSERT INTO {table} ({key})
SELECT id FROM unnest(CAST(:ids AS {key_type}[])) AS given (id)
 WHERE NOT EXISTS (SELECT FROM {table} WHERE {key} = id)
 ORDER BY id
ON CONFLICT DO NOTHING

-- write_reference: a capture's values, unless stored ones have a greater precedence
-- Only rows that are replaced are locked, in the order of the sub-select.
INSERT INTO {table} ({key}, {columns}, precedence)
SELECT given.id, {given}, :precedence
  FROM unnest(CAST(:ids AS {key_type}[]), {arrays}) AS given (id, {columns})
  JOIN {table} known ON known.{key} = given.id
 WHERE known.precedence < :precedence
    OR (known.precedence = :precedence AND ({known}) IS DISTINCT FROM ({given}))
 ORDER BY given.id
ON CONFLICT ({key}) DO UPDATE
   SET ({columns}, precedence) = ROW ({excluded}, excluded.precedence)
 WHERE {table}.precedence <= excluded.precedence
