"""One capture, in one transaction: from what was read to committed rows and aggregates.

The transaction takes its locks in this order: the season (shared; exclusively for a schedule), the
races, then the rows of captures. Under them it finds out what people decided, which race the
capture is of and which capture each slice is made of; it makes sure that the capture is still its
own, and writes.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, text

from f1_core import decisions, ledger, states
from f1_core.arbitration import Candidate
from f1_core.capture import Header, parse_key
from f1_core.errors import BadCapture, NotYet, Suspect
from f1_core.sources import precedence
from f1_worker import codes, reference, schedule, settle, write
from f1_worker.claim import Claim, Claims
from f1_worker.load import Loaded
from f1_worker.races import UNPLACED, read_calendar, unplaced_id
from f1_worker.settle import Content, Decided, SliceKey
from f1_worker.slices import Reference


class Facts(NamedTuple):
    """What people decided about a capture and a season, and the slices it has a part in so far."""

    purged: bool
    released: bool
    confirmed: bool
    previous: list[SliceKey]


class Unplaced(NamedTuple):
    """A slice whose race is not in the schedule."""

    key: SliceKey
    content: Content
    reason: str


@dataclass(frozen=True)
class Placed:
    """Slices, each with its race."""

    known: dict[SliceKey, Content]
    unknown: list[Unplaced]

    @property
    def keys(self) -> set[SliceKey]:
        """All of them."""
        return self.known.keys() | {piece.key for piece in self.unknown}


@dataclass(frozen=True)
class Work:
    """A capture that is being processed, and what is needed for it."""

    claims: Claims
    claim: Claim
    header: Header | None
    source_order: Sequence[str]
    parser_version: int
    not_yet_s: float

    def facts(self, connection: Connection, season: int) -> Facts:
        """Read what was decided. Hold the season's lock."""
        values = {"key": self.claim.key, "order": self.claim.order, "season": season}
        row = connection.execute(_FACTS, values).one()
        previous = [SliceKey(*parts) for parts in connection.execute(_PREVIOUS, values)]
        return Facts(row.purged, row.released, row.confirmed, previous)

    def all_slices(self, connection: Connection) -> list[SliceKey]:
        """The slices of all seasons that the capture has a part in so far."""
        rows = connection.execute(_ALL_SLICES, {"key": self.claim.key})
        return [SliceKey(*parts) for parts in rows]

    def state(self, connection: Connection) -> str:
        """The capture's state in the ledger."""
        return str(connection.execute(_STATE, {"key": self.claim.key}).scalar_one())

    def objection(self, connection: Connection, loaded: Loaded, *, released: bool) -> str | None:
        """Why the capture is quarantined; None if nothing speaks against it."""
        if loaded.error is not None:
            return loaded.error
        assert loaded.header is not None
        assert loaded.parsed is not None
        if loaded.parsed.doubts and not released:
            return "; ".join(loaded.parsed.doubts)
        try:
            ledger.mark_kind(
                connection,
                synthetic=loaded.header.synthetic or loaded.header.source == "synthetic",
            )
            for piece, _ in loaded.contents:
                schedule.check(piece.schedule)
        except (ledger.MixedData, BadCapture) as error:
            return str(error)
        return None

    def place(self, connection: Connection, season: int, contents: Sequence[Content]) -> Placed:
        """Find the race of each slice. Hold the season's lock.

        Raises:
            NotYet: the season has no schedule, or the drivers are not known.
        """
        placed = Placed({}, [])
        for content in _resolved(connection, contents):
            piece = content.slice
            if piece.resource == "schedule":
                placed.known[SliceKey(season, "", piece.session, piece.resource)] = content
                continue
            assert piece.race is not None
            try:
                race_id = read_calendar(connection, season).find(piece.race)
            except Suspect as reason:
                key = SliceKey(season, unplaced_id(piece.race), piece.session, piece.resource)
                placed.unknown.append(Unplaced(key, content, str(reason)))
            else:
                placed.known[SliceKey(season, race_id, piece.session, piece.resource)] = content
        return placed

    def decide(
        self,
        connection: Connection,
        placed: Placed,
        leaving: Sequence[SliceKey],
        *,
        confirmed: bool,
    ) -> list[Decided]:
        """Lock the races, and decide what their slices are made of.

        Args:
            leaving: slices that the capture no longer has a part in.
        """
        keys = sorted({*placed.known, *(k for k in leaving if not k.race_id.startswith(UNPLACED))})
        _lock_races(connection, {key.race_id for key in keys if key.race_id})
        known = settle.read(connection, keys)
        return [
            settle.decide(
                key,
                known[key],
                self.claim.key,
                self._candidate(placed.known.get(key), confirmed=confirmed),
                self.source_order,
            )
            for key in keys
        ]

    def write(
        self,
        connection: Connection,
        placed: Placed,
        leaving: Sequence[SliceKey],
        decided: Sequence[Decided],
    ) -> None:
        """Write down what was decided. Hold the capture's lock."""
        for key in leaving:
            if key.race_id.startswith(UNPLACED):
                write.forget(connection, key, self.claim.key)
        for piece in placed.unknown:
            about = {**self._about(), "reason": piece.reason}
            write.write_unplaced(connection, piece.key, piece.content, about)
        write.write(connection, decided, self.claim.key, self.parser_version)

    def write_reference(self, connection: Connection, known: Reference) -> None:
        """Write what the capture says of drivers and others; the last locks of a transaction."""
        claim = self.claim
        believed = precedence(claim.source, claim.order, self.source_order)
        reference.write(connection, known, believed)

    def wait(self, connection: Connection, reason: NotYet) -> str:
        """Leave the capture for later; costs no attempt."""
        self.claims.lock(connection, self.claim.key)
        connection.execute(
            _WAIT, {**self._from_header(), "reason": str(reason), "after": self.not_yet_s}
        )
        return "pending"

    def finish(
        self, connection: Connection, state: str, reason: str | None, rows: int | None
    ) -> None:
        """Mark the capture."""
        connection.execute(
            _FINISH,
            {
                **self._from_header(),
                "state": state,
                "reason": reason,
                "rows": rows,
                "version": self.parser_version,
            },
        )

    def _candidate(
        self, content: Content | None, *, confirmed: bool
    ) -> tuple[Candidate, Content] | None:
        if content is None:
            return None
        assert self.header is not None
        candidate = Candidate(
            key=self.claim.key,
            source=self.claim.source,
            order=self.claim.order,
            fetched_at=self.header.fetched_at,
            rows=len(content.slice.lines),
            content_hash=content.slice.content_hash,
            confirmed=confirmed,
            races=content.races,
        )
        return candidate, content

    def _about(self) -> dict[str, object]:
        assert self.header is not None
        return {
            "capture_key": self.claim.key,
            "source": self.claim.source,
            "order": self.claim.order,
            "fetched_at": self.header.fetched_at,
        }

    def _from_header(self) -> dict[str, object]:
        # A sweep knows an object's key only. That of an unreadable one has to do, for the ledger
        # to be the same whether it was announced or found.
        header, parts = self.header, parse_key(self.claim.key)
        started_at = parts.started_at if parts else None
        return {
            "key": self.claim.key,
            "fetched_at": header.fetched_at if header else started_at,
            "expected": header.total if header else None,
            "requests": header.requests if header else None,
        }


