"""What differs between two captures, and a season's corrections."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from f1_api.captures.models import Changes, Correction, RowChange, Side
from f1_api.captures.provenance import changes_address
from f1_api.completeness.answers import Licensing
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


def compare(
    snapshot: Snapshot,
    piece: Piece,
    captures: tuple[str | None, str | None],
    race: RaceSummary | None,
    licensing: Licensing,
) -> Changes:
    """Compare two captures of one resource.

    Args:
        captures: the old and the new one. Defaults: the new one is the applied capture, the old
            one is the capture that it replaced, or else the applied one.

    Raises:
        NotFound: there is no such capture of this resource, or its rows are not kept.
    """
    known = {row[0]: row for row in snapshot.rows("contents", piece._asdict())}
    applied = next((key for key, row in known.items() if row[-1]), None)
    from_, to = captures
    to = to or applied
    if to is None:
        raise NotFound(
            f"{piece.resource} ({piece.session}) were never captured: "
            "`resource` and `session` choose others, /provenance lists what there is"
        )
    after = _side(known, to, "to")
    from_ = from_ or known[to][-2] or (applied if applied != to else None)
    before = None if from_ is None else _side(known, from_, "from")
    changes = [] if from_ is None else _difference(snapshot, piece, from_, to)
    kinds = Counter(change.kind for change in changes)
    return Changes(
        race,
        *(piece.season, piece.resource, piece.session),
        from_=before,
        to=after,
        identity=list(RESOURCES[piece.resource].identity),
        added=kinds["added"],
        removed=kinds["removed"],
        changed=kinds["changed"],
        rows=[RowChange(one.kind, one.columns, one.before, one.after) for one in changes],
        **licensing,
    )


def corrections(snapshot: Snapshot, season: int) -> list[Row]:
    """A season's corrections, newest first; :func:`counted` adds the numbers of rows."""
    return snapshot.rows("corrections", {"season": season})


def counted(snapshot: Snapshot, season: int, rows: Sequence[Row]) -> list[Correction]:
    """Corrections with the number of rows that each changed."""
    pieces = [Piece(season, *row[:3]) for row in rows]
    requested = []
    for piece, row in zip(pieces, rows, strict=True):
        requested += [(piece, row[6]), (piece, row[4])]
    texts = _rows_texts(snapshot, requested)
    return [
        _correction(piece, row, before, after)
        for piece, row, before, after in zip(pieces, rows, texts[::2], texts[1::2], strict=True)
    ]


def _correction(piece: Piece, row: Row, before: str | None, after: str | None) -> Correction:
    counts: tuple[int | None, ...] = (None, None, None)
    if before is not None and after is not None:
        found = difference(RESOURCES[piece.resource], before, after)
        kinds = Counter(change.kind for change in found)
        counts = (kinds["added"], kinds["removed"], kinds["changed"])
    address = changes_address(*piece, from_=row[6], to=row[4])
    return Correction(*(piece.season, piece.race_id or None, *row[1:], *counts, address))


def _side(captures: dict[str, Row], key: str, parameter: str) -> Side:
    row = captures.get(key)
    if row is None:
        known = ", ".join(list(captures)[:3])
        hint = f"the newest are {known}" if known else "there is none"
        raise NotFound(f"{parameter}: {key[:200]!r} is not a capture of this resource; {hint}")
    return Side(*row[:5])


def _difference(snapshot: Snapshot, piece: Piece, from_: str, to: str) -> list[Change]:
    texts = _rows_texts(snapshot, [(piece, from_), (piece, to)])
    for key, text in zip((from_, to), texts, strict=True):
        if text is None:
            raise NotFound(
                f"the rows of {key} are not stored: an older version processed it without them. "
                f"The worker processes such captures again in the background; to do it now, run "
                f"f1-worker reprocess --season {piece.season}"
            )
    old, new = texts
    return difference(RESOURCES[piece.resource], old or "", new or "")


def _rows_texts(snapshot: Snapshot, requested: Sequence[tuple[Piece, str]]) -> list[str | None]:
    """The rows of captures of one season, as canonical text; None: not kept."""
    if not requested:
        return []
    columns: dict[str, Any] = {
        "season": requested[0][0].season,
        "race_ids": [piece.race_id for piece, _ in requested],
        "resources": [piece.resource for piece, _ in requested],
        "sessions": [piece.session for piece, _ in requested],
        "captures": [key for _, key in requested],
    }
    return [row[0] for row in snapshot.rows("lines", columns)]
