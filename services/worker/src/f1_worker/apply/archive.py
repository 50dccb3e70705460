"""An archive: one capture of many races, processed with one transaction for each race.

A worker that dies leaves complete races; the next one processes all of them again, and most of them
do not change. The capture's state is set at the end.
"""

import threading
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby

from f1_core.errors import BadCapture, F1Error, NotYet
from f1_core.ledger import decisions, states
from f1_worker.apply import reference, schedule, write
from f1_worker.apply.facts import Facts
from f1_worker.apply.load import Loaded, readable
from f1_worker.apply.process import Work
from f1_worker.apply.races import Placed, Unplaced, unplaced_id
from f1_worker.apply.resolve import Content, SliceKey
from f1_worker.parse.slices import Reference, Slice
from f1_worker.queue.statements import Statements
from f1_worker.queue.transactions import Transactions


class Stopped(F1Error):
    """The worker stops between two races."""


def process_archive(
    transactions: Transactions, work: Work, loaded: Loaded, stop: threading.Event
) -> str:
    """Process an archive.

    Returns:
        Its state.

    Raises:
        LeaseLost: another worker has it.
        Stopped: the worker stops.
    """
    if kept := transactions.run(partial(work.keep_if_changed, loaded=loaded)):
        return kept
    objection = transactions.run(partial(_open, work=work, loaded=loaded))
    rows = 0
    done: set[SliceKey] = set()
    if objection is None and loaded.parsed is not None:
        try:
            for season, pieces in _races(readable(loaded.parsed.slices)):
                if stop.is_set():
                    raise Stopped("the worker stops")
                rows += sum(len(piece.lines) for piece in pieces)
                race = partial(_process_race, work=work, season=season, pieces=pieces)
                done |= transactions.run(race)
            if not rows:
                objection = "the archive has no rows of any race"
        except BadCapture as error:
            objection = str(error)
    if objection is not None:
        done = set()
    for season, keys in _leaving(transactions.run(work.all_slices), done):
        transactions.run(partial(_leave, work=work, season=season, keys=keys))
    notes = "; ".join(loaded.parsed.notes) if loaded.parsed else ""
    close = partial(_close, work=work, rows=rows or None, objection=objection, notes=notes or None)
    return transactions.run(close)


def _open(statements: Statements, work: Work, loaded: Loaded) -> str | None:
    """Write an archive's reference data; returns why its races are not processed, or None."""
    facts = work.facts(statements, work.claim.season or 0, exclusive=False)
    objection = work.objection(statements, loaded, facts)
    work.claims.lock(statements, work.claim.key)
    if objection is None and loaded.parsed is not None:
        known = loaded.parsed.reference
        reference.ensure(statements, reference.needed([], known))
        work.write_reference(statements, known)
    return objection


def _races(slices: Iterable[Slice]) -> Iterator[tuple[int, list[Slice]]]:
    """Consecutive slices of one race, or the schedule of one season."""
    for (season, _), group in groupby(slices, key=lambda piece: (piece.season, piece.race)):
        yield season, list(group)


def _process_race(
    statements: Statements, work: Work, season: int, pieces: list[Slice]
) -> set[SliceKey]:
    """Process the slices of one race, or a schedule; returns their keys."""
    for piece in pieces:
        schedule.check(piece.schedule)
    contents = [Content.of(piece) for piece in pieces]
    is_schedule = any(piece.resource == "schedule" for piece in pieces)
    facts = work.facts(statements, season, exclusive=is_schedule)
    # Stubs of its drivers stay when a season is purged.
    if facts.purged:
        work.claims.lock(statements, work.claim.key)
        reference.ensure(statements, reference.needed(pieces, Reference()))
        return set()
    # Of an accepted archive, slices without rows are left out: other captures may have rows.
    if facts.released:
        contents = [one for one in contents if one.slice.lines or not one.slice.readable]
    try:
        placed = work.place(statements, season, contents, facts)
    except NotYet as reason:
        placed = _unplaced(season, contents, str(reason), facts)
    decided = work.decide(statements, placed, placed.refused, facts)
    work.claims.lock(statements, work.claim.key, write.touched(decided))
    reference.ensure(statements, reference.needed(pieces, Reference()))
    work.write(statements, placed, placed.refused, decided)
    return placed.keys


def _unplaced(season: int, contents: list[Content], reason: str, facts: Facts) -> Placed:
    # Its schedule was not applied, and there is no other: the next schedule will have this race.
    return Placed(
        {},
        [
            Unplaced(
                SliceKey(season, unplaced_id(piece.race), piece.session, piece.resource),
                Content(piece, lines),
                piece.refusal(accepted=facts.released) or reason,
                piece.refusal(accepted=facts.released) is not None,
            )
            for piece, lines in contents
            if piece.race is not None
        ],
    )


def _leaving(
    previous: Iterable[SliceKey], done: set[SliceKey]
) -> Iterator[tuple[int, list[SliceKey]]]:
    """Slices of which the archive was a candidate and is not any more, race by race."""
    left = sorted(set(previous) - done)
    for (season, _), keys in groupby(left, key=lambda key: (key.season, key.race_id)):
        yield season, list(keys)


def _leave(statements: Statements, work: Work, season: int, keys: list[SliceKey]) -> None:
    exclusive = any(key.resource == "schedule" for key in keys)
    statements.add(decisions.season_lock(exclusive=exclusive), {"season": season})
    nothing = Placed({}, [])
    decided = work.decide(statements, nothing, keys)
    work.claims.lock(statements, work.claim.key, write.touched(decided))
    work.write(statements, nothing, keys, decided)


def _close(
    statements: Statements,
    work: Work,
    rows: int | None,
    objection: str | None,
    notes: str | None,
) -> str:
    rivals = work.rivals(statements)
    work.claims.lock(statements, work.claim.key, rivals)
    if objection is not None:
        return work.finish(statements, "quarantined", objection, rows, rivals)
    work.finish(statements, "processed", None, rows, rivals, notes=notes)
    statements.send()
    states.refresh(statements.connection, [work.claim.key])
    return work.state(statements)
