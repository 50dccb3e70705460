-- races: a season's races by round, with the numbers of processed rows; null: not captured
SELECT r.round, r.name,
       max(s.rows) FILTER (WHERE s.resource = 'laps' AND s.session = 'race'),
       max(s.rows) FILTER (WHERE s.resource = 'results'),
       max(s.rows) FILTER (WHERE s.resource = 'pitstops' AND s.session = 'race')
  FROM races r
  LEFT JOIN slices s ON s.race_id = r.race_id
 WHERE r.season = :season
 GROUP BY r.round, r.name
 ORDER BY r.round

-- first_win: round and driver of the season's first win in a race with laps
SELECT r.round, w.driver_id
  FROM races r
  JOIN results w ON w.race_id = r.race_id AND w.position = 1
  JOIN slices s ON s.race_id = r.race_id AND s.resource = 'laps' AND s.session = 'race'
 WHERE r.season = :season
 ORDER BY r.round
 LIMIT 1
