"""The ledger: which captures there are. S3 is the truth, the `captures` table its index.

Ingest announces a capture when it has written it; :func:`sweep` finds those whose announcement was
lost, and all of them after the database was.
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
_NOTE_SWEEP = query(__name__, "note_sweep")


class MixedData(F1Error):
    """Synthetic and real data were about to share a database."""

    exit_code = ExitCode.SETTINGS


def mark_kind(connection: Connection, *, synthetic: bool) -> None:
    """Make sure that this database holds only synthetic, or only real data.

    Raises:
        MixedData: it already holds the other.
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
    """Enter a capture that ingest has just written, and wake a worker at commit."""
    # Behind it if the database was restored since the order was issued.
    orders.raise_order(connection, header.order)
    found = {"fetched_at": header.fetched_at, "expected": header.total, "requests": header.requests}
    connection.execute(_ANNOUNCE, _entry(key, header) | found)
    connection.execute(text("SELECT pg_notify(:channel, :key)"), {"channel": ANNOUNCED, "key": key})


def _entry(key: str, of: Header | KeyParts) -> dict[str, object]:
    names = ("source", "resource", "season", "round", "order")
    return {"key": key, **{name: getattr(of, name) for name in names}}


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

    Objects that are no captures or decisions, or of the other kind of data than the database's, are
    passed over and entered as unreadable: see :mod:`f1_core.ledger.unreadable`. If the database is
    behind S3, or of another bucket, the sweep is a full one, independent of `since`.

    Args:
        since: sweep only objects of this long back (a full sweep must have been made once).
        progress: called with the number of objects seen so far.

    Returns:
        How many captures and decisions were new.

    Raises:
        StoreUnavailable: S3 did not answer; what was entered stays.
        MixedData: the bucket holds data of the other kind than the database only.
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
            parts, passed_over = _read(keys)
            if synthetic is None and parts:
                synthetic = _is_synthetic(next(iter(parts.values())))
            mine = {key: part for key, part in parts.items() if _is_synthetic(part) == synthetic}
            passed_over += [_of_other_kind(key) for key in parts if key not in mine]
            seen, ours, others = seen + len(keys), ours + len(mine), others + len(parts) - len(mine)
            found += _enter(engine, mine, synthetic=bool(synthetic))
            if passed_over:
                with engine.begin() as connection:
                    unreadable.enter(connection, passed_over)
            progress(seen)
        if since is None:
            if others and not ours:
                raise MixedData(
                    f"the bucket {store.address} holds {_KINDS[not synthetic]} data only, and this "
                    f"database {_KINDS[bool(synthetic)]} data: name another bucket in F1_S3_BUCKET"
                )
            _note_full(engine, store, start)
    return found


def _must_be_full(engine: Engine, store: RawStore) -> bool:
    """Whether S3 may have what the ledger lacks, however old; raises the sequence above S3."""
    with engine.begin() as connection:
        behind = orders.catch_up(connection, store)
        bucket = connection.execute(text("SELECT bucket FROM installation")).scalar()
    return behind or (bucket is not None and bucket != store.address)


def _note_full(engine: Engine, store: RawStore, start: datetime) -> None:
    with engine.begin() as connection:
        unreadable.forget(connection, start)
        connection.execute(_NOTE_SWEEP, {"bucket": store.address})


def kind_of_bucket(store: RawStore) -> bool | None:
    """Whether most captures in S3 are synthetic; None: there are none.

    Raises:
        StoreUnavailable: S3 did not answer.
    """
    counted = {True: 0, False: 0}
    for keys in _batches(store.keys("raw/")):
        for part in _read(keys)[0].values():
            counted[_is_synthetic(part)] += 1
    return counted[True] > counted[False] if any(counted.values()) else None


def _kind(engine: Engine, store: RawStore) -> bool | None:
    """Whether the database holds synthetic data; a new one takes what most captures in S3 are."""
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
    """Keys with their parts, and those that cannot be a capture's."""
    parts: dict[str, KeyParts] = {}
    passed_over = []
    for key in keys:
        part = parse_key(key)
        if part is None:
            passed_over.append(Unreadable(key, "it is not the key of a capture"))
        elif not orders.is_plausible(part.order):
            reason = f"its order, {part.order}, is not one that can have been issued by now"
            passed_over.append(Unreadable(key, reason))
        else:
            parts[key] = part
    return parts, passed_over


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
