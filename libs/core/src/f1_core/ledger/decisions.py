"""Decisions of people: small objects in S3 beside the captures, which a replay applies.

* ``confirm`` a held capture: its rows are applied.
* ``release`` (`f1-worker accept`) a quarantined capture whose rows can be read: it is processed
  in spite of the reason.
* ``dismiss`` a capture that is held, quarantined or waits: what is refused of it stays refused and
  needs no further attention. The latest of dismiss, confirm and release counts.
* ``purge`` a season: its rows are deleted, and its existing captures are not applied again. The raw
  objects stay.

A decision's order is from the same sequence as a capture's, so that captures after a purge are
applied.
"""

import re
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection, Engine, text

from f1_core.capture import parse_key
from f1_core.errors import BadCapture, F1Error
from f1_core.foreign import built
from f1_core.ledger import orders, states, unreadable
from f1_core.postgres.database import transaction
from f1_core.postgres.queries import query
from f1_core.store.rawstore import RawStore

CONFIRM, RELEASE, DISMISS, PURGE = "confirm", "release", "dismiss", "purge"
KINDS = (CONFIRM, RELEASE, DISMISS, PURGE)


_LARGEST = 64 * 2**10
"""Bytes of a decision: a sentence and a key."""
_Name = Annotated[str, msgspec.Meta(max_length=200)]
_Text = Annotated[str, msgspec.Meta(max_length=8192)]


class BadDecision(F1Error):
    """An object is not a decision, or an inconsistent one."""


