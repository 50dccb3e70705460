"""What differs between two captures, and a season's corrections."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from f1_api.captures.models import Changes as Answer
from f1_api.captures.models import Correction, RowChange, Side
from f1_api.captures.provenance import changes_address
from f1_api.completeness.models import License
from f1_api.http.problems import NotFound
from f1_api.postgres.pool import Row, Snapshot
from f1_api.races.models import RaceSummary
from f1_core.ledger.difference import Change, difference
from f1_core.resources import RESOURCES


class Piece(NamedTuple):
    """One resource of one race; `race_id` is empty for a season's schedule."""

    season: int
    race_id: str
    resource: str
    session: str


class Compared(NamedTuple):
    """Two captures of one resource. `before`: None, as long as nothing was replaced."""

    piece: Piece
    before: Side | None
    after: Side
    changes: list[Change]

    def answer(
        self, race: RaceSummary | None, license_: License | None, *, synthetic: bool | None
    ) -> Answer:
        """As JSON has it."""
        kinds = Counter(change.kind for change in self.changes)
        return Answer(
            race=race,
            season=self.piece.season,
            resource=self.piece.resource,
            session=self.piece.session,
            from_=self.before,
            to=self.after,
            identity=list(RESOURCES[self.piece.resource].identity),
            added=kinds["added"],
            removed=kinds["removed"],
            changed=kinds["changed"],
            rows=[
                RowChange(
                    change=change.kind,
                    columns=change.columns,
                    before=change.before,
                    after=change.after,
                )
                for change in self.changes
            ],
            license=license_,
            synthetic=synthetic,
        )


def compare(snapshot: Snapshot, piece: Piece, from_: str | None, to: str | None) -> Compared:
    """Compare two captures: `to`, or else the applied one, with `from_`, or else the one that it
    replaced, or, if it replaced none, with the applied one.

    Raises:
        NotFound: there is no such capture of this resource, or what it says is not kept.
    """
    captures = {row[0]: row for row in snapshot.rows("contents", piece._asdict())}
    applied = next((key for key, row in captures.items() if row[-1]), None)
    to = to or applied
    if to is None:
        raise NotFound(
            f"{piece.resource} ({piece.session}) were never captured: "
            "`resource` and `session` choose others, /provenance lists what there is"
        )
    after = _side(captures, to, "to")
    if from_ is None:
        from_ = captures[to][-2] or (applied if applied != to else None)
    if from_ is None:
        return Compared(piece, None, after, [])
    before = _side(captures, from_, "from")
    old, new = _lines(snapshot, [(piece, from_), (piece, to)])
    for key, lines in ((from_, old), (to, new)):
        if lines is None:
            raise NotFound(
                f"what {key} says is not kept: it was processed by a version that kept no rows. "
                f"The worker reads such captures again by itself; f1-worker reprocess --season "
                f"{piece.season} does at once"
            )
    changes = difference(RESOURCES[piece.resource], old or "", new or "")
    return Compared(piece, before, after, changes)


def corrections(snapshot: Snapshot, season: int) -> list[Row]:
    """A season's corrections, newest first, to be counted by :func:`counted`."""
    return snapshot.rows("corrections", {"season": season})


def counted(snapshot: Snapshot, season: int, rows: Sequence[Row]) -> list[Correction]:
    """Corrections, with how many rows each changed."""
    pieces = [Piece(season, row[0], row[1], row[2]) for row in rows]
    asked = []
    for piece, row in zip(pieces, rows, strict=True):
        asked += [(piece, row[6]), (piece, row[4])]
    lines = _lines(snapshot, asked)
    return [
        _correction(piece, row, lines[2 * number], lines[2 * number + 1])
        for number, (piece, row) in enumerate(zip(pieces, rows, strict=True))
    ]


def _correction(piece: Piece, row: Row, before: str | None, after: str | None) -> Correction:
    _, _, _, at, capture, source, replaced, replaced_source = row
    kinds: Counter[str] | None = None
    if before is not None and after is not None:
        found = difference(RESOURCES[piece.resource], before, after)
        kinds = Counter(change.kind for change in found)
    return Correction(
        season=piece.season,
        race_id=piece.race_id or None,
        resource=piece.resource,
        session=piece.session,
        corrected_at=at,
        capture=capture,
        source=source,
        replaced=replaced,
        replaced_source=replaced_source,
        added=None if kinds is None else kinds["added"],
        removed=None if kinds is None else kinds["removed"],
        changed=None if kinds is None else kinds["changed"],
        changes=changes_address(*piece, from_=replaced, to=capture),
    )


def _side(captures: dict[str, Row], key: str, parameter: str) -> Side:
    row = captures.get(key)
    if row is None:
        known = ", ".join(list(captures)[:3])
        told = f"the newest are {known}" if known else "there is none"
        raise NotFound(f"{parameter}: {key[:200]!r} is not a capture of this resource; {told}")
    return Side(*row[:5])


def _lines(snapshot: Snapshot, asked: Sequence[tuple[Piece, str]]) -> list[str | None]:
    """What captures, all of one season, say."""
    if not asked:
        return []
    columns: dict[str, Any] = {
        "season": asked[0][0].season,
        "race_ids": [piece.race_id for piece, _ in asked],
        "resources": [piece.resource for piece, _ in asked],
        "sessions": [piece.session for piece, _ in asked],
        "captures": [key for _, key in asked],
    }
    return [row[0] for row in snapshot.rows("lines", columns)]
