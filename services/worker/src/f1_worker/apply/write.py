"""Writes resolved slices: verdicts, rows, aggregates, notifications."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import structlog
from sqlalchemy import text

from f1_core.ledger import states
from f1_core.ledger.index import PROCESSED
from f1_core.ledger.resolution import Verdict
from f1_core.postgres.queries import query
from f1_worker.apply import aggregate, rows, schedule
from f1_worker.apply.resolve import Content, Decided, SliceKey
from f1_worker.queue.statements import Statements

log = structlog.get_logger()


def write(
    statements: Statements, decided: Sequence[Decided], capture_key: str, parser_version: int
) -> None:
    """Write slices of which `capture_key`, the current capture, is or was a candidate.

    The last statements are added to `statements` and not sent yet. The captures whose state changes
    must be locked: see :func:`touched`.
    """
    aggregates: set[tuple[str, str]] = set()
    for piece in decided:
        _write_verdicts(statements, piece, capture_key)
        rows_changed = _write_rows(statements, piece, capture_key, parser_version)
        if rows_changed and piece.key.resource in aggregate.AGGREGATED:
            aggregates.add((piece.key.race_id, piece.key.session))
        notify(statements, piece.key)
    for race_id, session in sorted(aggregates):
        aggregate.recompute(statements, race_id, session)
    changed = sorted({key for piece in decided for key in piece.changed})
    if changed:
        statements.send()
        states.refresh(statements.connection, changed)
    to_rebuild = sorted({piece.to_rebuild for piece in decided if piece.to_rebuild})
    if to_rebuild:
        log.info("slices must be rebuilt from other captures", captures=to_rebuild)
        statements.add(_REBUILD, {"keys": to_rebuild})


def touched(decided: Sequence[Decided]) -> set[str]:
    """Captures, besides the current one, whose row in the ledger :func:`write` may change."""
    keys = {key for piece in decided for key in piece.changed}
    return keys | {piece.to_rebuild for piece in decided if piece.to_rebuild}


def write_unplaced(
    statements: Statements, key: SliceKey, content: Content, values: dict[str, object]
) -> None:
    """Enter a slice whose rows are not applied: its race is not in the schedule, although a later
    schedule may have it, or its rows are refused.

    Args:
        values: the capture's key, source, order and fetched_at, the reason, and `refused`.
    """
    verdict = asdict(Verdict("quarantined"))
    _enter(statements, key, content, {**verdict, **values})


def remove_candidate(statements: Statements, key: SliceKey, capture_key: str) -> None:
    """Remove the current capture from the candidates of a slice."""
    statements.add(_REMOVE_CANDIDATE, {**key._asdict(), "capture_key": capture_key})


def notify(statements: Statements, key: SliceKey) -> None:
    """Notify listeners at commit that a slice changed."""
    payload = {"season": key.season, "race_id": key.race_id, "resource": key.resource}
    statements.add(
        text("SELECT pg_notify(:channel, :payload)"),
        {"channel": PROCESSED, "payload": json.dumps(payload)},
    )


def _write_verdicts(statements: Statements, decided: Decided, capture_key: str) -> None:
    own, content = decided.candidate, decided.content
    if own is None or content is None:
        remove_candidate(statements, decided.key, capture_key)
    else:
        about = {name: getattr(own, name) for name in ("source", "order", "fetched_at")}
        verdict = asdict(decided.resolution.verdicts[own.key])
        _enter(statements, decided.key, content, {"capture_key": own.key, **about, **verdict})
    for key, changed in sorted(decided.changed.items()):
        values = {**decided.key._asdict(), "capture_key": key, **asdict(changed)}
        statements.add(_SET_VERDICT, values)


def _write_rows(
    statements: Statements, decided: Decided, capture_key: str, parser_version: int
) -> bool:
    """Returns whether rows changed."""
    key, applied, seen = decided.key, decided.resolution.applied, decided.resolution.seen
    now = decided.known.applied
    if applied is None or seen is None:
        if now is not None:
            _replace(statements, key, None, capture_key, clear=True)
            statements.add(_DROP_SLICE, key._asdict())
        return now is not None
    if applied is decided.candidate and decided.content is not None:
        same = now is not None and now.content_hash == applied.content_hash
        if not same:
            _replace(statements, key, decided.content, capture_key, clear=now is not None)
        statements.add(
            _APPLY,
            {
                **key._asdict(),
                "capture_key": applied.key,
                "source": applied.source,
                "order": applied.order,
                "fetched_at": applied.fetched_at,
                "seen_at": seen.fetched_at,
                "rows": applied.rows,
                "expected": decided.content.slice.expected,
                "content_hash": applied.content_hash,
                "version": parser_version,
            },
        )
        return not same
    if decided.to_rebuild is None and now is not None and now.seen_at != seen.fetched_at:
        statements.add(_SEEN, {**key._asdict(), "seen_at": seen.fetched_at})
    return False


def _replace(
    statements: Statements,
    key: SliceKey,
    content: Content | None,
    capture_key: str,
    *,
    clear: bool,
) -> None:
    season, race_id, session, resource = key
    if resource == "schedule":
        races = content.slice.schedule if content else ()
        statements.send()
        schedule.apply(statements.connection, season, races, capture_key)
    else:
        lines = content.lines if content else ""
        rows.replace(statements, race_id, session, resource, lines, clear=clear)


def _enter(
    statements: Statements, key: SliceKey, content: Content, about: dict[str, object]
) -> None:
    races = list(content.races) if key.resource == "schedule" else None
    statements.add(
        _ENTER,
        {
            "refused": None,
            "remark": content.slice.remark,
            **key._asdict(),
            **about,
            "lines": content.lines,
            "rows": len(content.slice.lines),
            "content_hash": content.slice.content_hash,
            "races": races,
        },
    )


_ENTER = query(__name__, "enter_slice")
_REMOVE_CANDIDATE = query(__name__, "remove_candidate")
_SET_VERDICT = query(__name__, "set_verdict")
_APPLY = query(__name__, "apply_slice")
_SEEN = query(__name__, "slice_seen")
_DROP_SLICE = query(__name__, "drop_slice")

# A worker that processes it now waits for this race's lock and resolves afterwards. An archive may
# have passed this race, so it is processed again from the start.
_REBUILD = query(__name__, "rebuild")
