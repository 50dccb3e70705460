-- claim: take captures to process
WITH found AS (
    SELECT capture_key
      FROM captures
     WHERE state IN ('pending', 'processing')
       AND CASE WHEN state = 'pending' THEN coalesce(not_before, '-infinity') <= now()
                ELSE lease_expires_at < now() END
       AND (state = 'processing' OR attempts > 0) = :suspects
     ORDER BY (resource <> 'schedule'), (resource <> 'archive'), capture_order
     LIMIT :limit
       FOR NO KEY UPDATE SKIP LOCKED
), counted AS (
    SELECT c.capture_key, c.attempts + (c.state = 'processing')::int AS attempts,
           c.attempts + 1 >= :attempts AND c.state = 'processing' AS exhausted
      FROM captures c
      JOIN found USING (capture_key)
)
UPDATE captures c
   SET attempts = j.attempts,
       state = CASE WHEN exhausted THEN 'quarantined' ELSE 'processing' END,
       lease_owner = CASE WHEN NOT exhausted THEN :owner END,
       lease_expires_at = CASE WHEN NOT exhausted THEN now() + make_interval(secs => :lease) END,
       parser_version = CASE WHEN exhausted THEN :version ELSE parser_version END,
       finished_at = CASE WHEN exhausted THEN now() ELSE finished_at END,
       reason = CASE
           WHEN exhausted THEN format(
               'the worker died while it had this capture; given up after %s attempts%s',
               j.attempts, '; the last error: ' || reason
           )
           ELSE reason
       END,
       refused = CASE
           WHEN exhausted THEN format(
               'the worker died while it had this capture; given up after %s attempts%s',
               j.attempts, '; the last error: ' || reason
           )
       END
  FROM counted j
 WHERE c.capture_key = j.capture_key
RETURNING c.capture_key, c.source, c.resource, c.season, c.round, c.capture_order, c.attempts,
          CASE WHEN c.finished_at IS NULL
               THEN extract(epoch FROM now() - c.announced_at)::float END,
          c.state, c.reason

-- lock_claimed: lock captures, and read their owners
SELECT capture_key, lease_owner
  FROM captures
 WHERE capture_key = ANY(CAST(:keys AS text[]))
 ORDER BY capture_key
   FOR NO KEY UPDATE

-- extend: extend leases on captures
UPDATE captures
   SET lease_expires_at = now() + make_interval(secs => :lease)
 WHERE capture_key IN (
    SELECT capture_key
      FROM captures
     WHERE capture_key = ANY(CAST(:keys AS text[])) AND lease_owner = :owner
       FOR NO KEY UPDATE SKIP LOCKED
 )
RETURNING capture_key

-- end_stopped: end sessions of workers that were stopped during a COPY
WITH stopped AS MATERIALIZED (
    SELECT pid
      FROM pg_stat_activity
     WHERE datname = current_database() AND usename = current_user
       AND state = 'active' AND wait_event = 'ClientRead' AND query LIKE 'COPY % FROM STDIN'
       AND query_start < now() - make_interval(secs => 2 * :lease)
)
SELECT pid FROM stopped WHERE pg_terminate_backend(pid)

-- limits: the settings of one transaction
SELECT set_config('synchronous_commit', 'off', true),
       set_config('idle_in_transaction_session_timeout', :idle, true),
       set_config('lock_timeout', :lock, true)

-- named: captures of this worker by their keys
WITH ours AS (
    SELECT capture_key
      FROM captures
     WHERE capture_key = ANY(CAST(:keys AS text[])) AND lease_owner = :owner
     ORDER BY capture_key
       FOR NO KEY UPDATE
)

-- give_back: release captures without processing them
{named}
UPDATE captures c
   SET lease_owner = NULL, lease_expires_at = NULL, state = 'pending',
       not_before = CASE WHEN :after > 0 THEN now() + make_interval(secs => :after) END
  FROM ours
 WHERE c.capture_key = ours.capture_key
RETURNING c.state

-- give_back_lost: release captures that only the ledger assigns to this worker
WITH ours AS (
    SELECT capture_key
      FROM captures
     WHERE state = 'processing' AND NOT capture_key = ANY(CAST(:held AS text[]))
       AND lease_owner = :owner
     ORDER BY capture_key
       FOR NO KEY UPDATE
)
UPDATE captures c
   SET lease_owner = NULL, lease_expires_at = NULL, state = 'pending'
  FROM ours
 WHERE c.capture_key = ours.capture_key
RETURNING c.state

-- fail: count a failed attempt; quarantine the capture at the last
{named}
UPDATE captures c
   SET lease_owner = NULL, lease_expires_at = NULL,
       attempts = attempts + 1, reason = :reason, parser_version = :version,
       state = CASE WHEN attempts + 1 >= :attempts THEN 'quarantined' ELSE 'pending' END,
       refused = CASE WHEN attempts + 1 >= :attempts THEN CAST(:reason AS text) END,
       not_before = now() + make_interval(secs => least(:backoff * 2.0 ^ attempts, 600)),
       finished_at = CASE WHEN attempts + 1 >= :attempts THEN now() ELSE finished_at END
  FROM ours
 WHERE c.capture_key = ours.capture_key
RETURNING c.state

-- is_open: whether a capture is open that does not wait for a resource that was not captured
SELECT EXISTS (
    SELECT FROM captures
     WHERE state IN ('pending', 'processing')
       AND (state = 'processing' OR attempts > 0 OR coalesce(reason, '') NOT LIKE 'waits for %'
            OR coalesce(not_before, '-infinity') <= now())
)
