"""A season as Parquet files in S3, ``processed/{year}/{table}.parquet``: derived from the tables,
and written again whenever they change.

The files of a season are read from one state of the database, and each is written by one PUT, so
that readers get the old file or the new one. One process at a time writes a season. If it dies,
another one writes the season again: `snapshots` has the fingerprint only after all files were
written.
"""

import hashlib
from collections import Counter
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Engine

from f1_core.postgres.database import session_lock
from f1_core.postgres.queries import query
from f1_core.store.rawstore import DERIVED, RawStore
from f1_datasets import PARQUET, queries
from f1_datasets.origin import MADE_BY, Origin
from f1_datasets.tables import DATASETS
from f1_worker.metrics import SNAPSHOT_FILES

_LOCK = 0x0F1D


class File(NamedTuple):
    """An encoded dataset."""

    name: str
    rows: int
    content: bytes


class State(NamedTuple):
    """A season's files, and the fingerprint of its data; None and no files if the season has no
    data, for example after a purge.
    """

    fingerprint: str | None
    files: list[File]


class Behind(NamedTuple):
    """A season whose files differ from the database; `due` if they must be written now, since it
    has been quiet for a while, or has not been quiet for a long time.
    """

    season: int
    due: bool


def behind(engine: Engine, quiet_s: float) -> list[Behind]:
    """Seasons whose files in S3 differ from the database, newest first.

    A season is quiet if none of its captures is open or was finished within `quiet_s` seconds.
    Other seasons are written after ten times that time.
    """
    values = {"season": None, "quiet_s": quiet_s, "made_by": MADE_BY}
    with engine.connect() as connection:
        return [Behind(*row) for row in connection.execute(_BEHIND, values)]


def moved(engine: Engine) -> tuple[object, ...]:
    """A value that changes whenever a capture was processed or a decision was made."""
    with engine.connect() as connection:
        return tuple(connection.execute(_MOVED).one())


def seasons(engine: Engine) -> list[int]:
    """Seasons that have or need files."""
    with engine.connect() as connection:
        return list(connection.execute(_SEASONS).scalars())


def write(
    engine: Engine, store: RawStore, season: int, *, wait: bool = False
) -> Counter[str] | None:
    """Write a season's files in S3 from the database; returns the numbers of written, unchanged and
    removed ones. None: another process writes them, and `wait` is not set.

    Raises:
        StoreUnavailable: S3 did not store a file; files written before are complete and stay.
    """
    with engine.connect() as lock, session_lock(lock, _LOCK, season, wait=wait) as alone:
        if not alone:
            return None
        state = _read(engine, season)
        done = _put(store, season, state.files)
        with engine.begin() as connection:
            connection.execute(_NOTE, _noted(season, state))
    for action, files in done.items():
        SNAPSHOT_FILES.labels(action).inc(files)
    return done


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


_MOVED = query(__name__, "newest_change")
_SEASONS = query(__name__, "seasons")
_FINGERPRINT = query(__name__, "fingerprint")
_BEHIND = query(__name__, "behind")
_NOTE = query(__name__, "note_snapshot")
