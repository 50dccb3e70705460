"""Where things are from, read from the ledger: captures, raw objects, decisions, histories."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from f1_api.captures.models import (
    AppliedCapture,
    CaptureAnswer,
    CaptureSlice,
    Decided,
    HistoricCapture,
    RawObject,
    RawPage,
    ResourceProvenance,
    RowProvenance,
    RowVersion,
    SourceOfRows,
)
from f1_api.http.problems import NotFound
from f1_api.postgres.pool import Row, Snapshot
from f1_api.races.lookup import FoundRace
from f1_core.ledger import rows_text
from f1_core.resources import RESOURCES

_pages = msgspec.json.Decoder(list[RawPage])


class Store:
    """The raw objects' addresses. Nothing is read from S3."""

    def __init__(self, snapshot: Snapshot) -> None:
        found = snapshot.row("bucket")
        # With the prefix of F1_S3_PREFIX, if there is one: "f1-raw/team-a".
        self._bucket: str | None = found[0] if found else None

    def object(self, key: str) -> RawObject:
        """Where an object is."""
        if self._bucket is None:
            return RawObject(key, None, None, None)
        uri = f"s3://{self._bucket}/{key}"
        return RawObject(key, self._bucket.partition("/")[0], uri, f"aws s3 cp {uri} -")


def changes_address(
    season: int, race_id: str, resource: str, session: str, *, from_: str, to: str
) -> str:
    """Where the difference of two captures is answered."""
    asked = {"from": from_, "to": to}
    if not race_id:
        return f"/seasons/{season}/changes?{urlencode(asked)}"
    asked = {"resource": resource, "session": session, **asked}
    return f"/races/{quote(race_id)}/changes?{urlencode(asked)}"


def of_race(snapshot: Snapshot, race: FoundRace) -> list[ResourceProvenance]:
    """What each resource of a race is made of, its season's schedule last."""
    asked = {"season": race.season, "race_ids": [race.race_id, ""]}
    store = Store(snapshot)
    applied = {row[:3]: row[3:] for row in snapshot.rows("provenance_applied", asked)}
    resources = []
    rows = snapshot.rows("provenance_history", asked)
    for (race_id, resource, session), captures in groupby(rows, key=lambda row: row[:3]):
        now = applied.get((race_id, resource, session))
        key = now[2] if now else None
        resources.append(
            ResourceProvenance(
                resource=resource,
                session=session,
                table=RESOURCES[resource].table,
                rows=now[0] if now else None,
                expected=now[1] if now else None,
                applied=_applied(now[2:], store) if now else None,
                history=[_historic(race.season, row, key) for row in captures],
            )
        )
    return resources


def refused(snapshot: Snapshot, race: FoundRace) -> list[HistoricCapture]:
    """Captures of a race that have no part in it: quarantined, purged, or waiting for a worker."""
    return [
        HistoricCapture(
            capture=key,
            source=source,
            order=order,
            fetched_at=fetched_at,
            rows=rows,
            state=state,
            reason=reason,
            replaced=None,
            changes=None,
        )
        for key, source, _, order, fetched_at, rows, state, reason in snapshot.rows(
            "provenance_refused", {"race_id": race.race_id}
        )
    ]


def decisions(
    snapshot: Snapshot, captures: Sequence[str], season: int | None = None
) -> list[Decided]:
    """What was decided about captures, and about the whole of a season."""
    store = Store(snapshot)
    return [
        Decided(
            kind=kind,
            order=order,
            decided_by=by,
            decided_at=at,
            why=why,
            capture=capture,
            season=of_season,
            object=store.object(
                f"decisions/{at:%Y-%m-%d}/{at:%Y%m%dT%H%M%SZ}-{kind}-{order:012d}.json"
            ),
        )
        for kind, order, by, at, why, capture, of_season in snapshot.rows(
            "decisions_about", {"captures": list(captures), "season": season}
        )
    ]


