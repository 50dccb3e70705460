-- What the rows are made of: the applied capture of each slice, and whether the data is synthetic.
SELECT s.resource, s.source, s.capture_key, s.parser_version, (SELECT synthetic FROM installation)
  FROM slices AS s
 WHERE s.season = %(season)s
   AND (%(race_id)s::text IS NULL OR s.race_id IN (%(race_id)s, ''))
 ORDER BY s.race_id, s.resource, s.session COLLATE "C"
