-- provenance_applied: the applied capture of each resource of a race and of its season's schedule
SELECT s.race_id, s.resource, s.session, s.rows, s.expected, s.capture_key, s.source,
       s.capture_order, (c.header ->> 'started_at')::timestamptz, s.fetched_at, s.seen_at,
       c.header ->> 'run', c.requests, s.parser_version, c.pages
  FROM slices AS s
  JOIN captures AS c USING (capture_key)
 WHERE s.season = %(season)s AND s.race_id = ANY (%(race_ids)s::text[])

-- provenance_history: all captures of each resource of a race, newest first
SELECT race_id, resource, session, capture_key, source, capture_order, fetched_at, rows, state,
       reason, applied, replaced, lines IS NOT NULL
  FROM slice_captures
 WHERE season = %(season)s AND race_id = ANY (%(race_ids)s::text[])
 ORDER BY race_id DESC, resource, session, capture_order DESC

-- provenance_refused: captures of a race that no slice of it has
-- The header has the requested race; an unreadable capture has the round only.
SELECT c.capture_key, c.source, c.capture_order, c.fetched_at, c.rows, c.state, c.reason
  FROM captures AS c
  JOIN races AS r ON r.race_id = %(race_id)s
 WHERE c.season = r.season
   AND CASE
           WHEN c.header ? 'race' THEN
               c.header #>> '{race,circuit_id}' = r.circuit_id
               AND (c.header #>> '{race,date}' = r.date::text OR NOT EXISTS (
                       SELECT FROM races AS o
                        WHERE o.season = r.season AND o.circuit_id = r.circuit_id
                          AND o.race_id <> r.race_id))
           ELSE c.round = r.round
       END
   AND NOT EXISTS (
       SELECT FROM slice_captures AS s
        WHERE s.capture_key = c.capture_key AND s.season = r.season AND s.race_id = r.race_id)
 ORDER BY c.capture_order DESC

-- decisions_about: decisions about captures and about a whole season
SELECT kind, capture_order, decided_by, decided_at, why, capture_key, season
  FROM decisions
 WHERE capture_key = ANY (%(captures)s::text[]) OR season = %(season)s
 ORDER BY capture_order DESC

-- bucket: where the raw objects are
SELECT bucket FROM installation

-- driver_rows: a driver's rows in each content that a race's resources ever had, from old to new
-- Contents that do not match their hash are left out.
SELECT t.resource, t.session, a.capture_key, a.source, t.fetched_at,
       (SELECT coalesce(string_agg(line, E'\n'), '')
          FROM unnest(string_to_array(a.lines, E'\n')) AS line
         WHERE split_part(line, E'\t', 1) = %(driver)s)
  FROM slice_captures AS t
  JOIN slice_captures AS a ON a.season = t.season AND a.race_id = t.race_id
                          AND a.session = t.session AND a.resource = t.resource
                          AND a.capture_key = t.applied
 WHERE t.season = %(season)s AND t.race_id = %(race_id)s
   AND t.resource <> 'constructorstandings'
   AND sha256(convert_to(a.lines, 'UTF8')) = a.content_hash
 ORDER BY t.resource, t.session, t.capture_order

-- sources_of_season: the capture of each resource of each race of a season
SELECT s.season, nullif(s.race_id, ''), s.resource, s.session, s.rows, s.source, s.capture_key,
       s.fetched_at, s.seen_at,
       (SELECT count(*)
          FROM slice_captures AS c
         WHERE c.season = s.season AND c.race_id = s.race_id AND c.session = s.session
           AND c.resource = s.resource AND c.replaced IS NOT NULL)
  FROM slices AS s
  LEFT JOIN races AS r ON r.race_id = s.race_id
 WHERE s.season = %(season)s
 ORDER BY r.round NULLS FIRST, s.race_id, s.resource, s.session

