"""Which of a slice's captures its rows are made of.

The answer is a pure function of all captures of the slice, so that it does not matter in which
order they were processed, or by how many workers: a replay decides as the first run did.

1. Sources are looked at one by one. Within one, captures are folded from old to new: a capture
   replaces the one before it, unless it is suspicious: empty, or much smaller. A suspicious one is
   held, until another capture with the same rows, fetched more than an hour later, says the same
   (the source's own cache lives an hour), or a person confirms it.
2. The best source that has rows wins; if none has, the best source that answered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from f1_core.sources import DEFAULT_ORDER

CONFIRMED_AFTER = timedelta(hours=1)
MUCH_SMALLER = 0.8
"""A capture with less than this share of the rows before it is suspicious: corrections change a
row or two, a lap or a driver; they do not take a fifth of a race away."""
SMALL = 10
"""Slices of fewer rows than this may lose rows without suspicion, but not all of them."""


@dataclass(frozen=True)
class Candidate:
    """A capture of one slice, as far as it matters here."""

    key: str
    source: str
    order: int
    fetched_at: datetime
    rows: int
    content_hash: bytes
    confirmed: bool = False


@dataclass(frozen=True)
class Verdict:
    """What became of a candidate: processed, unchanged, superseded or held, and why if held."""

    state: str
    reason: str | None = None


@dataclass(frozen=True)
class Arbitration:
    """`applied` is the capture that the rows are made of, `seen` the newest that said the same;
    both None as long as there is no capture. `verdicts` has one for each candidate's key.
    """

    applied: Candidate | None
    seen: Candidate | None
    verdicts: dict[str, Verdict]


NOTHING = Arbitration(None, None, {})


def arbitrate(
    candidates: Iterable[Candidate], source_order: Sequence[str] = DEFAULT_ORDER
) -> Arbitration:
    """Decide for one slice. The order in which candidates are given does not matter."""
    ranked = sorted(candidates, key=lambda c: (source_order.index(c.source), c.order, c.key))
    by_source = [_fold(list(group)) for _, group in groupby(ranked, key=lambda c: c.source)]
    answered = [result for result in by_source if result.applied is not None]
    best = next((r for r in answered if r.applied and r.applied.rows), (answered or [NOTHING])[0])
    verdicts: dict[str, Verdict] = {}
    for result in by_source:
        verdicts |= result.verdicts
        if result is not best and best.applied:
            beaten = Verdict("superseded", f"{best.applied.source} is believed first")
            accepted = (k for k, v in result.verdicts.items() if v.state != "held")
            verdicts |= dict.fromkeys(accepted, beaten)
    return Arbitration(best.applied, best.seen, verdicts)


def suspicion(rows: int, before: int) -> str | None:
    """Why a capture of `rows` rows is not believed at once after one of `before`; None if it is."""
    if rows == 0 < before:
        return f"it is empty, and the one before it has {before} rows"
    if before >= SMALL and rows < before * MUCH_SMALLER:
        return f"it has {rows} rows, and the one before it {before}"
    return None


def _fold(captures: Sequence[Candidate]) -> Arbitration:
    """Captures of one source, from old to new."""
    applied: Candidate | None = None
    seen: Candidate | None = None
    held: list[Candidate] = []
    verdicts: dict[str, Verdict] = {}
    for capture in captures:
        doubt = suspicion(capture.rows, applied.rows) if applied else None
        if doubt and not capture.confirmed and not _confirms(capture, held):
            if held and held[-1].content_hash != capture.content_hash:
                verdicts.update((c.key, Verdict("superseded")) for c in held)
                held = []
            held.append(capture)
            verdicts[capture.key] = Verdict("held", doubt)
            continue
        verdicts.update((c.key, Verdict("superseded")) for c in held)
        held = []
        seen = capture
        if applied and applied.content_hash == capture.content_hash:
            verdicts[capture.key] = Verdict("unchanged")
        else:
            verdicts = {key: Verdict("superseded") for key in verdicts}
            verdicts[capture.key] = Verdict("processed")
            applied = capture
    return Arbitration(applied, seen, verdicts)


def _confirms(capture: Candidate, held: Sequence[Candidate]) -> bool:
    return (
        bool(held)
        and held[0].content_hash == capture.content_hash
        and capture.fetched_at - held[0].fetched_at > CONFIRMED_AFTER
    )
