-- captures: captures by state and season, newest first
SELECT capture_key, state, rows, expected, attempts, fetched_at, reason
  FROM captures c
 WHERE (cardinality(CAST(:states AS text[])) = 0
        OR state = ANY(CAST(:states AS text[]))
        OR EXISTS (
            SELECT FROM slice_captures s
             WHERE s.capture_key = c.capture_key AND s.state = ANY(CAST(:states AS text[]))
               AND s.state IN ('held', 'quarantined')
        ))
   AND (CAST(:season AS int) IS NULL OR season = :season)
 ORDER BY capture_order DESC
 LIMIT :limit

-- capture: one capture
SELECT capture_key, state, reason, refused, source, resource, season, round, capture_order,
       fetched_at, rows, expected, requests, attempts, not_before, lease_owner,
       lease_expires_at, parser_version, announced_at, finished_at, notes
  FROM captures
 WHERE capture_key = :key

-- slices: the slices of a capture, with the captures that are applied now
SELECT c.season, c.race_id, c.session, c.resource, c.state, c.rows,
       coalesce(c.reason, c.remark) AS reason,
       s.capture_key AS applied, s.rows AS applied_rows, s.seen_at
  FROM slice_captures c
  LEFT JOIN slices s USING (season, race_id, session, resource)
 WHERE c.capture_key = :key
 ORDER BY c.season, c.race_id, c.session, c.resource

-- quarantined: keys of quarantined captures
SELECT capture_key FROM captures WHERE state = 'quarantined' ORDER BY capture_key
