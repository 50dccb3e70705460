-- archives_purged: archives that have older captures of a purged season
SELECT DISTINCT s.capture_key
  FROM slice_captures s
  JOIN captures c USING (capture_key)
 WHERE s.season = :season AND s.capture_order < :order AND c.season IS NULL

-- newer_captures: captures of a season that are newer than a decision
SELECT DISTINCT capture_key
  FROM slice_captures
 WHERE season = :season AND capture_order > :order

-- announce: enter a capture in the ledger, unless it exists
INSERT INTO captures (capture_key, source, resource, season, round, capture_order,
                      fetched_at, expected, requests)
VALUES (:key, :source, :resource, :season, :round, :order, :fetched_at, :expected, :requests)
ON CONFLICT (capture_key) DO NOTHING

-- mark_kind: record whether the data is synthetic, unless it is recorded
INSERT INTO installation (synthetic) VALUES (:synthetic)
ON CONFLICT (singleton) DO UPDATE SET synthetic = coalesce(installation.synthetic, :synthetic)
RETURNING synthetic

-- next_order: the next capture order, while no other program repairs the sequence
WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(:lock))
SELECT nextval('capture_order') FROM held

-- is_behind: whether an order is beyond the sequence
SELECT :order > last_value OR :order = last_value AND NOT is_called FROM capture_order

-- clear_sweep: request a full sweep; return when the last one ended
WITH before AS (SELECT swept_at FROM installation), forgotten AS (
    UPDATE installation SET swept_at = NULL WHERE swept_at IS NOT NULL
)
SELECT swept_at FROM before

-- session: which server and sequence this connection has
SELECT pg_backend_pid(), pg_postmaster_start_time(), CAST('capture_order'::regclass AS oid)

-- waiting: captures of the same request as `:key` whose state may change with it
SELECT c.capture_key
  FROM captures AS own
  JOIN captures AS c
    ON c.source = own.source AND c.resource = own.resource
   AND (c.season = own.season OR c.season IS NULL AND own.season IS NULL)
   AND (c.round = own.round OR c.round IS NULL AND own.round IS NULL)
 WHERE own.capture_key = :key AND c.capture_key <> :key
   AND (c.refused IS NOT NULL OR c.resource = 'archive')

-- lock_captures: lock captures, in one order for all programs
SELECT FROM captures
 WHERE capture_key = ANY(CAST(:keys AS text[]))
 ORDER BY capture_key
   FOR NO KEY UPDATE

-- reopen: queue captures again
UPDATE captures
   SET state = 'pending', attempts = 0, not_before = NULL,
       lease_owner = NULL, lease_expires_at = NULL
 WHERE capture_key = ANY(CAST(:keys AS text[]))

-- refresh_states: the state of captures, from the states of their slices
WITH of_slices AS (
    SELECT s.capture_key, s.race_id, s.resource, s.state, s.reason,
           array_position(
               ARRAY['processed', 'held', 'unchanged', 'superseded', 'quarantined'], s.state
           ) AS rank,
           s.state IN ('held', 'quarantined') AS waits
      FROM slice_captures s
     WHERE s.capture_key = ANY(CAST(:keys AS text[]))
), counted AS (
    SELECT capture_key, min(rank) AS rank, count(*) AS slices,
           count(*) FILTER (WHERE waits) AS waiting,
           min(reason) AS reason, count(DISTINCT coalesce(reason, '')) AS reasons
      FROM of_slices
     GROUP BY capture_key
), first_waiting AS (
    SELECT DISTINCT ON (capture_key) capture_key, race_id, resource, reason
      FROM of_slices
     WHERE waits
     ORDER BY capture_key, race_id, resource
), derived AS (
    SELECT c.capture_key,
           coalesce(
               (ARRAY['processed', 'held', 'unchanged', 'superseded', 'quarantined'])[n.rank],
               'superseded'
           ) AS state,
           nullif(concat_ws('; ', CASE
               WHEN n.slices IS NULL THEN 'purged'
               WHEN n.slices = 1 THEN n.reason
               WHEN n.waiting > 0 THEN format(
                   '%s of %s slices wait for a person; the first, %s of %s: %s',
                   n.waiting, n.slices, f.resource, f.race_id, f.reason
               )
               WHEN n.reasons = 1 THEN n.reason
           END, CASE WHEN n.waiting > 0 THEN c.notes END), '') AS reason
      FROM captures c
      LEFT JOIN counted n USING (capture_key)
      LEFT JOIN first_waiting f USING (capture_key)
     WHERE c.capture_key = ANY(CAST(:keys AS text[]))
)
UPDATE captures c
   SET state = d.state, reason = d.reason
  FROM derived d
 WHERE c.capture_key = d.capture_key
   AND c.state NOT IN ('pending', 'processing')
   AND c.changed IS NULL
   AND (c.state, c.reason) IS DISTINCT FROM (d.state, d.reason)

