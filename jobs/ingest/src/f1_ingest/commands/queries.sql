-- newest_archive: the newest archive of a source that was not refused
SELECT capture_key FROM captures
 WHERE source = :source AND resource = 'archive' AND state <> 'quarantined'
 ORDER BY capture_order DESC LIMIT 1

-- last_poll: start of the last other run that requested the season from a source
SELECT max(started_at) FROM ingest_runs
 WHERE kind = 'poll' AND source = :source AND season = :season AND requests > 0
   AND run_id <> :run_id
