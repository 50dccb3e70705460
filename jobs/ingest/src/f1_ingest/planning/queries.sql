-- captures_of_season: captures of a season, and the races that each has
SELECT c.resource, c.round, c.state, c.fetched_at, c.expected,
       array_agg(s.race_id) FILTER (WHERE s.race_id IS NOT NULL) AS race_ids
  FROM captures c
  LEFT JOIN slice_captures s USING (capture_key)
 WHERE c.source = :source AND c.season = :season AND c.state <> 'quarantined'
   AND (c.refused IS NULL OR c.state <> 'superseded')
   AND c.capture_order > coalesce(
           (SELECT max(capture_order) FROM decisions
             WHERE kind = 'purge' AND season = :season), 0)
 GROUP BY c.capture_key
 ORDER BY c.capture_order

-- delete_expectations: delete the expectations of this owner's older plans
DELETE FROM expectations
 WHERE owner = :owner AND season = :season AND generation <= :generation

-- expect: enter the expectations of a plan
INSERT INTO expectations (owner, generation, season, race_id, resource, source, round)
VALUES (:owner, :generation, :season, :race_id, :resource, :source, :round)

-- budget_used: requests that count against the budget now
SELECT count(*) FROM budget_requests
 WHERE source = :budget AND counts_until > clock_timestamp()

-- newest_schedule: the newest schedule that is not processed yet
SELECT capture_key, state, fetched_at FROM captures
 WHERE resource = 'schedule' AND season = :season AND source = :source
   AND state IN ('pending', 'processing')
 ORDER BY capture_order DESC LIMIT 1

-- races_of_season: the races of a season as stored
SELECT race_id, season, round, name, circuit_id, date, time, sessions
  FROM races WHERE season = :season ORDER BY round
