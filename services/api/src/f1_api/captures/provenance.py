"""The origin of rows, from the ledger: captures, raw objects, decisions, histories."""

from collections.abc import Sequence
from datetime import datetime
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
)
from f1_api.completeness.answers import Licensing
from f1_api.http.problems import NotFound
from f1_api.postgres.pool import Row, Snapshot
from f1_api.races.lookup import FoundRace
from f1_core.ledger import rows_text
from f1_core.resources import RESOURCES

_pages = msgspec.json.Decoder(list[RawPage])


class Store:
    """Addresses of raw objects. It does not read S3."""

    def __init__(self, snapshot: Snapshot) -> None:
        found = snapshot.row("bucket")
        # With the prefix of F1_S3_PREFIX, if there is one: "f1-raw/team-a".
        self._bucket: str | None = found[0] if found else None

    def object(self, key: str) -> RawObject:
        """The address of an object."""
        if self._bucket is None:
            return RawObject(key, None, None, None)
        uri = f"s3://{self._bucket}/{key}"
        return RawObject(key, self._bucket.partition("/")[0], uri, f"aws s3 cp {uri} -")


def changes_address(
    season: int, race_id: str, resource: str, session: str, *, from_: str, to: str
) -> str:
    """The address of the difference between two captures."""
    sides = {"from": from_, "to": to}
    if not race_id:
        return f"/seasons/{season}/changes?{urlencode(sides)}"
    query = urlencode({"resource": resource, "session": session, **sides})
    return f"/races/{quote(race_id)}/changes?{query}"


def of_race(snapshot: Snapshot, race: FoundRace) -> list[ResourceProvenance]:
    """The captures of each resource of a race; its season's schedule is the last."""
    about = {"season": race.season, "race_ids": [race.race_id, ""]}
    store = Store(snapshot)
    applied = {row[:3]: row[3:] for row in snapshot.rows("provenance_applied", about)}
    resources = []
    rows = snapshot.rows("provenance_history", about)
    for (race_id, resource, session), captures in groupby(rows, key=lambda row: row[:3]):
        count, expected, *now = applied.get((race_id, resource, session), (None, None))
        key = now[0] if now else None
        resources.append(
            ResourceProvenance(
                resource=resource,
                session=session,
                table=RESOURCES[resource].table,
                rows=count,
                expected=expected,
                applied=_applied(now, store) if now else None,
                history=[_historic(race.season, row, key) for row in captures],
            )
        )
    return resources


def refused(snapshot: Snapshot, race: FoundRace) -> list[HistoricCapture]:
    """Captures of a race without rows in it: quarantined, purged, or not processed yet."""
    rows = snapshot.rows("provenance_refused", {"race_id": race.race_id})
    return [HistoricCapture(*(*row, None, None)) for row in rows]


def decisions(
    snapshot: Snapshot, captures: Sequence[str], season: int | None = None
) -> list[Decided]:
    """Decisions about captures, and about the whole of a season."""
    store = Store(snapshot)
    rows = snapshot.rows("decisions_about", {"captures": list(captures), "season": season})
    return [Decided(*(*row, store.object(_decision_key(*row[:4])))) for row in rows]


def _decision_key(kind: str, order: int, _by: str, at: datetime) -> str:
    return f"decisions/{at:%Y-%m-%d}/{at:%Y%m%dT%H%M%SZ}-{kind}-{order:012d}.json"


def of_driver(
    snapshot: Snapshot, race: FoundRace, driver_id: str, lap: int | None
) -> list[RowProvenance]:
    """The rows of a driver in a race, or of one lap, with their former values."""
    about = {"season": race.season, "race_id": race.race_id, "driver": driver_id}
    found = []
    rows = snapshot.rows("driver_rows", about)
    for (resource, session), contents in groupby(rows, key=lambda row: row[:2]):
        kind = RESOURCES[resource]
        if lap is not None and "lap" not in kind.columns:
            continue
        history: dict[tuple[Any, ...], list[RowVersion]] = {}
        for _, _, capture, source, fetched_at, text in contents:
            stored = {}
            for line in text.split("\n") if text else ():
                values = rows_text.values(kind, line)
                if lap is None or values["lap"] == lap:
                    stored[tuple(values[name] for name in kind.identity)] = values
            for identity in stored.keys() | history.keys():
                versions = history.setdefault(identity, [])
                row = stored.get(identity)
                if not versions or versions[0].row != row:
                    versions.insert(0, RowVersion(row, capture, source, fetched_at))
        found += [
            RowProvenance(
                resource, session, dict(zip(kind.identity, identity, strict=True)), versions
            )
            for identity, versions in sorted(history.items())
        ]
    return found


def capture(snapshot: Snapshot, key: str, licensing: Licensing) -> CaptureAnswer:
    """One capture.

    Raises:
        NotFound: the ledger has no capture with that key.
    """
    row = snapshot.row("capture", {"capture": key.replace("\x00", "")})
    if row is None:
        raise NotFound(
            f"there is no capture {key[:200]!r} here: write a key as `completeness` and "
            "/races/{race_id}/provenance have it, raw/2024-05-26/jolpica/...json"
        )
    key, *fields, pages = row
    slices = snapshot.rows("capture_slices", {"capture": key})
    about = (
        _raw_pages(pages),
        [_slice(piece) for piece in slices],
        slices[0][-1] if slices else 0,
        decisions(snapshot, [key], row[3]),
    )
    return CaptureAnswer(*(key, Store(snapshot).object(key), *fields, *about), **licensing)


def _raw_pages(pages: str | None) -> list[RawPage] | None:
    return _pages.decode(pages) if pages else None


def _applied(row: Sequence[Any], store: Store) -> AppliedCapture:
    key, *fields, pages = row
    return AppliedCapture(*(key, store.object(key), *fields, _raw_pages(pages)))


def _historic(season: int, row: Row, applied_now: str | None) -> HistoricCapture:
    """`row` is of the query ``provenance_history``."""
    key, state, (applied, replaced, kept) = row[3], row[8], row[10:]
    before, after = (applied_now, key) if state == "held" else (replaced, applied)
    changes = None
    if before and after and kept:
        changes = changes_address(season, *row[:3], from_=before, to=after)
    return HistoricCapture(*(*row[3:10], replaced, changes))


def _slice(row: Row) -> CaptureSlice:
    """`row` is of the query ``capture_slices``."""
    season, race_id, resource, session, *_, replaced, _, applied, kept, _ = row
    changes = None
    if replaced and kept:
        changes = changes_address(
            season, race_id or "", resource, session, from_=replaced, to=applied
        )
    return CaptureSlice(*(*row[:10], changes))