-- seen_again: unreadable objects that are still in the bucket
UPDATE unreadable_objects SET seen_at = now()
 WHERE object_key = ANY(CAST(:keys AS text[]))
RETURNING object_key

-- enter_unreadable: enter an unreadable object
INSERT INTO unreadable_objects (object_key, reason) VALUES (:key, :reason)
ON CONFLICT (object_key) DO UPDATE SET reason = excluded.reason, seen_at = now()

-- lock_request: lock the request of a capture until the transaction ends
SELECT pg_advisory_xact_lock(243, hashtext(concat_ws('/', source, resource, season, round)))
  FROM captures
 WHERE capture_key = :key

-- ended: refused captures of one request, and why each refusal ended; null: it did not. A capture
-- that a worker is processing is settled when that worker is done.
WITH own AS (
    SELECT source, resource, season, round FROM captures WHERE capture_key = :key
), request AS (
    SELECT c.capture_key, c.capture_order, c.state, c.reason, c.refused, c.resource,
           (SELECT coalesce(sum((page ->> 'bytes')::bigint), 0)
              FROM jsonb_array_elements(CASE WHEN c.resource = 'archive' THEN c.pages END)
                AS page) AS bytes,
           (SELECT d.kind = 'dismiss'
              FROM decisions AS d
             WHERE d.capture_key = c.capture_key
             ORDER BY d.capture_order DESC
             LIMIT 1) AS dismissed
      FROM captures AS c
      JOIN own
        ON c.source = own.source AND c.resource = own.resource
       AND (c.season = own.season OR c.season IS NULL AND own.season IS NULL)
       AND (c.round = own.round OR c.round IS NULL AND own.round IS NULL)
), ended AS (
    SELECT capture_key, refused, state,
           CASE
               WHEN dismissed THEN 'dismissed'
               WHEN EXISTS (
                   SELECT FROM request AS newer
                    WHERE newer.capture_order > old.capture_order AND newer.refused IS NULL
                      AND newer.state IN ('processed', 'unchanged', 'superseded', 'held')
                      AND newer.bytes >= old.bytes * CAST(:smaller AS float8)
               ) THEN 'a newer capture was read'
           END AS why
      FROM request AS old
)

-- end_slices: end refused parts of archives
{ended}
UPDATE slice_captures AS s
   SET state = 'superseded'
  FROM ended
 WHERE s.capture_key = ended.capture_key AND ended.why IS NOT NULL AND s.state = 'quarantined'
RETURNING CASE WHEN ended.refused IS NULL THEN s.capture_key END

-- settle: end refusals of a request, or renew them
{ended}
UPDATE captures AS c
   SET state = CASE WHEN ended.why IS NULL THEN 'quarantined' ELSE 'superseded' END,
       reason = concat_ws('; refused because: ', ended.why, ended.refused)
  FROM ended
 WHERE c.capture_key = ended.capture_key AND ended.refused IS NOT NULL
   AND ended.state IN ('quarantined', 'superseded')

-- purge: remove a season's rows, and its captured slices before an order
DELETE FROM slices WHERE season = :season;

DELETE FROM slice_captures WHERE season = :season AND capture_order < :order;

-- by cascade, all rows of its races
DELETE FROM races WHERE season = :season;

UPDATE captures
   SET state = 'superseded', reason = 'purged', refused = NULL
 WHERE season = :season AND capture_order < :order
   AND state NOT IN ('pending', 'processing');

SELECT pg_notify('f1_processed', json_build_object('season', CAST(:season AS int))::text)

-- record_sweep: record the end of a full sweep, and the bucket that was swept
INSERT INTO installation (swept_at, bucket) VALUES (now(), :bucket)
ON CONFLICT (singleton) DO UPDATE SET swept_at = now(), bucket = :bucket

-- enter_decision: enter a decision; return no row if it exists
INSERT INTO decisions (capture_order, kind, capture_key, season, decided_by, decided_at, why)
VALUES (:order, :kind, :capture_key, :season, :decided_by, :decided_at, :why)
ON CONFLICT DO NOTHING
RETURNING capture_order
