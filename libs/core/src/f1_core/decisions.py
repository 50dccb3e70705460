"""What people decided: small objects in S3 beside the captures, which a replay obeys.

* ``confirm`` a held capture: its rows are believed.
* ``release`` a quarantined capture whose rows can be read: it is processed in spite of the reason.
* ``dismiss`` a capture that is held, quarantined or waits: what is refused of it stays refused and
  needs no further attention. The latest of dismiss, confirm and release counts.
* ``purge`` a season: its rows go, and its captures up to now are not applied again. The raw
  objects stay.

A decision's order comes from the same sequence as a capture's, so that what is fetched after a
purge is applied again.
"""

import re
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.dialects.postgresql import insert

from f1_core import states
from f1_core.database import transaction
from f1_core.rawstore import RawStore
from f1_core.schema import decisions as decisions_table

log = structlog.get_logger()

CONFIRM, RELEASE, DISMISS, PURGE = "confirm", "release", "dismiss", "purge"
KINDS = (CONFIRM, RELEASE, DISMISS, PURGE)


class Decision(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One decision, as it lies in S3. Times are UTC."""

    kind: str
    order: int
    decided_by: str
    decided_at: datetime
    capture_key: str | None = None
    season: Annotated[int, msgspec.Meta(ge=1950, le=2999)] | None = None
    why: str | None = None

    @property
    def key(self) -> str:
        """The object's key."""
        at = self.decided_at.astimezone(UTC)
        return f"decisions/{at:%Y-%m-%d}/{at:%Y%m%dT%H%M%SZ}-{self.kind}-{self.order:012d}.json"


_KEY = re.compile(
    r"decisions/\d{4}-\d\d-\d\d/\d{8}T\d{6}Z-(?:confirm|release|dismiss|purge)-(\d{12,14})\.json"
)


def next_order(connection: Connection) -> int:
    """Issue the order of a capture whose fetch starts now, or of a decision."""
    return int(connection.execute(text("SELECT nextval('capture_order')")).scalar_one())


def raise_order(connection: Connection, order: int) -> None:
    """Never issue `order` or a lower one again: what is fetched next is newer than all of S3."""
    connection.execute(
        text(
            "SELECT setval('capture_order', :order)"
            # Not only above it: a new sequence says 1 before it has issued 1.
            " WHERE :order >= (SELECT last_value FROM capture_order)"
        ),
        {"order": order},
    )


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
    """Write a decision to S3, then enter it. If the database goes away between, a sweep finds it.

    All but a purge send their capture back to the worker; a purge is carried out at once.
    """
    with engine.begin() as connection:
        order = next_order(connection)
    decision = Decision(
        kind=kind,
        order=order,
        decided_by=by,
        decided_at=datetime.now(UTC).replace(microsecond=0),
        capture_key=capture_key,
        season=season,
        why=why,
    )
    store.put(decision.key, msgspec.json.encode(decision))
    transaction(engine, lambda connection: enter(connection, decision), patience_s=10)
    return decision


def enter(connection: Connection, decision: Decision) -> bool:
    """Enter a decision and send what it is about back to the worker. False: it was known."""
    entered = connection.execute(
        insert(decisions_table)
        .values(
            capture_order=decision.order,
            kind=decision.kind,
            capture_key=decision.capture_key,
            season=decision.season,
            decided_by=decision.decided_by,
            decided_at=decision.decided_at,
            why=decision.why,
        )
        .on_conflict_do_nothing()
        .returning(decisions_table.c.capture_order)
    ).scalar()
    if entered is None:
        return False
    if decision.kind == PURGE:
        _purge(connection, decision)
    elif decision.capture_key is not None:
        # Processed once more, the capture finds the decision and arbitrates anew. A worker that
        # has it just now reads decisions under the race's lock, or finds its lease gone.
        states.reopen(connection, [decision.capture_key])
    return True


def season_lock(*, exclusive: bool) -> sa.TextClause:
    """The statement that holds `:season` until the transaction ends.

    Whoever changes its schedule or purges it holds it alone, whoever changes one of its races
    together with others.
    """
    return _HOLD_ALONE if exclusive else _HOLD_TOGETHER


def _purge(connection: Connection, decision: Decision) -> None:
    """Drop a season's rows and what was captured before the purge.

    Captures that wait for a worker are left to it: it finds the purge, and what such a capture
    says of drivers stays as it does on a replay, where purges are entered before captures.
    """
    about = {"season": decision.season, "order": decision.order}
    connection.execute(season_lock(exclusive=True), about)
    archives = connection.execute(_ARCHIVES_PURGED, about).scalars().all()
    # A purge that is found late, by a sweep, may come after captures that are newer than it.
    newer = connection.execute(_NEWER, about).scalars().all()
    of_season = connection.execute(_OF_SEASON, about).scalars().all()
    states.lock_captures(connection, [*of_season, *archives, *newer])
    for statement in _PURGE:
        connection.execute(text(statement), about)
    states.refresh(connection, archives)
    states.reopen(connection, newer)


_SEASON_LOCK = 0x0F1
_HOLD_ALONE = text(f"SELECT pg_advisory_xact_lock({_SEASON_LOCK}, :season)")
_HOLD_TOGETHER = text(f"SELECT pg_advisory_xact_lock_shared({_SEASON_LOCK}, :season)")
_ARCHIVES_PURGED = text(
    """
    SELECT DISTINCT s.capture_key
      FROM slice_captures s
      JOIN captures c USING (capture_key)
     WHERE s.season = :season AND s.capture_order < :order AND c.season IS NULL
    """
)
_NEWER = text(
    """
    SELECT DISTINCT capture_key
      FROM slice_captures
     WHERE season = :season AND capture_order > :order
    """
)
_OF_SEASON = text("SELECT capture_key FROM captures WHERE season = :season")
_PURGE = (
    "DELETE FROM slices WHERE season = :season",
    "DELETE FROM slice_captures WHERE season = :season AND capture_order < :order",
    "DELETE FROM races WHERE season = :season",  # and by cascade all rows of its races
    """
    UPDATE captures
       SET state = 'superseded', reason = 'purged', refused = NULL
     WHERE season = :season AND capture_order < :order
       AND state NOT IN ('pending', 'processing')
    """,
    """
    SELECT pg_notify('f1_processed', json_build_object('season', CAST(:season AS int))::text)
    """,
)


def sweep(engine: Engine, store: RawStore) -> int:
    """Enter decisions that lie in S3 and are not known; returns how many.

    An object that is none is passed over: it must not keep captures from being found.
    """
    found = 0
    with engine.connect() as connection:
        known = set(connection.execute(sa.select(decisions_table.c.capture_order)).scalars())
    for key in store.keys("decisions/"):
        match = _KEY.fullmatch(key)
        if match is None or int(match[1]) in known:
            continue
        try:
            decision = msgspec.json.decode(store.get(key), type=Decision)
        except (KeyError, msgspec.DecodeError, UnicodeDecodeError) as error:
            log.warning("no decision, passed over", key=key, error=str(error))
            continue
        if decision.key != key:
            log.warning("a decision that belongs to another key, passed over", key=key)
            continue
        with engine.begin() as connection:
            raise_order(connection, decision.order)
            found += enter(connection, decision)
    return found
