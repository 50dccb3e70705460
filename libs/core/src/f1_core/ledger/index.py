"""The ledger: an index of the captures in S3, in the table `captures`. S3 is authoritative.

Ingest announces a capture after it has written it; :func:`sweep` finds captures whose announcement
was lost, and all captures after the database was lost.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection, Engine, text

from f1_core.capture import Header, KeyParts, parse_key
from f1_core.errors import ExitCode, F1Error
from f1_core.ledger import decisions, orders, unreadable
from f1_core.ledger.unreadable import Unreadable
from f1_core.postgres.database import session_lock
from f1_core.postgres.queries import query
from f1_core.store.rawstore import RawStore

ANNOUNCED = "f1_captures"
"""NOTIFY channel: a capture was announced; the payload is its key."""
PROCESSED = "f1_processed"
"""NOTIFY channel: rows changed; the payload is JSON: season, race_id, resource."""

_KINDS = {True: "synthetic", False: "real"}
_SWEEP_LOCK = 0x0F15
_BATCH = 500
_UNKNOWN = {"expected": None, "requests": None}

_ANNOUNCE = query(__name__, "announce")

_KIND = text("SELECT synthetic FROM installation")
_MARK_KIND = query(__name__, "mark_kind")
_RECORD_SWEEP = query(__name__, "record_sweep")


class MixedData(F1Error):
    """Synthetic and real data would share a database."""

    exit_code = ExitCode.SETTINGS


def mark_kind(connection: Connection, *, synthetic: bool) -> None:
    """Make sure that this database contains only synthetic, or only real data.

    Raises:
        MixedData: it already contains the other.
    """
    found = connection.execute(_KIND).scalar()
    if found is None:  # once; always writing the row would make transactions wait for each other
        found = connection.execute(_MARK_KIND, {"synthetic": synthetic}).scalar_one()
    if found != synthetic:
        raise MixedData(
            f"this database holds {_KINDS[found]} data and cannot take {_KINDS[synthetic]} data "
            "too: use another database and bucket"
        )


def announce(connection: Connection, key: str, header: Header) -> None:
    """Enter a capture that ingest has just written, and notify the workers at commit."""
    # The sequence is behind the order if the database was restored after it was issued.
    orders.raise_order(connection, header.order)
    found = {"fetched_at": header.fetched_at, "expected": header.total, "requests": header.requests}
    connection.execute(_ANNOUNCE, _entry(key, header) | found)
    connection.execute(text("SELECT pg_notify(:channel, :key)"), {"channel": ANNOUNCED, "key": key})


def _entry(key: str, of: Header | KeyParts) -> dict[str, object]:
    names = ("source", "resource", "season", "round", "order")
    return {"key": key, **{name: getattr(of, name) for name in names}}


def swept_at(connection: Connection) -> datetime | None:
    """When the last full sweep ended; None: never, so that the ledger may lack captures."""
    found = connection.execute(text("SELECT swept_at FROM installation")).scalar()
    return found if isinstance(found, datetime) else None


def sweep(
    engine: Engine,
    store: RawStore,
    *,
    since: timedelta | None = None,
    progress: Callable[[int], None] = lambda seen: None,
) -> int:
    """Enter captures and decisions that are in S3 and not in the ledger. One sweep at a time.

    Objects that are not captures or decisions, or not of the database's kind of data, are skipped
    and entered as unreadable: see :mod:`f1_core.ledger.unreadable`. If the database is behind S3,
    or was filled from another bucket, the sweep is a full one, independent of `since`.

    Args:
        since: sweep only objects of this period (after at least one full sweep).
        progress: called with the number of objects seen so far.

    Returns:
        The number of new captures and decisions.

    Raises:
        StoreUnavailable: S3 did not respond; what was entered stays.
        MixedData: the bucket contains only data of the other kind.
    """
    found = seen = ours = others = 0
    with engine.connect() as lock, session_lock(lock, _SWEEP_LOCK):
        start: datetime = lock.execute(text("SELECT now()")).scalar_one()
        lock.commit()
        if _must_be_full(engine, store):
            since = None
        after = f"raw/{start - since:%Y-%m-%d}" if since else ""
        # Decisions first: a release or purge must be known when its captures are processed.
        found += decisions.sweep(engine, store, full=since is None)
        synthetic = _kind(engine, store)
        for keys in _batches(store.keys("raw/", after)):
            parts, skipped = _read(keys)
            if synthetic is None and parts:
                synthetic = _is_synthetic(next(iter(parts.values())))
            own = {key: part for key, part in parts.items() if _is_synthetic(part) == synthetic}
            skipped += [_of_other_kind(key) for key in parts if key not in own]
            seen, ours, others = seen + len(keys), ours + len(own), others + len(parts) - len(own)
            found += _enter(engine, own, synthetic=bool(synthetic))
            if skipped:
                with engine.begin() as connection:
                    unreadable.enter(connection, skipped)
            progress(seen)
        if since is None:
            if others and not ours:
                raise MixedData(
                    f"the bucket {store.address} holds {_KINDS[not synthetic]} data only, and this "
                    f"database {_KINDS[bool(synthetic)]} data: name another bucket in F1_S3_BUCKET"
                )
            _record_full_sweep(engine, store, start)
    return found


def _must_be_full(engine: Engine, store: RawStore) -> bool:
    """Whether S3 may have old captures that the ledger lacks. Raises the sequence above S3."""
    with engine.begin() as connection:
        behind = orders.catch_up(connection, store)
        bucket = connection.execute(text("SELECT bucket FROM installation")).scalar()
    return behind or (bucket is not None and bucket != store.address)


def _record_full_sweep(engine: Engine, store: RawStore, start: datetime) -> None:
    with engine.begin() as connection:
        unreadable.remove_unseen(connection, start)
        connection.execute(_RECORD_SWEEP, {"bucket": store.address})


def kind_of_bucket(store: RawStore) -> bool | None:
    """Whether most captures in S3 are synthetic; None: there are none.

    Raises:
        StoreUnavailable: S3 did not respond.
    """
    counted = {True: 0, False: 0}
    for keys in _batches(store.keys("raw/")):
        for part in _read(keys)[0].values():
            counted[_is_synthetic(part)] += 1
    return counted[True] > counted[False] if any(counted.values()) else None


def _kind(engine: Engine, store: RawStore) -> bool | None:
    """Whether the database's data are synthetic; of a new database, whether most in S3 are."""
    with engine.connect() as connection:
        known: bool | None = connection.execute(_KIND).scalar()
    return kind_of_bucket(store) if known is None else known