def process(connection: Connection, work: Work, loaded: Loaded) -> str:
    """Process a capture that is no archive.

    Returns:
        The capture's state.

    Raises:
        LeaseLost: it is not ours any more; roll back.
    """
    season = work.claim.season or 0
    decisions.lock_season(connection, season, exclusive=work.claim.resource == "schedule")
    facts = work.facts(connection, season)
    objection = work.objection(connection, loaded, released=facts.released)
    believed = objection is None and not facts.purged
    try:
        placed = work.place(connection, season, loaded.contents if believed else [])
    except NotYet as why:
        return work.wait(connection, why)
    leaving = [key for key in facts.previous if key not in placed.keys]
    decided = work.decide(connection, placed, leaving, confirmed=facts.confirmed)
    work.claims.lock(connection, work.claim.key, write.touched(decided))
    # What a capture knows of drivers and others stays known when its season is purged, as do the
    # drivers it names: purged before or after it was processed, the outcome is the same.
    known = loaded.parsed.reference if loaded.parsed and objection is None else None
    if known is not None:
        pieces = [*(c.slice for c in loaded.contents), *(c.slice for c in placed.known.values())]
        reference.ensure(connection, reference.needed(pieces, known))
    work.write(connection, placed, leaving, decided)
    state, reason = _state(placed, decided, objection, purged=facts.purged)
    rows = sum(len(content.slice.lines) for content in loaded.contents) if loaded.parsed else None
    work.finish(connection, state, reason, rows)
    if len(placed.keys) > 1:
        states.refresh(connection, [work.claim.key])
    if not decided:
        write.notify(connection, SliceKey(season, "", "race", work.claim.resource))
    if known is not None:
        work.write_reference(connection, known)
    return state


