ALTER TABLE qualifying ADD COLUMN parts integer;
COMMENT ON COLUMN qualifying.parts IS
    'how many of Q1, Q2, Q3 the driver took part in, where the last has no time';
