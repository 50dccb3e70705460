-- runs_on_time: scheduled runs of the last 28 days: all, on time, with an unavailable source
-- Attempts of a CronJob's pods count as one run. Runs of the last ten minutes are left out.
SELECT count(*), count(*) FILTER (WHERE on_time),
       count(*) FILTER (WHERE NOT on_time AND source_away)
  FROM (SELECT bool_or(outcome = 'succeeded' AND finished_at <= scheduled_at + interval '10 minutes')
                   IS TRUE AS on_time,
               bool_or(outcome = 'source_unavailable') IS TRUE AS source_away
          FROM ingest_runs
         WHERE started_at > now() - interval '29 days' -- has an index
           AND scheduled_at BETWEEN now() - interval '28 days' AND now() - interval '10 minutes'
         GROUP BY kind, source, season, scheduled_at) AS runs

-- processing_lag: seconds since the oldest new capture, and the 0.95 quantile of the last 28 days
-- As in the alert: without captures that wait for another one or are processed again.
SELECT (SELECT extract(epoch FROM now() - min(announced_at))::float8
          FROM captures
         WHERE state IN ('pending', 'processing') AND finished_at IS NULL
           AND (attempts > 0 OR coalesce(not_before, '-infinity') <= now())),
       count(*),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - announced_at))
  FROM captures
 WHERE announced_at > now() - interval '28 days' AND finished_at IS NOT NULL
   AND state IN ('processed', 'unchanged', 'superseded')
