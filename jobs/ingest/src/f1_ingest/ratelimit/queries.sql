-- open_budget: enter a budget, which opens when no earlier request is in the window
INSERT INTO budgets (source, opens_at)
VALUES (:budget,
        greatest(clock_timestamp(),
                 CAST(:newest AS timestamptz) + make_interval(secs => :window_s)))
ON CONFLICT (source) DO NOTHING

-- record_limits: record a budget's limits, for metrics and the status page
UPDATE budgets SET per_window = :per_window, window_s = :window_s
 WHERE source = :budget
   AND (per_window, window_s) IS DISTINCT FROM (:per_window, CAST(:window_s AS float8))

-- claim: wait for a request
INSERT INTO budget_claims (claim_id, source, claimant, reserved, since, alive_until)
VALUES (:claim_id, :budget, :claimant, :reserved,
        coalesce(CAST(:since AS timestamptz), clock_timestamp()),
        clock_timestamp() + make_interval(secs => :alive_s))
ON CONFLICT (claim_id)
DO UPDATE SET reserved = excluded.reserved, alive_until = excluded.alive_until

-- beat: extend claims
UPDATE budget_claims
   SET alive_until = clock_timestamp() + make_interval(secs => :alive_s)
 WHERE claim_id = ANY(:claim_ids)

-- usage: how many requests count now, and when the next ones stop counting
WITH at AS MATERIALIZED
     (SELECT clock_timestamp() AS now,
             clock_timestamp() + make_interval(secs => :release_s) AS late)
SELECT at.now,
       count(*) FILTER (WHERE burst_until > now)                            AS burst,
       count(*) FILTER (WHERE claimant = 'poll')                            AS poll,
       count(*) FILTER (WHERE claimant <> 'poll')                           AS others,
       count(*) FILTER (WHERE claimant = 'poll'  AND counts_until > late)   AS poll_late,
       count(*) FILTER (WHERE claimant <> 'poll' AND counts_until > late)   AS others_late,
       extract(epoch FROM min(burst_until)  FILTER (WHERE burst_until > now) - now)::float
                                                                            AS next_burst_s,
       extract(epoch FROM min(counts_until) - now)::float                   AS next_slot_s,
       extract(epoch FROM min(counts_until) FILTER (WHERE counts_until > late) - late)::float
                                                                            AS next_late_s
  FROM at LEFT JOIN budget_requests ON source = :budget AND counts_until > at.now
 GROUP BY at.now, at.late

-- claims: the claims to a budget, waiting and reserved
SELECT claim_id, claimant, reserved, since,
       (SELECT max(granted_at) FROM budget_requests r
         WHERE r.source = c.source AND r.claimant = c.claimant) AS last_grant
  FROM budget_claims c
 WHERE source = :budget

-- grant: grant one request
INSERT INTO budget_requests (source, claimant, granted_at, counts_until, burst_until)
VALUES (:budget, :claimant, clock_timestamp(),
        clock_timestamp() + make_interval(secs => :timeout_s + :window_s),
        clock_timestamp() + make_interval(secs => :timeout_s + 1))
RETURNING request_id

-- done: a request ended: it counts for one window from now
WITH limited AS (
    UPDATE budgets
       SET limited_since = CASE WHEN :limited THEN clock_timestamp() END
     WHERE source = :budget AND (limited_since IS NOT NULL) <> :limited
)
UPDATE budget_requests
   SET counts_until = clock_timestamp() + make_interval(secs => :window_s),
       burst_until = clock_timestamp() + interval '1 second'
 WHERE request_id = :request_id

-- prune: delete requests that no longer count, and expired claims
DELETE FROM budget_requests WHERE source = :budget AND counts_until <= clock_timestamp();

DELETE FROM budget_claims WHERE source = :budget AND alive_until <= clock_timestamp()
