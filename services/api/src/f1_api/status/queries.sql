-- season_races: the calendar of a season
SELECT race_id, round, name, date, sessions ? 'Sprint'
  FROM races
 WHERE season = %(season)s
 ORDER BY round

-- season_slices: the applied captures
SELECT race_id, session, resource, source, capture_key, fetched_at, seen_at, rows, expected
  FROM slices
 WHERE season = %(season)s

-- season_captures: the newest capture of each race and resource, with its state
-- A processed capture belongs to the race that its content names, even if the round has changed.
SELECT DISTINCT ON (race_id, c.round, c.resource)
       coalesce(m.race_id, r.race_id) AS race_id, c.round, c.resource, c.capture_key, c.source,
       c.fetched_at, c.state, c.reason, c.capture_order
  FROM captures AS c
  LEFT JOIN LATERAL (
       SELECT s.race_id FROM slice_captures AS s WHERE s.capture_key = c.capture_key LIMIT 1) AS m
    ON c.round IS NOT NULL
  LEFT JOIN races AS r ON r.season = c.season AND r.round = c.round
 WHERE c.season = %(season)s AND c.resource <> 'archive' AND c.reason IS DISTINCT FROM 'purged'
   AND NOT (c.refused IS NOT NULL AND c.state = 'superseded')
 ORDER BY race_id, c.round, c.resource, c.capture_order DESC

-- season_capture_states: numbers of captures of a season and of their requests, by state
SELECT state, count(*), coalesce(sum(requests), 0)::bigint
  FROM captures
 WHERE season = %(season)s
 GROUP BY state

-- request_costs: average requests of a capture of each resource
SELECT resource, avg(requests)::float8
  FROM captures
 WHERE requests > 0 AND round IS NOT NULL
 GROUP BY resource

-- requests_last_hour: granted by source in the last hour
SELECT source, count(*) FROM budget_requests WHERE granted_at > now() - interval '1 hour' GROUP BY source

-- budgets: used and waiting requests of each request budget
SELECT b.source,
       (SELECT count(*) FROM budget_requests AS r
         WHERE r.source = b.source AND r.counts_until > now()),
       b.per_window, b.window_s,
       (SELECT count(*) FROM budget_claims AS c
         WHERE c.source = b.source AND right(c.claim_id, 8) = '/waiting' AND c.alive_until > now()),
       b.opens_at
  FROM budgets AS b
 ORDER BY b.source

-- expectations: the newest plan of each owner for a season, or the requested one
SELECT e.owner, e.generation, e.race_id, e.resource, e.source, e.round, e.planned_at
  FROM expectations AS e
 WHERE e.season = %(season)s
   AND (%(owner)s::text IS NULL OR e.owner = %(owner)s)
   AND e.generation = coalesce(%(generation)s::bigint, (
           SELECT max(n.generation)
             FROM expectations AS n
            WHERE n.season = e.season AND n.owner = e.owner))
 ORDER BY e.owner, e.race_id, e.resource

-- season_runs: the last runs of ingest for a season
SELECT run_id, kind, source, season, started_at, finished_at, outcome, captures, requests, detail
  FROM ingest_runs
 WHERE season = %(season)s
 ORDER BY started_at DESC
 LIMIT 5

-- season_known: whether a season has any data, plans or runs
SELECT EXISTS (SELECT FROM seasons WHERE season = %(season)s)
    OR EXISTS (SELECT FROM captures WHERE season = %(season)s)
    OR EXISTS (SELECT FROM expectations WHERE season = %(season)s)

-- ledger_states: captures by state
SELECT state, count(*) FROM captures GROUP BY state

-- ledger_facts: the oldest open capture's age, the last one finished, the last sweep
SELECT (SELECT extract(epoch FROM now() - min(announced_at))::int
          FROM captures WHERE state IN ('pending', 'processing')),
       (SELECT max(finished_at) FROM captures),
       (SELECT swept_at FROM installation)

-- ledger_attention: held and quarantined captures, newest first
SELECT capture_key, source, resource, season, round, state, reason, fetched_at, attempts
  FROM captures
 WHERE state IN ('held', 'quarantined')
 ORDER BY fetched_at DESC, capture_key DESC
 LIMIT 50

