"""What a slice is made of: read from all its captures, and decided. Written down by write.py.

Hold the locks of the season and of the races meanwhile, so that what was read stays true.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Self

from sqlalchemy import Connection, text

from f1_core.arbitration import Arbitration, Candidate, Verdict, arbitrate
from f1_worker.slices import Slice


class SliceKey(NamedTuple):
    """Which slice: `race_id` is empty for a season's schedule."""

    season: int
    race_id: str
    session: str
    resource: str


class Content(NamedTuple):
    """What the capture at hand says of a slice: its rows as COPY text, joined by newlines."""

    slice: Slice
    lines: str

    @classmethod
    def of(cls, piece: Slice) -> Self:
        """Join the lines, and hash them: work that needs no database."""
        _ = piece.content_hash  # computed once, here
        return cls(piece, "\n".join(piece.lines))

    @property
    def races(self) -> tuple[str, ...]:
        """A schedule's races as :class:`Candidate` has them."""
        return tuple(sorted(f"{race.circuit_id} {race.date}" for race in self.slice.schedule))


class Applied(NamedTuple):
    """What the rows are made of now; from the table `slices`."""

    capture_key: str
    seen_at: datetime
    content_hash: bytes


@dataclass
class Known:
    """A slice as the database has it."""

    candidates: dict[str, Candidate] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    applied: Applied | None = None


@dataclass(frozen=True)
class Decided:
    """A slice as it will be.

    Attributes:
        candidate, content: of the capture at hand; None if it has no part in the slice any more.
    """

    key: SliceKey
    known: Known
    candidate: Candidate | None
    content: Content | None
    arbitration: Arbitration

    @property
    def changed(self) -> dict[str, Verdict]:
        """Verdicts on other captures that are not what the database has."""
        known = self.known.verdicts
        own = self.candidate.key if self.candidate else None
        verdicts = self.arbitration.verdicts
        return {k: v for k, v in verdicts.items() if k != own and known.get(k) != v}

    @property
    def wanted(self) -> str | None:
        """The capture that the rows should be made of, if they are not and it is not at hand."""
        applied, own, now = self.arbitration.applied, self.candidate, self.known.applied
        if applied is None or (own and own.key == applied.key):
            return None
        return applied.key if now is None or now.capture_key != applied.key else None


def read(connection: Connection, keys: Sequence[SliceKey]) -> dict[SliceKey, Known]:
    """What is known of slices, all of one season."""
    found = {key: Known() for key in keys}
    if not keys:
        return found
    values = {
        "season": keys[0].season,
        "races": [key.race_id for key in keys],
        "sessions": [key.session for key in keys],
        "resources": [key.resource for key in keys],
    }
    for row in connection.execute(_CANDIDATES, values):
        known = found[SliceKey(row.season, row.race_id, row.session, row.resource)]
        known.verdicts[row.capture_key] = Verdict(row.state, row.reason)
        known.candidates[row.capture_key] = Candidate(
            key=row.capture_key,
            source=row.source,
            order=row.capture_order,
            fetched_at=row.fetched_at,
            rows=row.rows,
            content_hash=bytes(row.content_hash),
            confirmed=row.confirmed,
            races=tuple(row.races or ()),
        )
    for row in connection.execute(_APPLIED, values):
        known = found[SliceKey(row.season, row.race_id, row.session, row.resource)]
        known.applied = Applied(row.capture_key, row.seen_at, bytes(row.content_hash))
    return found


def decide(
    key: SliceKey,
    known: Known,
    capture_key: str,
    own: tuple[Candidate, Content] | None,
    source_order: Sequence[str],
) -> Decided:
    """Arbitrate a slice, with what the capture at hand says of it, or without that capture."""
    candidates = {**known.candidates}
    candidates.pop(capture_key, None)
    candidate, content = own or (None, None)
    if candidate is not None:
        candidates[capture_key] = candidate
    return Decided(key, known, candidate, content, arbitrate(candidates.values(), source_order))


_OF_KEYS = """
    JOIN unnest(
        CAST(:races AS text[]), CAST(:sessions AS text[]), CAST(:resources AS text[])
    ) AS given (race_id, session, resource) USING (race_id, session, resource)
"""
_CANDIDATES = text(
    f"""
    SELECT season, race_id, session, resource, s.capture_key, s.source, s.capture_order,
           s.fetched_at, s.rows, s.content_hash, s.races, s.state, s.reason,
           EXISTS (
               SELECT FROM decisions d WHERE d.kind = 'confirm' AND d.capture_key = s.capture_key
           ) AS confirmed
      FROM slice_captures s
      {_OF_KEYS}
     WHERE season = :season
    """  # noqa: S608
)
_APPLIED = text(
    f"""
    SELECT season, race_id, session, resource, s.capture_key, s.seen_at, s.content_hash
      FROM slices s
      {_OF_KEYS}
     WHERE season = :season
    """  # noqa: S608
)