@built
class Decision(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One decision, as stored in S3. Times are UTC."""

    kind: str
    order: int
    decided_by: _Name
    decided_at: Annotated[datetime, msgspec.Meta(tz=True)]
    capture_key: _Text | None = None
    season: Annotated[int, msgspec.Meta(ge=1950, le=2999)] | None = None
    why: _Text | None = None

    @property
    def key(self) -> str:
        """The object's key."""
        at = self.decided_at.astimezone(UTC)
        return f"decisions/{at:%Y-%m-%d}/{at:%Y%m%dT%H%M%SZ}-{self.kind}-{self.order:012d}.json"


_KEY = re.compile(
    r"decisions/\d{4}-\d\d-\d\d/\d{8}T\d{6}Z-(?:confirm|release|dismiss|purge)-(\d{12,14})\.json",
    re.ASCII,
)


def read(key: str, content: bytes) -> Decision:
    """Read a decision as stored in S3.

    Raises:
        BadDecision: it is not a decision, or not consistent; the message has the reason.
    """
    if _KEY.fullmatch(key) is None:
        raise BadDecision("it is not the key of a decision")
    try:
        decision = msgspec.json.decode(content, type=Decision)
        fits = decision.key == key
    # Deep nesting raises RecursionError, the year 1 raises OverflowError.
    except (msgspec.DecodeError, ValueError, RecursionError, OverflowError) as error:
        raise BadDecision(f"it is not a decision: {error}") from error
    if not fits:
        raise BadDecision("it belongs to another key")
    if not orders.is_plausible(decision.order):
        raise BadDecision(f"its order, {decision.order}, is not one that can have been issued")
    written = (decision.decided_by, decision.capture_key, decision.why)
    if any("\0" in value for value in written if value):
        raise BadDecision("it holds a NUL character")
    if decision.kind == PURGE and decision.season is None:
        raise BadDecision("it is a purge without a season")
    if decision.kind != PURGE and parse_key(decision.capture_key or "") is None:
        raise BadDecision("it does not name a capture")
    return decision


def decide(
    engine: Engine,
    store: RawStore,
    kind: str,
    *,
    by: str,
    capture_key: str | None = None,
    season: int | None = None,
    why: str | None = None,
) -> Decision:
    """Write a decision to S3, then enter it. If the database is unavailable then, a sweep finds it.

    A purge is carried out at once, other decisions send their capture back to the worker.

    Raises:
        BadDecision: it is inconsistent, or a text in it is too long; nothing was written.
        StoreUnavailable: S3 did not accept it.
    """
    with engine.begin() as connection:
        order = orders.Orders(store).next(connection)
    decision = Decision(
        kind=kind,
        order=order,
        decided_by=by,
        decided_at=datetime.now(UTC).replace(microsecond=0),
        capture_key=capture_key,
        season=season,
        why=why,
    )
    content = msgspec.json.encode(decision)
    read(decision.key, content)  # as a replay must be able to
    store.put(decision.key, content)
    transaction(engine, lambda connection: enter(connection, decision), patience_s=10)
    return decision


def enter(connection: Connection, decision: Decision) -> bool:
    """Enter a decision and send its capture back to the worker. False: it was already entered."""
    if connection.execute(_ENTER, msgspec.structs.asdict(decision)).scalar() is None:
        return False
    if decision.kind == PURGE:
        _purge(connection, decision)
    elif decision.capture_key is not None:
        # The worker applies the decision when it processes the capture again. If it is doing so
        # now, it reads decisions under the race's lock, or loses its lease.
        states.reopen(connection, [decision.capture_key])
    return True


def season_lock(*, exclusive: bool) -> sa.TextClause:
    """The statement that locks `:season` until the transaction ends.

    A transaction that changes its schedule or purges it takes the lock exclusively, one that
    changes a race takes it shared.
    """
    return _LOCK_EXCLUSIVE if exclusive else _LOCK_SHARED


def _purge(connection: Connection, decision: Decision) -> None:
    """Delete a season's rows and its captures' slices from before the purge.

    Pending captures are left to the worker, which finds the purge. Their reference data stay, as
    on a replay, where purges are entered before captures.
    """
    about = {"season": decision.season, "order": decision.order}
    connection.execute(season_lock(exclusive=True), about)
    archives = connection.execute(_ARCHIVES_PURGED, about).scalars().all()
    # A sweep may find a purge after newer captures were processed.
    newer = connection.execute(_NEWER, about).scalars().all()
    of_season = connection.execute(_OF_SEASON, about).scalars().all()
    states.lock_captures(connection, [*of_season, *archives, *newer])
    connection.execute(_PURGE, about)
    states.refresh(connection, archives)
    states.reopen(connection, newer)


_SEASON_LOCK = 0x0F1
_LOCK_EXCLUSIVE = text(f"SELECT pg_advisory_xact_lock({_SEASON_LOCK}, :season)")
_LOCK_SHARED = text(f"SELECT pg_advisory_xact_lock_shared({_SEASON_LOCK}, :season)")
_ARCHIVES_PURGED = query(__name__, "archives_purged")
_NEWER = query(__name__, "newer_captures")
_OF_SEASON = text("SELECT capture_key FROM captures WHERE season = :season")
_PURGE = query(__name__, "purge")
_ENTER = query(__name__, "enter_decision")


def sweep(engine: Engine, store: RawStore, *, full: bool = True) -> int:
    """Enter decisions that are in S3 and not in the ledger; return how many.

    An object that is not a decision is skipped and entered as unreadable, so that captures and
    other decisions are still found.

    Args:
        full: also read objects that could not be read before.
    """
    found = 0
    with engine.connect() as connection:
        known = set(connection.execute(text("SELECT capture_order FROM decisions")).scalars())
        skipped: set[str] = set() if full else unreadable.known(connection, "decisions/")
    for key in store.keys("decisions/"):
        match = _KEY.fullmatch(key)
        if key in skipped or (match and int(match[1]) in known):
            continue
        try:
            decision = read(key, store.get(key, at_most=_LARGEST) if match else b"")
            with engine.begin() as connection:
                orders.raise_order(connection, decision.order)
                found += enter(connection, decision)
        except KeyError:
            continue  # it was removed since it was listed
        except (BadDecision, BadCapture, sa.exc.DataError, sa.exc.IntegrityError) as error:
            reason = str(getattr(error, "orig", error)).strip()
            with engine.begin() as connection:
                unreadable.enter(connection, [unreadable.Unreadable(key, reason)])
    return found
