"""Reads all captures of a slice and resolves which one is applied; write.py writes the result.

Hold the locks of the season and of the races from reading to writing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Self

from f1_core.ledger.resolution import Candidate, Resolution, Verdict, resolve
from f1_core.postgres.queries import query
from f1_worker.parse.slices import Slice
from f1_worker.queue.statements import Statements


class SliceKey(NamedTuple):
    """The key of a slice; `race_id` is empty for a season's schedule."""

    season: int
    race_id: str
    session: str
    resource: str


class Content(NamedTuple):
    """The current capture's content of a slice: its rows as COPY text, joined by newlines."""

    slice: Slice
    lines: str

    @classmethod
    def of(cls, piece: Slice) -> Self:
        """Join the lines, and hash them, without the database."""
        _ = piece.content_hash  # computed once, here
        return cls(piece, "\n".join(piece.lines))

    @property
    def races(self) -> tuple[str, ...]:
        """A schedule's races as :class:`Candidate` has them."""
        return tuple(sorted(f"{race.circuit_id} {race.date}" for race in self.slice.schedule))


class Applied(NamedTuple):
    """The capture whose rows are applied now; from the table `slices`."""

    capture_key: str
    seen_at: datetime
    content_hash: bytes


@dataclass
class Known:
    """The stored state of a slice."""

    candidates: dict[str, Candidate] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    applied: Applied | None = None


@dataclass(frozen=True)
class Decided:
    """A resolved slice.

    Attributes:
        candidate, content: of the current capture; None if it is not a candidate any more.
    """

    key: SliceKey
    known: Known
    candidate: Candidate | None
    content: Content | None
    resolution: Resolution

    @property
    def changed(self) -> dict[str, Verdict]:
        """Verdicts on other captures that differ from those in the database."""
        known = self.known.verdicts
        own = self.candidate.key if self.candidate else None
        verdicts = self.resolution.verdicts
        return {k: v for k, v in verdicts.items() if k != own and known.get(k) != v}

    @property
    def to_rebuild(self) -> str | None:
        """Another capture than the current one whose rows should be applied and are not."""
        applied, own, now = self.resolution.applied, self.candidate, self.known.applied
        if applied is None or (own and own.key == applied.key):
            return None
        return applied.key if now is None or now.capture_key != applied.key else None


def read(statements: Statements, keys: Sequence[SliceKey]) -> dict[SliceKey, Known]:
    """Read the stored state of slices, all of one season."""
    found = {key: Known() for key in keys}
    if not keys:
        return found
    season = keys[0].season
    values = {
        "season": season,
        "race_ids": [key.race_id for key in keys],
        "sessions": [key.session for key in keys],
        "resources": [key.resource for key in keys],
    }
    for row in statements.fetch(_KNOWN, values):
        known = found[SliceKey(season, *row[:3])]
        applied, seen_at, content_hash = row[3:6]
        if applied is not None:
            known.applied = Applied(applied, seen_at, bytes(content_hash))
        key, source, order, fetched_at, rows, content_hash, confirmed, dismissed, races = row[6:15]
        if key is not None:
            known.verdicts[key] = Verdict(*row[15:])
            known.candidates[key] = Candidate(
                *(key, source, order, fetched_at, rows, bytes(content_hash)),
                confirmed=confirmed and not dismissed,
                dismissed=bool(dismissed),
                races=tuple(races or ()),
            )
    return found


def decide(
    key: SliceKey,
    known: Known,
    capture_key: str,
    own: tuple[Candidate, Content] | None,
    source_order: Sequence[str],
) -> Decided:
    """Resolve a slice, with the current capture's content, or without that capture."""
    candidates = {**known.candidates}
    candidates.pop(capture_key, None)
    candidate, content = own or (None, None)
    if candidate is not None:
        candidates[capture_key] = candidate
    return Decided(key, known, candidate, content, resolve(candidates.values(), source_order))


# A row for each candidate of each slice; one row without a candidate if a slice has none yet.
_KNOWN = query(__name__, "known_candidates")