def _is_synthetic(part: KeyParts) -> bool:
    return part.source == "synthetic"


def _of_other_kind(key: str) -> Unreadable:
    return Unreadable(key, "synthetic and real data cannot share a database and bucket")


def _batches(keys: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(keys, _BATCH)):
        yield batch


def _read(keys: list[str]) -> tuple[dict[str, KeyParts], list[Unreadable]]:
    """Keys with their parts, and those that are not a capture's."""
    parts: dict[str, KeyParts] = {}
    skipped = []
    for key in keys:
        part = parse_key(key)
        if part is None:
            skipped.append(Unreadable(key, "it is not the key of a capture"))
        elif not orders.is_plausible(part.order):
            reason = f"its order, {part.order}, is not one that can have been issued by now"
            skipped.append(Unreadable(key, reason))
        else:
            parts[key] = part
    return parts, skipped


def _enter(engine: Engine, parts: dict[str, KeyParts], *, synthetic: bool) -> int:
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
        mark_kind(connection, synthetic=synthetic)
        connection.execute(
            _ANNOUNCE,
            [
                # The worker adds the rest from the header.
                _entry(key, part) | {"fetched_at": part.started_at, **_UNKNOWN}
                for key, part in new.items()
            ],
        )
        orders.raise_order(connection, max(part.order for part in new.values()))
        connection.execute(text(f"NOTIFY {ANNOUNCED}"))
    return len(new)
