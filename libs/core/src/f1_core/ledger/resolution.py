"""Chooses the capture that the rows of a slice are made of.

The result is a pure function of all captures of the slice, independent of the order in which they
were processed and of the number of workers: a replay has the same result.

1. Sources are evaluated one by one. Within one, captures are folded from old to new: a capture
   replaces the one before it, unless it is suspicious: empty, or much smaller. A suspicious one is
   held, until another capture with the same rows, fetched more than an hour later, confirms it
   (the source caches for an hour), or a person confirms it. A person may also dismiss it.
   A schedule is suspicious, too, if it lacks a race that was in the one before and had been run
   when it was fetched: races are cancelled before they are run, not after.
2. The best source that has rows wins; if none has, the best source that has a capture.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from f1_core.sources import DEFAULT_ORDER

CONFIRMED_AFTER = timedelta(hours=1)
MUCH_SMALLER = 0.8
"""A capture with less than this share of the rows before it is suspicious: corrections change a
few rows, a lap or a driver; they do not remove a fifth of a race."""
SMALL = 10
"""Slices with fewer rows than this may lose some rows without suspicion, but not all."""


@dataclass(frozen=True)
class Candidate:
    """A capture of one slice."""

    key: str
    source: str
    order: int
    fetched_at: datetime
    rows: int
    content_hash: bytes
    confirmed: bool = False
    dismissed: bool = False
    races: tuple[str, ...] = ()
    """A schedule's races, as circuit and date: `monaco 2024-05-26`."""


@dataclass(frozen=True)
class Verdict:
    """The state of a candidate: processed, unchanged, superseded or held, and why if held.

    If the applied capture changed with this one, `applied` is the new one and `replaced` the one
    before, as if captures had been processed in the order in which they were fetched: the history
    of the slice.
    """

    state: str
    reason: str | None = None
    applied: str | None = None
    replaced: str | None = None


@dataclass(frozen=True)
class Resolution:
    """`applied` is the capture that the rows are made of, `seen` the newest with the same rows;
    both None as long as there is no capture. `verdicts` has one for each candidate's key.
    """

    applied: Candidate | None
    seen: Candidate | None
    verdicts: dict[str, Verdict]


def resolve(
    candidates: Iterable[Candidate], source_order: Sequence[str] = DEFAULT_ORDER
) -> Resolution:
    """Decide for one slice, independent of the order of the candidates."""
    captures = sorted(candidates, key=lambda c: (c.order, c.key))
    sources = {
        name: _Source() for name in sorted({c.source for c in captures}, key=source_order.index)
    }
    best = _Source()
    verdicts: dict[str, Verdict] = {}
    changes: dict[str, tuple[str, str | None]] = {}
    for capture in captures:
        before = best.applied
        sources[capture.source].take(capture)
        best = _best(list(sources.values()))
        if best.applied is not None and best.applied is not before:
            changes[capture.key] = best.applied.key, before.key if before else None
    preferred = True  # until the best one is reached
    for source in sources.values():
        verdicts |= source.verdicts
        preferred = preferred and source is not best
        if source is not best and best.applied:
            why = "has rows" if preferred else "has precedence"
            beaten = Verdict("superseded", f"{best.applied.source} {why}")
            accepted = (k for k, v in source.verdicts.items() if v.state != "held")
            verdicts |= dict.fromkeys(accepted, beaten)
    for key, (applied, replaced) in changes.items():
        verdicts[key] = replace(verdicts[key], applied=applied, replaced=replaced)
    return Resolution(best.applied, best.seen, verdicts)


def suspicion(rows: int, before: int) -> str | None:
    """Why a capture of `rows` rows is held after one of `before`; None if it is not."""
    if rows == 0 < before:
        return f"it is empty, and the one before it has {before} rows"
    if before >= SMALL and rows < before * MUCH_SMALLER:
        return f"it has {rows} rows, and the one before it {before}"
    return None


def lost_race(capture: Candidate, before: Candidate) -> str | None:
    """Why a schedule is held: it lacks a race that had been run. None if it is not.

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


class _Source:
    """Captures of one source, folded from old to new."""

    def __init__(self) -> None:
        self.applied: Candidate | None = None
        self.seen: Candidate | None = None
        self.verdicts: dict[str, Verdict] = {}
        self._held: list[Candidate] = []

    def take(self, capture: Candidate) -> None:
        """Fold in the next capture."""
        applied, held = self.applied, self._held
        suspect = applied and (suspicion(capture.rows, applied.rows) or lost_race(capture, applied))
        if suspect and capture.dismissed:
            self.verdicts[capture.key] = Verdict("superseded", f"dismissed: {suspect}")
            return
        if suspect and not capture.confirmed and not _confirms(capture, held):
            if held and held[-1].content_hash != capture.content_hash:
                self._drop_held()
            self._held.append(capture)
            self.verdicts[capture.key] = Verdict("held", suspect)
            return
        self._drop_held()
        self.seen = capture
        if applied and applied.content_hash == capture.content_hash:
            self.verdicts[capture.key] = Verdict("unchanged")
        else:
            self.verdicts = dict.fromkeys(self.verdicts, Verdict("superseded"))
            self.verdicts[capture.key] = Verdict("processed")
            self.applied = capture

    def _drop_held(self) -> None:
        self.verdicts.update((c.key, Verdict("superseded")) for c in self._held)
        self._held = []


def _best(sources: Sequence[_Source]) -> _Source:
    """The source that the rows are made of; sources are sorted by precedence."""
    captured = [source for source in sources if source.applied]
    return next((s for s in captured if s.applied and s.applied.rows), captured[0])


def _confirms(capture: Candidate, held: Sequence[Candidate]) -> bool:
    return (
        bool(held)
        and held[0].content_hash == capture.content_hash
        and capture.fetched_at - held[0].fetched_at > CONFIRMED_AFTER
    )
