"""Processes one capture in one transaction: from the parsed content to rows and aggregates.

The transaction takes its locks in this order: the season (shared; exclusive for a schedule), the
races, then the rows of captures. Under them it reads decisions, finds the capture's race,
resolves each slice, checks that it still has the lease, and writes.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from f1_core.capture import ARCHIVE, Header, PageFacts, parse_key
from f1_core.errors import BadCapture, NotYet, Suspect
from f1_core.foreign import shown
from f1_core.ledger import decisions, index, refusals, states
from f1_core.ledger.resolution import Candidate
from f1_core.postgres.queries import query
from f1_core.sources import precedence
from f1_worker.apply import changed, reference, resolve, schedule, write
from f1_worker.apply.facts import Facts, read_facts
from f1_worker.apply.load import MAX_REASON, Loaded
from f1_worker.apply.races import UNPLACED, Placed, Unplaced, unplaced_id
from f1_worker.apply.resolve import Content, Decided, SliceKey
from f1_worker.parse.slices import Reference
from f1_worker.queue.claim import Claim, Claims, as_reason
from f1_worker.queue.statements import Statements


@dataclass(frozen=True)
class Work:
    """A capture that is being processed, with the dependencies of its processing."""

    claims: Claims
    claim: Claim
    header: Header | None
    pages: Sequence[PageFacts] | None
    source_order: Sequence[str]
    parser_version: int
    not_yet_s: float

    def facts(self, statements: Statements, season: int, *, exclusive: bool) -> Facts:
        """Lock the season, then read decisions and the schedule."""
        statements.add(decisions.season_lock(exclusive=exclusive), {"season": season})
        return read_facts(statements, season, self.claim.key, self.claim.order)

    def all_slices(self, statements: Statements) -> list[SliceKey]:
        """The slices of all seasons of which the capture is a candidate so far."""
        rows = statements.fetch(_ALL_SLICES, {"key": self.claim.key})
        return [SliceKey(*row) for row in rows]

    def state(self, statements: Statements) -> str:
        """The capture's state in the ledger."""
        return str(statements.fetch(_STATE, {"key": self.claim.key})[0][0])

    def objection(self, statements: Statements, loaded: Loaded, facts: Facts) -> str | None:
        """The reason to quarantine the capture; None: there is none."""
        if loaded.error is not None:
            return loaded.error
        assert loaded.header is not None
        assert loaded.parsed is not None
        if loaded.parsed.problems and not facts.released:
            return shown("; ".join(loaded.parsed.problems), MAX_REASON)
        synthetic = loaded.header.synthetic or loaded.header.source == "synthetic"
        try:
            if facts.synthetic is not synthetic:
                index.mark_kind(statements.connection, synthetic=synthetic)
            for piece, _ in loaded.contents:
                schedule.check(piece.schedule)
        except (index.MixedData, BadCapture) as error:
            return str(error)
        return None

    def place(
        self, statements: Statements, season: int, contents: Sequence[Content], facts: Facts
    ) -> Placed:
        """Find the race of each slice. Hold the season's lock.

        Raises:
            NotYet: the season has no schedule, or a driver code is unknown.
        """
        placed = Placed({}, [])
        for content in _resolved(statements, contents):
            piece = content.slice
            if piece.resource == "schedule":
                placed.known[SliceKey(season, "", piece.session, piece.resource)] = content
                continue
            if facts.calendar is None:
                raise NotYet(f"waits for the schedule of {season}")
            assert piece.race is not None
            problem = reason = piece.refusal(accepted=facts.released)
            try:
                race_id = facts.calendar.find(piece.race)
            except Suspect as suspect:
                race_id, reason = unplaced_id(piece.race), problem or str(suspect)
            key = SliceKey(season, race_id, piece.session, piece.resource)
            if reason is not None:
                placed.unplaced.append(Unplaced(key, content, reason, problem is not None))
            else:
                placed.known[key] = content
        return placed

    def decide(
        self,
        statements: Statements,
        placed: Placed,
        leaving: Sequence[SliceKey],
        facts: Facts | None = None,
    ) -> list[Decided]:
        """Lock the races, and resolve their slices.

        Args:
            leaving: slices of which the capture is no longer a candidate.
            facts: about the capture; None if it is a candidate of no slice.
        """
        keys = sorted({*placed.known, *(k for k in leaving if not k.race_id.startswith(UNPLACED))})
        _lock_races(statements, {key.race_id for key in keys if key.race_id})
        known = resolve.read(statements, keys)
        return [
            resolve.decide(
                key,
                known[key],
                self.claim.key,
                self._candidate(placed.known.get(key), facts),
                self.source_order,
            )
            for key in keys
        ]

    def write(
        self,
        statements: Statements,
        placed: Placed,
        leaving: Sequence[SliceKey],
        decided: Sequence[Decided],
    ) -> None:
        """Write the resolved slices. Hold the capture's lock."""
        for key in leaving:
            if key.race_id.startswith(UNPLACED):
                write.remove_candidate(statements, key, self.claim.key)
        write.write(statements, decided, self.claim.key, self.parser_version)
        for piece in placed.unplaced:
            refused = piece.reason if piece.is_refused else None
            about = {**self._about(), "reason": piece.reason, "refused": refused}
            write.write_unplaced(statements, piece.key, piece.content, about)

    def write_reference(self, statements: Statements, known: Reference) -> None:
        """Write the capture's reference data; the last locks of a transaction."""
        claim = self.claim
        number = precedence(claim.source, claim.order, self.source_order)
        reference.write(statements, known, number)

    def wait(self, statements: Statements, reason: NotYet) -> str:
        """Process the capture later; costs no attempt."""
        self.claims.lock(statements, self.claim.key)
        statements.add(
            _WAIT,
            {**self._from_header(), "reason": as_reason(str(reason)), "after": self.not_yet_s},
        )
        return "pending"

    def keep_if_changed(self, statements: Statements, loaded: Loaded) -> str | None:
        """Quarantine the capture if its raw object is not the one that was read first.

        Returns:
            The capture's state then; None: the object is the one that was read first.

        Raises:
            LeaseLost: another worker has it; roll back.
        """
        why = changed.why_changed(statements, self.claim.key, loaded)
        if why is None:
            return None
        self.claims.lock(statements, self.claim.key, self.rivals(statements))
        changed.quarantine(statements, self.claim.key, why, self.parser_version)
        return self.state(statements)

    def rivals(self, statements: Statements) -> set[str]:
        """Lock the request of the capture; returns captures whose state may change with it."""
        statements.add(refusals.LOCK, {"key": self.claim.key})
        return {key for (key,) in statements.fetch(refusals.WAITING, {"key": self.claim.key})}

    def finish(
        self,
        statements: Statements,
        state: str,
        reason: str | None,
        rows: int | None,
        rivals: Iterable[str] = (),
        *,
        notes: str | None = None,
    ) -> str:
        """Set the capture's state, and update refused captures of its request; returns the state.

        Args:
            rivals: captures of the same request, locked.
            notes: faults of an archive that affect no slice.
        """
        refused = state == "quarantined"
        statements.add(
            _FINISH,
            {
                **self._from_header(),
                "state": state,
                "reason": as_reason(reason) if reason else reason,
                "refused": as_reason(reason) if refused and reason else None,
                "notes": notes,
                "rows": rows,
                "version": self.parser_version,
            },
        )
        if not refused and not rivals and self.claim.resource != ARCHIVE:
            return state
        statements.send()
        refusals.settle(statements.connection, self.claim.key)
        return self.state(statements)

    def _candidate(
        self, content: Content | None, facts: Facts | None
    ) -> tuple[Candidate, Content] | None:
        if content is None:
            return None
        assert self.header is not None
        assert facts is not None
        candidate = Candidate(
            key=self.claim.key,
            source=self.claim.source,
            order=self.claim.order,
            fetched_at=self.header.fetched_at,
            rows=len(content.slice.lines),
            content_hash=content.slice.content_hash,
            confirmed=facts.confirmed,
            dismissed=facts.dismissed,
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
        # A sweep reads only an object's key. An unreadable object gets its values from the key, so
        # that the ledger is the same whether it was announced or found by a sweep.
        header, parts = self.header, parse_key(self.claim.key)
        started_at = parts.started_at if parts else None
        return {
            "key": self.claim.key,
            "fetched_at": header.fetched_at if header else started_at,
            "expected": header.total if header else None,
            "requests": header.requests if header else None,
            "header": changed.as_json(header) if header else None,
            "pages": changed.as_json(self.pages) if self.pages is not None else None,
        }


def process(statements: Statements, work: Work, loaded: Loaded) -> str:
    """Process a capture other than an archive.

    Returns:
        The capture's state.

    Raises:
        LeaseLost: another worker has it; roll back.
    """
    if kept := work.keep_if_changed(statements, loaded):
        return kept
    season = work.claim.season or 0
    facts = work.facts(statements, season, exclusive=work.claim.resource == "schedule")
    objection = work.objection(statements, loaded, facts)
    applies = objection is None and not facts.purged
    try:
        placed = work.place(statements, season, loaded.contents if applies else [], facts)
    except NotYet as why:
        if not facts.dismissed:
            return work.wait(statements, why)
        placed, objection = Placed({}, []), str(why)
    leaving = [key for key in facts.previous if key not in placed.keys]
    decided = work.decide(statements, placed, leaving, facts)
    rivals = work.rivals(statements)
    work.claims.lock(statements, work.claim.key, write.touched(decided) | rivals)
    # A capture's reference data and drivers stay when its season is purged, so that the result is
    # the same whether it was processed before or after the purge.
    known = loaded.parsed.reference if loaded.parsed and objection is None else None
    if known is not None:
        pieces = [*(c.slice for c in loaded.contents), *(c.slice for c in placed.known.values())]
        reference.ensure(statements, reference.needed(pieces, known))
    work.write(statements, placed, leaving, decided)
    state, reason = _state(placed, decided, objection, purged=facts.purged)
    rows = sum(len(content.slice.lines) for content in loaded.contents) if loaded.parsed else None
    state = work.finish(statements, state, reason, rows, rivals)
    if len(placed.keys) > 1:
        statements.send()
        states.refresh(statements.connection, [work.claim.key])
    if not decided:
        write.notify(statements, SliceKey(season, "", "race", work.claim.resource))
    if known is not None:
        work.write_reference(statements, known)
    return state


def _state(
    placed: Placed, decided: Sequence[Decided], objection: str | None, *, purged: bool
) -> tuple[str, str | None]:
    """State and reason of a capture with at most one slice."""
    if purged:
        return "superseded", "purged"
    if objection is not None:
        return "quarantined", objection
    if placed.unplaced:
        return "quarantined", placed.unplaced[0].reason
    own = next(piece for piece in decided if piece.candidate is not None)
    assert own.candidate is not None
    verdict = own.resolution.verdicts[own.candidate.key]
    return verdict.state, verdict.reason


def _resolved(statements: Statements, contents: Sequence[Content]) -> list[Content]:
    """Contents with driver ids where the source has codes only."""
    return [
        Content.of(reference.resolve_drivers(statements, content.slice))
        if content.slice.driver_codes
        else content
        for content in contents
    ]


def _lock_races(statements: Statements, race_ids: Iterable[str]) -> None:
    # Sorted by the lock's number, since several races may have the same number.
    for number in sorted({zlib.crc32(race_id.encode()) - 2**31 for race_id in race_ids}):
        statements.add(_LOCK_RACE, {"number": number})


_LOCK_RACE = text(f"SELECT pg_advisory_xact_lock({0x0F2}, CAST(:number AS int))")

_ALL_SLICES = query(__name__, "slices_of_capture")
_STATE = text("SELECT state FROM captures WHERE capture_key = :key")
_FINISH = query(__name__, "finish")
_WAIT = query(__name__, "wait")
