-- coverage: for each resource, the number of the requested races that have it captured
-- Nothing is sorted here: it would cost as much as the rest.
SELECT k.resource,
       count(*) AS races,
       count(*) FILTER (WHERE r.date <= %(today)s) AS run,
       count(*) FILTER (WHERE k.due) AS due,
       count(s.capture_key) AS captured,
       coalesce(sum(s.rows), 0)::bigint AS rows,
       count(*) FILTER (WHERE k.due AND s.capture_key IS NULL) AS missing,
       array_agg(r.date || ' ' || r.race_id)
           FILTER (WHERE k.due AND s.capture_key IS NULL) AS missing_races,
       coalesce(bool_and(s.rows >= s.expected), true) AS all_rows,
       bit_xor(hashtextextended(s.capture_key, 0)) AS version,
       count(*) FILTER (WHERE s.rows = 0) AS none
  FROM races AS r
 CROSS JOIN LATERAL (
       SELECT u.resource, u.session,
              r.season >= u.since AND r.date < %(today)s
              AND (r.sessions ? 'Sprint' OR NOT u.sprint_only) AS due
         FROM unnest(%(resources)s::text[], %(sessions)s::text[], %(since)s::int[],
                     %(sprint_only)s::bool[]) AS u (resource, session, since, sprint_only)) AS k
  LEFT JOIN slices AS s ON s.season = r.season AND s.race_id = r.race_id
                       AND s.session = k.session AND s.resource = k.resource
 WHERE (%(seasons)s::int[] IS NULL OR r.season = ANY (%(seasons)s::int[]))
 GROUP BY k.resource

-- synthetic: whether this database holds synthetic or real data; null: nothing yet
SELECT synthetic FROM installation