-- sources_of_driver: the captures of a driver's races from which figures are computed
WITH raced AS (
    SELECT race_id FROM results WHERE driver_id = %(driver_id)s
     UNION
    SELECT race_id FROM sprint_results WHERE driver_id = %(driver_id)s
     UNION
    SELECT race_id FROM aggregations WHERE driver_id = %(driver_id)s
)
SELECT s.season, s.race_id, s.resource, s.session, s.rows, s.source, s.capture_key, s.fetched_at,
       s.seen_at,
       (SELECT count(*)
          FROM slice_captures AS c
         WHERE c.season = s.season AND c.race_id = s.race_id AND c.session = s.session
           AND c.resource = s.resource AND c.replaced IS NOT NULL)
  FROM raced
  JOIN races AS r USING (race_id)
  JOIN slices AS s ON s.season = r.season AND s.race_id = r.race_id
 WHERE s.resource IN ('laps', 'pitstops', 'results', 'sprint')
   AND (%(season)s::int IS NULL OR r.season = %(season)s)
 ORDER BY r.season, r.round, s.resource, s.session

-- capture: one capture from the ledger
SELECT capture_key, source, resource, season, round, capture_order,
       (header ->> 'started_at')::timestamptz, fetched_at, header ->> 'run', state, reason, attempts,
       rows, expected, requests, parser_version, pages
  FROM captures
 WHERE capture_key = %(capture)s

-- capture_slices: the state of a capture in each of its resources
SELECT c.season, nullif(c.race_id, ''), c.resource, c.session, c.rows, c.state, c.reason,
       s.capture_key IS NOT NULL, c.replaced,
       (SELECT n.capture_key
          FROM slice_captures AS n
         WHERE n.season = c.season AND n.race_id = c.race_id AND n.session = c.session
           AND n.resource = c.resource AND n.replaced = c.capture_key
         ORDER BY n.capture_order
         LIMIT 1),
       c.applied, c.lines IS NOT NULL, count(*) OVER ()
  FROM slice_captures AS c
  LEFT JOIN slices AS s ON s.season = c.season AND s.race_id = c.race_id
                       AND s.session = c.session AND s.resource = c.resource
                       AND s.capture_key = c.capture_key
 WHERE c.capture_key = %(capture)s
 ORDER BY c.season, c.race_id, c.resource, c.session
 LIMIT 1000

-- contents: the captures of one resource of one race from new to old, without rows
SELECT c.capture_key, c.source, c.fetched_at, c.rows, c.state, c.replaced,
       s.capture_key IS NOT NULL
  FROM slice_captures AS c
  LEFT JOIN slices AS s ON s.season = c.season AND s.race_id = c.race_id
                       AND s.session = c.session AND s.resource = c.resource
                       AND s.capture_key = c.capture_key
 WHERE c.season = %(season)s AND c.race_id = %(race_id)s
   AND c.session = %(session)s AND c.resource = %(resource)s
 ORDER BY c.capture_order DESC

-- lines: the rows of captures as canonical lines; null: not kept
SELECT CASE WHEN sha256(convert_to(c.lines, 'UTF8')) = c.content_hash THEN c.lines END
  FROM unnest(%(race_ids)s::text[], %(resources)s::text[], %(sessions)s::text[],
              %(captures)s::text[]) WITH ORDINALITY
           AS requested (race_id, resource, session, capture_key, number)
  LEFT JOIN slice_captures AS c ON c.season = %(season)s AND c.race_id = requested.race_id
                               AND c.session = requested.session AND c.resource = requested.resource
                               AND c.capture_key = requested.capture_key
 ORDER BY requested.number

-- corrections: where a season's rows were replaced by others, newest first
SELECT t.race_id, t.resource, t.session, t.fetched_at, a.capture_key, a.source, b.capture_key,
       b.source
  FROM slice_captures AS t
  JOIN slice_captures AS a ON a.season = t.season AND a.race_id = t.race_id
                          AND a.session = t.session AND a.resource = t.resource
                          AND a.capture_key = t.applied
  JOIN slice_captures AS b ON b.season = t.season AND b.race_id = t.race_id
                          AND b.session = t.session AND b.resource = t.resource
                          AND b.capture_key = t.replaced
 WHERE t.season = %(season)s AND a.content_hash <> b.content_hash
 ORDER BY t.capture_order DESC, t.race_id, t.resource, t.session
