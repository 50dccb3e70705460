-- ergast_seasons: seasons by year, all or these
SELECT season::text,
       coalesce(s.url, CASE WHEN NOT (SELECT synthetic FROM installation) THEN
           'https://en.wikipedia.org/wiki/' || s.season || CASE WHEN s.season >= 2018
               THEN '_Formula_One_World_Championship' ELSE '_Formula_One_season' END END)
  FROM seasons AS s
 WHERE %(ids)s::text[] IS NULL OR season = ANY (%(ids)s::text[]::int[])
 ORDER BY season

-- ergast_circuits: circuits by id, all or these
SELECT circuit_id, url, name, latitude, longitude, locality, country
  FROM circuits
 WHERE %(ids)s::text[] IS NULL OR circuit_id = ANY (%(ids)s::text[])
 ORDER BY circuit_id

-- ergast_constructors: constructors by id, all or these
SELECT constructor_id, url, name, nationality
  FROM constructors
 WHERE %(ids)s::text[] IS NULL OR constructor_id = ANY (%(ids)s::text[])
 ORDER BY constructor_id

-- ergast_drivers: drivers, all or these
SELECT driver_id, number, code, url, given_name, family_name, date_of_birth, nationality
  FROM drivers
 WHERE %(ids)s::text[] IS NULL OR driver_id = ANY (%(ids)s::text[])

-- ergast_races: races by season and round, all or these, with their circuits
SELECT r.race_id, r.season, r.round, r.url, r.name, r.date, r.time, r.sessions,
       c.circuit_id, c.url, c.name, c.latitude, c.longitude, c.locality, c.country
  FROM races AS r
  JOIN circuits AS c USING (circuit_id)
 WHERE %(ids)s::text[] IS NULL OR r.race_id = ANY (%(ids)s::text[])
 ORDER BY r.season, r.round

-- ergast_calendar: ids of the races on the calendar, and of their circuits
SELECT race_id, circuit_id
  FROM races
 WHERE (%(season)s::int IS NULL OR season = %(season)s)
   AND (%(round)s::int IS NULL OR round = %(round)s)
   AND (%(circuit)s::text IS NULL OR circuit_id = %(circuit)s)