def of_driver(
    snapshot: Snapshot, race: FoundRace, driver_id: str, lap: int | None
) -> list[RowProvenance]:
    """The rows of a driver in a race, or of one lap, and what they were before."""
    asked = {"season": race.season, "race_id": race.race_id, "driver": driver_id}
    found = []
    rows = snapshot.rows("driver_rows", asked)
    for (resource, session), contents in groupby(rows, key=lambda row: row[:2]):
        kind = RESOURCES[resource]
        if lap is not None and "lap" not in kind.columns:
            continue
        told: dict[tuple[Any, ...], list[RowVersion]] = {}
        for _, _, capture, source, fetched_at, text in contents:
            said = {}
            for line in text.split("\n") if text else ():
                values = rows_text.values(kind, line)
                if lap is None or values["lap"] == lap:
                    said[tuple(values[name] for name in kind.identity)] = values
            for identity in said.keys() | told.keys():
                versions = told.setdefault(identity, [])
                row = said.get(identity)
                if versions and versions[0].row == row:
                    continue
                versions.insert(0, RowVersion(row, capture, source, fetched_at))
        found += [
            RowProvenance(
                resource, session, dict(zip(kind.identity, identity, strict=True)), versions
            )
            for identity, versions in sorted(told.items())
        ]
    return found


def sources(snapshot: Snapshot, query: str, asked: dict[str, Any]) -> list[SourceOfRows]:
    """The captures behind the figures of a season or of a driver."""
    return [
        SourceOfRows(**dict(zip(SourceOfRows.__struct_fields__, row, strict=True)))
        for row in snapshot.rows(query, asked)
    ]


def capture(snapshot: Snapshot, key: str, synthetic: Any, license_: Any) -> CaptureAnswer:
    """One capture.

    Raises:
        NotFound: the ledger has none of that key.
    """
    row = snapshot.row("capture", {"capture": key.replace("\x00", "")})
    if row is None:
        raise NotFound(
            f"there is no capture {key[:200]!r} here: write a key as `completeness` and "
            "/races/{race_id}/provenance have it, raw/2024-05-26/jolpica/...json"
        )
    slices = snapshot.rows("capture_slices", {"capture": row[0]})
    names = (
        "capture", "source", "resource", "season", "round", "order", "started_at", "fetched_at",
        "run", "state", "reason", "attempts", "rows", "expected", "requests", "parser_version",
    )  # fmt: skip
    return CaptureAnswer(
        **dict(zip(names, row, strict=False)),
        object=Store(snapshot).object(row[0]),
        pages=_pages.decode(row[-1]) if row[-1] else None,
        slices=[_slice(piece) for piece in slices],
        slices_total=slices[0][-1] if slices else 0,
        decisions=decisions(snapshot, [row[0]], row[3]),
        license=license_,
        synthetic=synthetic,
    )


def _applied(row: Sequence[Any], store: Store) -> AppliedCapture:
    key, source, order, started_at, fetched_at, seen_at, run, requests, version, pages = row
    return AppliedCapture(
        capture=key,
        object=store.object(key),
        source=source,
        order=order,
        started_at=started_at,
        fetched_at=fetched_at,
        seen_at=seen_at,
        run=run,
        requests=requests,
        parser_version=version,
        pages=_pages.decode(pages) if pages else None,
    )


def _historic(season: int, row: Row, applied_now: str | None) -> HistoricCapture:
    race_id, resource, session, key, source, order, at, rows, state, reason, *turn = row
    applied, replaced, kept = turn
    before, after = replaced, applied
    if state == "held":
        before, after = applied_now, key
    changes = None
    if before and after and kept:
        changes = changes_address(season, race_id, resource, session, from_=before, to=after)
    return HistoricCapture(
        capture=key,
        source=source,
        order=order,
        fetched_at=at,
        rows=rows,
        state=state,
        reason=reason,
        replaced=replaced,
        changes=changes,
    )


def _slice(row: Row) -> CaptureSlice:
    season, race_id, resource, session, rows, state, reason, applied, turned, replaced, *rest = row
    replaced_by, kept, _ = rest
    changes = None
    if replaced and kept:
        changes = changes_address(season, race_id, resource, session, from_=replaced, to=turned)
    return CaptureSlice(
        season=season,
        race_id=race_id or None,
        resource=resource,
        session=session,
        rows=rows,
        state=state,
        reason=reason,
        applied=applied,
        replaced=replaced,
        replaced_by=replaced_by,
        changes=changes,
    )