def _state(
    placed: Placed, decided: Sequence[Decided], objection: str | None, *, purged: bool
) -> tuple[str, str | None]:
    """Of a capture with one slice, or none."""
    if purged:
        return "superseded", "purged"
    if objection is not None:
        return "quarantined", objection
    if placed.unknown:
        return "quarantined", placed.unknown[0].reason
    own = next(piece for piece in decided if piece.candidate is not None)
    assert own.candidate is not None
    verdict = own.arbitration.verdicts[own.candidate.key]
    return verdict.state, verdict.reason


def _resolved(connection: Connection, contents: Sequence[Content]) -> list[Content]:
    """Contents with driver ids where the source knows codes only."""
    return [
        Content.of(codes.resolve_drivers(connection, content.slice))
        if content.slice.driver_codes
        else content
        for content in contents
    ]


def _lock_races(connection: Connection, race_ids: Iterable[str]) -> None:
    # By the lock's number: two races of one number must not be locked in two orders.
    for number in sorted({zlib.crc32(race_id.encode()) - 2**31 for race_id in race_ids}):
        connection.execute(_LOCK_RACE, {"number": number})


_LOCK_RACE = text(f"SELECT pg_advisory_xact_lock({0x0F2}, CAST(:number AS int))")

_FACTS = text(
    """
    SELECT EXISTS (
               SELECT FROM decisions
                WHERE kind = 'purge' AND season = :season AND capture_order > :order
           ) AS purged,
           EXISTS (
               SELECT FROM decisions WHERE kind = 'release' AND capture_key = :key
           ) AS released,
           EXISTS (
               SELECT FROM decisions WHERE kind = 'confirm' AND capture_key = :key
           ) AS confirmed
    """
)
_PREVIOUS = text(
    """
    SELECT season, race_id, session, resource
      FROM slice_captures
     WHERE capture_key = :key AND season = :season
    """
)
_ALL_SLICES = text(
    """
    SELECT season, race_id, session, resource
      FROM slice_captures
     WHERE capture_key = :key
    """
)
_STATE = text("SELECT state FROM captures WHERE capture_key = :key")
_FINISH = text(
    """
    UPDATE captures
       SET state = :state, reason = :reason, rows = :rows, expected = :expected,
           requests = :requests, fetched_at = :fetched_at, parser_version = :version,
           attempts = 0, not_before = NULL, lease_owner = NULL, lease_expires_at = NULL,
           finished_at = now()
     WHERE capture_key = :key
    """
)
_WAIT = text(
    """
    UPDATE captures
       SET state = 'pending', reason = :reason, expected = :expected, requests = :requests,
           fetched_at = :fetched_at, attempts = 0,
           not_before = now() + make_interval(secs => :after),
           lease_owner = NULL, lease_expires_at = NULL
     WHERE capture_key = :key
    """
)
