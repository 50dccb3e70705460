-- take_lease: take the right to fetch, unless another owner has it
INSERT INTO fetch_leases (source, season, round, resource, owner, expires_at)
VALUES (:source, :season, :round, :resource, :owner,
        clock_timestamp() + make_interval(secs => :lease_s))
ON CONFLICT (source, season, round, resource) DO UPDATE
   SET owner = excluded.owner, expires_at = excluded.expires_at
 WHERE fetch_leases.expires_at <= clock_timestamp() OR fetch_leases.owner = excluded.owner
RETURNING owner

-- extend_leases: extend all leases of an owner
UPDATE fetch_leases SET expires_at = clock_timestamp() + make_interval(secs => :lease_s)
 WHERE owner = :owner

-- lease_is_held: lock the lease, if its owner still has it
SELECT 1 FROM fetch_leases
 WHERE source = :source AND season = :season AND round = :round AND resource = :resource
   AND owner = :owner
   FOR UPDATE

-- begin_run: enter a run of ingest
INSERT INTO ingest_runs (run_id, kind, source, season, scheduled_at, started_at)
VALUES (:run_id, :kind, :source, :season, :scheduled_at, now())

-- end_run: record the end of a run
UPDATE ingest_runs
   SET finished_at = now(), outcome = :outcome, detail = :detail,
       captures = :captures, requests = :requests
 WHERE run_id = :run_id

-- count_run: record the counts of a run
UPDATE ingest_runs SET captures = :captures, requests = :requests WHERE run_id = :run_id

-- newest_capture: the newest capture of a source
SELECT capture_key, fetched_at, now() AS now FROM captures WHERE source = :source
 ORDER BY capture_order DESC LIMIT 1