-- ledger_sources: captures by source
SELECT source, count(*), max(fetched_at) FROM captures GROUP BY source ORDER BY source

-- ledger_runs: the last run of each source, and its last success
SELECT DISTINCT ON (source)
       run_id, kind, source, season, started_at, finished_at, outcome, captures, requests, detail,
       max(finished_at) FILTER (WHERE outcome = 'succeeded') OVER (PARTITION BY source)
  FROM ingest_runs
 ORDER BY source, started_at DESC

-- ledger_season_captures: captures by season that wait or need attention
SELECT season,
       count(*) FILTER (WHERE state IN ('pending', 'processing')),
       count(*) FILTER (WHERE state IN ('held', 'quarantined'))
  FROM captures
 WHERE season IS NOT NULL
 GROUP BY season

-- ledger_seasons: races by season: on the calendar, run, expected, complete, partial, missing
-- As in a season's status, the newest plan of each owner defines what is expected by today; without
-- a plan, what is due is expected.
WITH planned AS (
    SELECT DISTINCT e.season, coalesce(known.race_id, by_round.race_id) AS race_id, e.resource
      FROM expectations AS e
      LEFT JOIN races AS known ON known.race_id = e.race_id
      LEFT JOIN races AS by_round ON by_round.season = e.season AND by_round.round = e.round
     WHERE e.generation = (SELECT max(n.generation)
                             FROM expectations AS n
                            WHERE n.season = e.season AND n.owner = e.owner)
), races_and_resources AS (
    SELECT r.race_id, k.resource, k.have
      FROM races AS r
     CROSS JOIN LATERAL (
           SELECT u.resource,
                  r.season >= u.since AND r.date < %(today)s
                  AND (r.sessions ? 'Sprint' OR NOT u.sprint_only) AS due,
                  s.capture_key IS NOT NULL AS have
             FROM unnest(%(resources)s::text[], %(sessions)s::text[], %(since)s::int[],
                         %(sprint_only)s::bool[]) AS u (resource, session, since, sprint_only)
             LEFT JOIN slices AS s ON s.season = r.season AND s.race_id = r.race_id
                                  AND s.session = u.session AND s.resource = u.resource) AS k
     WHERE CASE WHEN r.season IN (SELECT season FROM expectations)
                THEN (r.season, r.race_id, k.resource) IN (SELECT * FROM planned)
                ELSE k.due END
       AND (k.due OR k.have)
), by_race AS (
    SELECT race_id, bool_and(have) AS complete, bool_or(have) AS begun
      FROM races_and_resources
     GROUP BY race_id
)
SELECT s.season, count(r.race_id), count(*) FILTER (WHERE r.date <= %(today)s),
       count(x.race_id),
       count(*) FILTER (WHERE x.complete),
       count(*) FILTER (WHERE x.begun AND NOT x.complete),
       ARRAY(SELECT DISTINCT m.resource
               FROM races_and_resources AS m JOIN races AS n USING (race_id)
              WHERE n.season = s.season AND NOT m.have
              ORDER BY 1)
  FROM seasons AS s
  LEFT JOIN races AS r USING (season)
  LEFT JOIN by_race AS x USING (race_id)
 GROUP BY s.season
 ORDER BY s.season DESC

-- ledger_failed: rounds by season with a quarantined capture, no newer one and no applied rows
SELECT c.season, count(DISTINCT c.round)
  FROM captures AS c
 WHERE c.state = 'quarantined' AND c.round IS NOT NULL AND c.resource <> 'archive'
   AND c.reason IS DISTINCT FROM 'purged'
   AND NOT EXISTS (SELECT FROM captures AS n
                    WHERE n.season = c.season AND n.round = c.round AND n.resource = c.resource
                      AND n.capture_order > c.capture_order)
   AND NOT EXISTS (SELECT FROM races AS r JOIN slices AS s USING (season, race_id)
                    WHERE r.season = c.season AND r.round = c.round AND s.resource = c.resource)
 GROUP BY c.season
