"""The ledger: which captures there are. S3 is the truth, the `captures` table its index.

Ingest announces a capture when it has written it; :func:`sweep` finds those whose announcement was
lost, and all of them after the database was.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection, Engine, text

from f1_core import decisions
from f1_core.capture import Header, parse_key
from f1_core.errors import F1Error
from f1_core.rawstore import RawStore

ANNOUNCED = "f1_captures"
"""NOTIFY channel: a capture was announced; the payload is its key."""
PROCESSED = "f1_processed"
"""NOTIFY channel: rows changed; the payload is JSON: season, race_id, resource."""

_SWEEP_LOCK = 0x0F15
_BATCH = 500

_ANNOUNCE = text(
    """
    INSERT INTO captures (capture_key, source, resource, season, round, capture_order,
                          fetched_at, expected, requests)
    VALUES (:key, :source, :resource, :season, :round, :order, :fetched_at, :expected, :requests)
    ON CONFLICT (capture_key) DO NOTHING
    """
)

_KIND = text("SELECT synthetic FROM installation")
_MARK_KIND = text(
    """
    INSERT INTO installation (synthetic) VALUES (:synthetic)
    ON CONFLICT (singleton) DO UPDATE SET synthetic = coalesce(installation.synthetic, :synthetic)
    RETURNING synthetic
    """
)


class MixedData(F1Error):
    """Synthetic and real data were about to share a database."""


def mark_kind(connection: Connection, *, synthetic: bool) -> None:
    """Make sure that this database holds only synthetic, or only real data.

    Raises:
        MixedData: it already holds the other.
    """
    found = connection.execute(_KIND).scalar()
    if found is None:  # once; always writing the row would make transactions wait for each other
        found = connection.execute(_MARK_KIND, {"synthetic": synthetic}).scalar_one()
    if found != synthetic:
        kinds = {True: "synthetic", False: "real"}
        raise MixedData(
            f"this database holds {kinds[found]} data and cannot take {kinds[synthetic]} data too: "
            "use another database and bucket"
        )


def announce(connection: Connection, key: str, header: Header) -> None:
    """Enter a capture that ingest has just written, and wake a worker at commit."""
    connection.execute(
        _ANNOUNCE,
        {
            "key": key,
            "source": header.source,
            "resource": header.resource,
            "season": header.season,
            "round": header.round,
            "order": header.order,
            "fetched_at": header.fetched_at,
            "expected": header.total,
            "requests": header.requests,
        },
    )
    connection.execute(text("SELECT pg_notify(:channel, :key)"), {"channel": ANNOUNCED, "key": key})


def swept_at(connection: Connection) -> datetime | None:
    """When the last full sweep ended; None: never, the ledger may lack what S3 has."""
    found = connection.execute(text("SELECT swept_at FROM installation")).scalar()
    return found if isinstance(found, datetime) else None


def sweep(
    engine: Engine,
    store: RawStore,
    *,
    since: timedelta | None = None,
    progress: Callable[[int], None] = lambda seen: None,
) -> int:
    """Enter what lies in S3 and not in the ledger; decisions too. One sweep at a time.

    Args:
        since: look only at objects of this long back (a full sweep must have been made once).
        progress: called with the number of objects seen so far.

    Returns:
        How many captures and decisions were new.

    Raises:
        StoreUnavailable: S3 did not answer; what was entered stays.
        MixedData: the bucket holds data of the other kind than the database.
    """
    found = seen = 0
    with engine.connect() as lock:
        lock.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _SWEEP_LOCK})
        lock.commit()  # a session's lock, held by no open transaction
        try:
            start = lock.execute(text("SELECT now() AT TIME ZONE 'UTC'")).scalar_one()
            lock.commit()
            after = f"raw/{start - since:%Y-%m-%d}" if since else ""
            # Decisions first: a release or purge must be known when its captures are processed.
            found += decisions.sweep(engine, store)
            for keys in _batches(store.keys("raw/", after)):
                seen += len(keys)
                found += _enter(engine, keys)
                progress(seen)
            if since is None:
                with engine.begin() as connection:
                    connection.execute(
                        text(
                            "INSERT INTO installation (swept_at, bucket) VALUES (now(), :bucket)"
                            " ON CONFLICT (singleton) DO UPDATE"
                            " SET swept_at = now(), bucket = :bucket"
                        ),
                        {"bucket": store.bucket},
                    )
        finally:
            lock.rollback()
            lock.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _SWEEP_LOCK})
            lock.commit()
    return found


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    keys = iter(keys)
    while batch := list(islice(keys, _BATCH)):
        yield batch


def _enter(engine: Engine, keys: list[str]) -> int:
    parts = {key: parsed for key in keys if (parsed := parse_key(key))}
    if not parts:
        return 0
    with engine.begin() as connection:
        known = set(
            connection.execute(
                text("SELECT capture_key FROM captures WHERE capture_key = ANY(:keys)"),
                {"keys": list(parts)},
            ).scalars()
        )
        new = {key: part for key, part in parts.items() if key not in known}
        if not new:
            return 0
        for synthetic in {part.source == "synthetic" for part in new.values()}:
            mark_kind(connection, synthetic=synthetic)
        connection.execute(
            _ANNOUNCE,
            [
                {
                    "key": key,
                    "source": part.source,
                    "resource": part.resource,
                    "season": part.season,
                    "round": part.round,
                    "order": part.order,
                    "fetched_at": part.started_at,  # the worker puts the header's here
                    "expected": None,
                    "requests": None,
                }
                for key, part in new.items()
            ],
        )
        decisions.raise_order(connection, max(part.order for part in new.values()))
        connection.execute(text(f"NOTIFY {ANNOUNCED}"))
    return len(new)
