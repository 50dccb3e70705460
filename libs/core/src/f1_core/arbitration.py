"""Which of a slice's captures its rows are made of.

The answer is a pure function of all captures of the slice, so that it does not matter in which
order they were processed, or by how many workers: a replay decides as the first run did.

1. Sources are looked at one by one. Within one, captures are folded from old to new: a capture
   replaces the one before it, unless it is suspicious: empty, or much smaller. A suspicious one is
   held, until another capture with the same rows, fetched more than an hour later, says the same
   (the source's own cache lives an hour), or a person confirms it. A schedule is suspicious, too,
   if it lacks a race that was in the one before and had been run when it was fetched: races are
   cancelled before they are run, not after.
2. The best source that has rows wins; if none has, the best source that answered.
"""

from collections import Counter
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
    races: tuple[str, ...] = ()
    """A schedule's races, as circuit and date: `monaco 2024-05-26`."""


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
    preferred = True  # until the best one is reached
    for result in by_source:
        verdicts |= result.verdicts
        preferred = preferred and result is not best
        if result is not best and best.applied:
            why = "has rows" if preferred else "is believed first"
            beaten = Verdict("superseded", f"{best.applied.source} {why}")
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


def lost_race(capture: Candidate, before: Candidate) -> str | None:
    """Why a schedule is not believed at once: it lacks a race that had been run. None if it is.

    A race that is moved keeps its circuit; what counts is how many races a circuit has.
    """
    dates: dict[str, set[str]] = {}
    for race in capture.races:
        circuit, _, date = race.rpartition(" ")
        dates.setdefault(circuit, set()).add(date)
    fetched_on = f"{capture.fetched_at:%Y-%m-%d}"
    circuits_before = Counter(race.rpartition(" ")[0] for race in before.races)
    for race in sorted(before.races):
        circuit, _, date = race.rpartition(" ")
        now = dates.get(circuit, set())
        if len(now) < circuits_before[circuit] and date not in now and date < fetched_on:
            return f"it lacks the race at {circuit} on {date}, which had been run"
    return None


def _fold(captures: Sequence[Candidate]) -> Arbitration:
    """Captures of one source, from old to new."""
    applied: Candidate | None = None
    seen: Candidate | None = None
    held: list[Candidate] = []
    verdicts: dict[str, Verdict] = {}
    for capture in captures:
        doubt = (
            suspicion(capture.rows, applied.rows) or lost_race(capture, applied)
            if applied
            else None
        )
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
