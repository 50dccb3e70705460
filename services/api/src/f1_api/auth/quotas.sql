-- lock_quota: the leased requests of a subject's window; a new subject has an ended window
INSERT INTO api_quotas (subject, ends_at, taken)
VALUES (%(subject)s, clock_timestamp(), 0)
    ON CONFLICT (subject) DO UPDATE SET subject = excluded.subject
RETURNING ends_at, taken, clock_timestamp()

-- set_quota: store the leased requests
UPDATE api_quotas
   SET ends_at = %(ends_at)s::timestamptz, taken = %(taken)s
 WHERE subject = %(subject)s
 RETURNING taken

-- give_back_quotas: return leased requests that were not used, if the window is still the same
WITH given AS (
  SELECT * FROM unnest(%(subjects)s::text[], %(windows)s::timestamptz[], %(numbers)s::int[])
    AS g (subject, ends_at, number)
), locked AS ( -- in one order, so that two processes never wait for each other
  SELECT subject FROM api_quotas WHERE subject IN (SELECT subject FROM given) ORDER BY subject FOR UPDATE
)
UPDATE api_quotas q
   SET taken = q.taken - g.number
  FROM given g JOIN locked USING (subject)
 WHERE q.subject = g.subject AND q.ends_at = g.ends_at
 RETURNING q.subject

-- delete_ended_quotas: windows that are over; the next request starts a new one
DELETE FROM api_quotas
 WHERE subject IN (SELECT subject FROM api_quotas WHERE ends_at < now() FOR UPDATE SKIP LOCKED)
 RETURNING subject
