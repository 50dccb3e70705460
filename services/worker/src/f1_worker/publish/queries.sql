-- newest_change: when anything last changed that a snapshot is made of
SELECT (SELECT max(finished_at) FROM captures), (SELECT max(capture_order) FROM decisions)

-- seasons: seasons that have rows or had them
SELECT season FROM slices UNION SELECT season FROM snapshots
 UNION SELECT season FROM decisions WHERE kind = 'purge'
 ORDER BY season DESC

-- note_snapshot: the files of a snapshot that was written
INSERT INTO snapshots (season, fingerprint, files, written_at)
VALUES (:season, :fingerprint, CAST(:files AS jsonb), now())
ON CONFLICT (season) DO UPDATE
   SET fingerprint = excluded.fingerprint, files = excluded.files,
       written_at = excluded.written_at
