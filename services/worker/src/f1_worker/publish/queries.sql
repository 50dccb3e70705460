-- newest_change: the time of the last change of data in snapshots
SELECT (SELECT max(finished_at) FROM captures), (SELECT max(capture_order) FROM decisions)

-- seasons: seasons that have or had rows
SELECT season FROM slices UNION SELECT season FROM snapshots
 UNION SELECT season FROM decisions WHERE kind = 'purge'
 ORDER BY season DESC

-- note_snapshot: record the files of a written snapshot
INSERT INTO snapshots (season, fingerprint, files, written_at)
VALUES (:season, :fingerprint, CAST(:files AS jsonb), now())
ON CONFLICT (season) DO UPDATE
   SET fingerprint = excluded.fingerprint, files = excluded.files,
       written_at = excluded.written_at

-- made: the fingerprint of a season's data: its slices, and rows that are shared with other
-- seasons, which may change them. Of all seasons, if :season is null.
WITH wanted AS (
    SELECT race_id, season, circuit_id, to_jsonb(races)::text AS line
      FROM races
     WHERE CAST(:season AS int) IS NULL OR season = :season
), shared AS (
    SELECT season, driver_id, CAST(NULL AS text) AS constructor_id
      FROM aggregations JOIN wanted USING (race_id)
     UNION SELECT season, driver_id, constructor_id FROM results JOIN wanted USING (race_id)
     UNION SELECT season, driver_id, constructor_id
      FROM sprint_results JOIN wanted USING (race_id)
     UNION SELECT season, driver_id, constructor_id FROM qualifying JOIN wanted USING (race_id)
     UNION SELECT season, driver_id, unnest(constructor_ids)
      FROM driver_standings JOIN wanted USING (race_id)
     UNION SELECT season, NULL, constructor_id
      FROM constructor_standings JOIN wanted USING (race_id)
), lines AS (
    SELECT season, concat_ws(' ', race_id, session, resource, capture_key, parser_version,
                             encode(content_hash, 'hex')) AS line
      FROM slices
     WHERE CAST(:season AS int) IS NULL OR season = :season
     UNION ALL SELECT season, line FROM wanted
     UNION SELECT season, (to_jsonb(c) - 'precedence')::text
      FROM wanted JOIN circuits AS c USING (circuit_id)
     UNION SELECT season, (to_jsonb(d) - 'precedence')::text
      FROM shared JOIN drivers AS d USING (driver_id)
     UNION SELECT season, (to_jsonb(c) - 'precedence')::text
      FROM shared JOIN constructors AS c USING (constructor_id)
), made AS (
    SELECT season,
           :made_by || ' ' || md5(string_agg(line, '~' ORDER BY line COLLATE "C"))
               AS fingerprint
      FROM lines
     WHERE season IN (SELECT season FROM slices)
     GROUP BY season
)

-- fingerprint: the fingerprint of one season
{made}
SELECT fingerprint FROM made WHERE season = :season

-- behind: seasons whose files differ from the tables, and whether it is time to write them
{made}
, noted AS (
    SELECT season, true AS noted, fingerprint, written_at FROM snapshots
     UNION SELECT season, false, NULL, NULL
      FROM decisions
     WHERE kind = 'purge' AND season NOT IN (SELECT season FROM snapshots)
), behind AS (
    SELECT season, written_at
      FROM made
      FULL JOIN noted USING (season)
     WHERE noted.noted IS NOT TRUE OR made.fingerprint IS DISTINCT FROM noted.fingerprint
)
SELECT behind.season,
       (NOT EXISTS (
            SELECT FROM captures AS c
             WHERE coalesce(c.season, behind.season) = behind.season
               AND state IN ('pending', 'processing')
               AND coalesce(not_before, '-infinity') <= now())
        AND coalesce(finished.newest, '-infinity') < now() - make_interval(secs => :quiet_s))
       OR coalesce(written_at, finished.oldest) < now() - make_interval(secs => 10 * :quiet_s)
  FROM behind
 CROSS JOIN LATERAL (
       SELECT max(finished_at) AS newest, min(finished_at) AS oldest
         FROM captures AS c
        WHERE coalesce(c.season, behind.season) = behind.season) AS finished
 ORDER BY behind.season DESC
