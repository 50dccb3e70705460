-- run_counts: scheduled runs by kind, source and outcome
SELECT kind, source,
       CASE WHEN on_time THEN 'on_time'
            WHEN scheduled_at > now() - :on_time - interval '30 seconds' THEN NULL
            ELSE coalesce(outcome, 'late') END AS counted,
       count(*)
  FROM (SELECT kind, source, scheduled_at,
               bool_or(outcome = 'succeeded') AS on_time,
               (array_agg(outcome ORDER BY
                    array_position(ARRAY['source_unavailable', 'store_unavailable',
                                         'failed', 'stopped'], outcome))
                 FILTER (WHERE outcome IS NOT NULL))[1] AS outcome
          FROM (SELECT kind, source, season, scheduled_at,
                       CASE WHEN finished_at <= scheduled_at + :on_time THEN outcome END
                           AS outcome
                  FROM ingest_runs
                 WHERE scheduled_at >= :since AND scheduled_at < :until
                   AND started_at > CAST(:since AS timestamptz) - interval '10 minutes')
               AS tries
         GROUP BY kind, source, season, scheduled_at) AS runs
 GROUP BY 1, 2, 3

-- newest_runs: when runs were last scheduled, and last succeeded
SELECT kind, source, extract(epoch FROM max(scheduled_at))::float,
       extract(epoch FROM max(finished_at) FILTER (WHERE outcome = 'succeeded'))::float
  FROM ingest_runs
 WHERE started_at > :since
 GROUP BY kind, source

-- failed_in_a_row: how many of the newest runs failed, by kind and source
WITH runs AS (
    SELECT kind, source, scheduled_at, bool_or(outcome = 'succeeded') IS TRUE AS succeeded,
           (array_agg(outcome ORDER BY finished_at DESC)
             FILTER (WHERE outcome IS NOT NULL))[1] AS outcome
      FROM ingest_runs
     WHERE started_at > now() - :recent AND scheduled_at IS NOT NULL
     GROUP BY kind, source, season, scheduled_at
), last AS (
    SELECT kind, source,
           coalesce(max(scheduled_at) FILTER (WHERE succeeded), '-infinity') AS success
      FROM runs
     GROUP BY kind, source
)
SELECT kind, source, runs.outcome, count(*) FILTER (WHERE runs.scheduled_at > last.success)
  FROM runs
  JOIN last USING (kind, source)
 WHERE runs.outcome IS NOT NULL
 GROUP BY kind, source, runs.outcome

-- captures_by_state: captures by state and source
SELECT state, source, count(*) AS captures, count(changed) AS changed,
       extract(epoch FROM max(fetched_at))::float AS newest
  FROM captures
 GROUP BY state, source

-- oldest_open: age of the oldest capture that can be processed now
SELECT extract(epoch FROM now() - min(announced_at))::float
  FROM captures
 WHERE state IN ('pending', 'processing')
   AND finished_at IS NULL
   AND (attempts > 0 OR coalesce(not_before, '-infinity') <= now())

-- waiting_slices: slices that need a decision
SELECT state, count(*) FROM slice_captures
 WHERE state IN ('held', 'quarantined') GROUP BY state

-- budgets: limit, use and state of each budget
SELECT b.source, b.per_window,
       extract(epoch FROM b.opens_at)::float AS opens,
       coalesce(extract(epoch FROM b.limited_since), 0)::float AS limited,
       (SELECT count(*) FROM budget_requests r
         WHERE r.source = b.source AND r.counts_until > now()) AS spent,
       (SELECT count(*) FROM budget_claims c
         WHERE c.source = b.source AND right(c.claim_id, 8) = '/waiting'
           AND c.alive_until > now()) AS waiting
  FROM budgets b
