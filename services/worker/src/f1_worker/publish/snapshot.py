"""A season as Parquet files in S3, ``processed/{year}/{table}.parquet``: derived from the tables,
and made again whenever they say something else.

The files of a season are read in one state of the database, and each is one PUT: who reads it
while it is written gets the old file or the new one. One process at a time writes a season. One
that dies in between leaves its work to the next: only at the end is it noted in `snapshots` what
the files are made of.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Engine, text

from f1_core.postgres.queries import query
from f1_core.store.rawstore import DERIVED, RawStore
from f1_datasets import PARQUET, queries
from f1_datasets.origin import MADE_BY, Origin
from f1_datasets.tables import DATASETS
from f1_worker.metrics import SNAPSHOT_FILES

_LOCK = 0x0F1D


class File(NamedTuple):
    """A dataset, ready to be written."""

    name: str
    rows: int
    content: bytes


class State(NamedTuple):
    """What a season's files are to be, and the fingerprint of what they are made of; None and no
    files if there is nothing of the season, as after a purge.
    """

    fingerprint: str | None
    files: list[File]


class Behind(NamedTuple):
    """A season whose files are not of what the database says now; `due` if it is time to write
    them: it has been quiet for a while, or has not been for long.
    """

    season: int
    due: bool


def behind(engine: Engine, quiet_s: float) -> list[Behind]:
    """Seasons whose files in S3 are not of what the database says, newest first.

    A season is quiet when none of its captures is open, and none has been finished within
    `quiet_s` seconds. One that is not is written ten times as late.
    """
    values = {"season": None, "quiet_s": quiet_s, "made_by": MADE_BY}
    with engine.connect() as connection:
        return [Behind(*row) for row in connection.execute(_BEHIND, values)]


def moved(engine: Engine) -> tuple[object, ...]:
    """Something that is another thing after anything was processed or decided."""
    with engine.connect() as connection:
        return tuple(connection.execute(_MOVED).one())


def seasons(engine: Engine) -> list[int]:
    """Seasons that have files, or should."""
    with engine.connect() as connection:
        return list(connection.execute(_SEASONS).scalars())


def write(
    engine: Engine, store: RawStore, season: int, *, wait: bool = False
) -> Counter[str] | None:
    """Make a season's files in S3 those that the database says; returns how many were written,
    unchanged and removed. None: another process is at it, and `wait` is not set.

    Raises:
        StoreUnavailable: S3 did not take one; what was written before is whole and stays.
    """
    with _alone(engine, season, wait=wait) as alone:
        if not alone:
            return None
        state = _read(engine, season)
        done = _put(store, season, state.files)
        with engine.begin() as connection:
            connection.execute(_NOTE, _noted(season, state))
    for action, files in done.items():
        SNAPSHOT_FILES.labels(action).inc(files)
    return done


@contextmanager
def _alone(engine: Engine, season: int, *, wait: bool) -> Iterator[bool]:
    """Whether this process alone writes the season: a session's lock, in no open transaction."""
    values = {"lock": _LOCK, "season": season}
    with engine.connect() as connection:
        got = connection.execute(_WAIT_FOR_TURN if wait else _TAKE_TURN, values).scalar()
        connection.commit()
        try:
            yield wait or bool(got)
        finally:
            if wait or got:
                connection.rollback()
                connection.execute(_END_TURN, values)
                connection.commit()


def _read(engine: Engine, season: int) -> State:
    from f1_datasets import parquet  # noqa: PLC0415 - a worker that writes none needs no Arrow

    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        fingerprint = connection.execute(
            _FINGERPRINT, {"season": season, "made_by": MADE_BY}
        ).scalar()
        if fingerprint is None:
            return State(None, [])
        origin = Origin.of(season, None, _rows(connection, queries.CAPTURES, season))
        files = []
        for dataset in DATASETS.values():
            if origin.has(dataset):
                rows = _rows(connection, f"dataset_{dataset.name}", season)
                content = parquet.encode(dataset, rows, origin)
                files.append(File(dataset.name, len(rows), content))
    return State(fingerprint, files)


def _rows(connection: Connection, query: str, season: int) -> list[tuple[object, ...]]:
    values = {"season": season, "race_id": None}
    found = connection.exec_driver_sql(queries.queries()[query], values)
    return [tuple(row) for row in found]


def _put(store: RawStore, season: int, files: list[File]) -> Counter[str]:
    folder = f"{DERIVED}{season}/"
    done: Counter[str] = Counter()
    for file in files:
        written = store.replace(f"{folder}{file.name}.parquet", file.content, PARQUET)
        done["written" if written else "unchanged"] += 1
    gone = DATASETS.keys() - {file.name for file in files}
    there = set(store.keys(folder))
    for key in sorted(f"{folder}{name}.parquet" for name in gone):
        if key in there:
            store.remove(key)
            done["removed"] += 1
    return done


def _noted(season: int, state: State) -> dict[str, object]:
    files = {
        file.name: {
            "rows": file.rows,
            "bytes": len(file.content),
            "sha256": hashlib.sha256(file.content).hexdigest(),
        }
        for file in state.files
    }
    return {
        "season": season,
        "fingerprint": state.fingerprint,
        "files": msgspec.json.encode(files).decode(),
    }


_TAKE_TURN = text("SELECT pg_try_advisory_lock(:lock, :season)")
_WAIT_FOR_TURN = text("SELECT pg_advisory_lock(:lock, :season)")
_END_TURN = text("SELECT pg_advisory_unlock(:lock, :season)")
_MOVED = query(__name__, "newest_change")
_SEASONS = query(__name__, "seasons")
# What the files of a season are made of: its slices, and the rows that are shared with others and
# may be changed by a capture of another season.
_MADE = """
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
"""
_FINGERPRINT = text(f"{_MADE} SELECT fingerprint FROM made WHERE season = :season")  # noqa: S608
_BEHIND = text(
    f"""
    {_MADE}
    , noted AS (
        SELECT season, true AS noted, fingerprint, written_at FROM snapshots
         UNION SELECT season, false, NULL, NULL
          FROM decisions
         WHERE kind = 'purge' AND season NOT IN (SELECT season FROM snapshots)
    )
    SELECT season,
           (NOT EXISTS (
                SELECT FROM captures AS c
                 WHERE coalesce(c.season, season) = season
                   AND state IN ('pending', 'processing')
                   AND coalesce(not_before, '-infinity') <= now())
            AND coalesce(finished.newest, '-infinity') < now() - make_interval(secs => :quiet_s))
           OR coalesce(noted.written_at, finished.oldest)
                  < now() - make_interval(secs => 10 * :quiet_s)
      FROM made
      FULL JOIN noted USING (season)
     CROSS JOIN LATERAL (
           SELECT max(finished_at) AS newest, min(finished_at) AS oldest
             FROM captures AS c
            WHERE coalesce(c.season, season) = season) AS finished
     WHERE noted.noted IS NOT TRUE OR made.fingerprint IS DISTINCT FROM noted.fingerprint
     ORDER BY season DESC
    """  # noqa: S608 - of parts that are all written here
)
_NOTE = query(__name__, "note_snapshot")
