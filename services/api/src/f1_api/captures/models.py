"""Models of provenance and corrections."""

from datetime import datetime
from typing import Annotated

from msgspec import Struct

from f1_api.completeness.models import Licensed
from f1_api.descriptions import doc
from f1_api.races.models import Next, RaceSummary

Value = int | float | str | list[str] | dict[str, dict[str, str]] | None
Cells = dict[str, Value]
Key = Annotated[str, doc("of the raw object in S3; /captures/{key} has all details")]


class RawObject(Struct, frozen=True):
    """The address of a capture's bytes. The API does not read S3; `command` does."""

    key: str
    bucket: Annotated[str | None, doc("null until the worker has swept S3 once")]
    uri: Annotated[str | None, doc("s3://bucket/key")]
    command: Annotated[str | None, doc("writes the object, whole, to stdout")]


class RawPage(Struct, frozen=True):
    """One response of the source, as stored in the raw object."""

    url: Annotated[str, doc("the request")]
    name: Annotated[str | None, doc("the file, in an archive")]
    sha256: Annotated[str, doc("of its bytes as received")]
    bytes: int
    fetched_at: datetime


class AppliedCapture(Struct, frozen=True):
    """The capture of the present rows."""

    capture: Key
    object: RawObject
    source: str
    order: Annotated[int, doc("greater is newer, independent of clocks")]
    started_at: Annotated[datetime | None, doc("when the first page was requested")]
    fetched_at: Annotated[datetime, doc("when the last page was received")]
    seen_at: Annotated[datetime, doc("of the newest capture with the same rows")]
    run: Annotated[str | None, doc("the ingest run, as in its logs")]
    requests: Annotated[int | None, doc("requests of the fetch, retries included")]
    parser_version: int
    pages: Annotated[list[RawPage] | None, doc("null: not kept yet")]


class HistoricCapture(Struct, frozen=True):
    """A capture of one resource, with its state."""

    capture: Key
    source: str
    order: int
    fetched_at: datetime
    rows: int | None
    state: Annotated[
        str,
        doc(
            "processed: the rows come from it. unchanged: it has the same rows. superseded, held, "
            "quarantined: no rows come from it, see `reason`"
        ),
    ]
    reason: str | None
    replaced: Annotated[str | None, doc("the capture whose rows it replaced")]
    changes: Annotated[str | None, doc("address of its changes; of a held one, the possible ones")]


class ResourceProvenance(Struct, frozen=True):
    """One resource of one session: its applied capture and all captures."""

    resource: str
    session: str
    table: Annotated[str, doc("the Postgres table that has the rows")]
    rows: int | None
    expected: Annotated[int | None, doc("rows that the source promised")]
    applied: AppliedCapture | None
    history: Annotated[list[HistoricCapture], doc("newest first")]


class Formula(Struct, frozen=True):
    """The formula of a figure that no source has."""

    figure: str
    formula: str
    of: Annotated[list[str], doc("the resources whose rows it is computed from")]


class Decided(Struct, frozen=True):
    """A decision of a person about a capture or a season, stored in S3 for replays."""

    kind: Annotated[
        str,
        doc(
            "confirm: a held capture is applied. release: a quarantined one is processed despite "
            "the reason. purge: earlier captures of a season do not count"
        ),
    ]
    order: int
    decided_by: str
    decided_at: datetime
    why: str | None
    capture: str | None
    season: int | None
    object: RawObject


class RowVersion(Struct, frozen=True):
    """A value of a row, with the first capture that had it."""

    row: Annotated[Cells | None, doc("null: no capture had this row")]
    capture: Key
    source: str
    fetched_at: Annotated[datetime, doc("time since which the value is known")]


class RowProvenance(Struct, frozen=True):
    """One row with its former values."""

    resource: str
    session: str
    identity: Annotated[Cells, doc("which row")]
    versions: Annotated[list[RowVersion], doc("newest first")]


class RaceProvenance(Licensed, frozen=True):
    """The provenance of all data of a race."""

    race: RaceSummary
    resources: list[ResourceProvenance]
    numbers: Annotated[
        list[RowProvenance] | None,
        doc("the rows of `driver` and `lap`, with their history; null: not requested"),
    ]
    formulas: list[Formula]
    refused: Annotated[list[HistoricCapture], doc("captures of this race that no rows come from")]
    decisions: Annotated[list[Decided], doc("newest first")]


class SourceOfRows(Struct, frozen=True):
    """The capture of one resource of one race."""

    season: int
    race_id: Annotated[str | None, doc("null: the season's schedule")]
    resource: str
    session: str
    rows: int
    source: str
    capture: Key
    fetched_at: datetime
    seen_at: datetime
    corrections: Annotated[int, doc("how often its rows were replaced")]


class Sources(Licensed, frozen=True):
    """All captures behind the figures of a season, or of a driver."""

    season: int | None
    driver_id: str | None
    sources: list[SourceOfRows]
    total: int
    next: Next
    formulas: list[Formula]


class CaptureSlice(Struct, frozen=True):
    """The state of a capture for one resource of one race."""

    season: int
    race_id: Annotated[str | None, doc("null: the season's schedule")]
    resource: str
    session: str
    rows: int
    state: str
    reason: str | None
    applied: Annotated[bool, doc("the rows come from this capture")]
    replaced: str | None
    replaced_by: Annotated[str | None, doc("the capture that replaced its rows")]
    changes: str | None


class CaptureAnswer(Licensed, frozen=True):
    """One capture: a complete reading of one resource from one source."""

    capture: str
    object: RawObject
    source: str
    resource: str
    season: int | None
    round: Annotated[int | None, doc("the source's number at that time")]
    order: int
    started_at: datetime | None
    fetched_at: datetime
    run: str | None
    state: str
    reason: str | None
    attempts: int
    rows: int | None
    expected: int | None
    requests: int | None
    parser_version: int | None
    pages: list[RawPage] | None
    slices: Annotated[list[CaptureSlice], doc("the first 1,000: an archive has thousands")]
    slices_total: int
    decisions: list[Decided]


class Side(Struct, frozen=True):
    """One of the two captures that are compared."""

    capture: Key
    source: str
    fetched_at: datetime
    rows: int
    state: str


class RowChange(Struct, frozen=True):
    """A row that differs."""

    change: Annotated[str, doc("added, removed or changed")]
    columns: Annotated[list[str], doc("columns that differ in a changed row")]
    before: Cells | None
    after: Cells | None


class Changes(Licensed, frozen=True, rename={"from_": "from"}):
    """The differences between two captures of one resource."""

    race: Annotated[RaceSummary | None, doc("null: the season's schedule")]
    season: int
    resource: str
    session: str
    from_: Annotated[Side | None, doc("null: no capture was replaced yet")]
    to: Side
    identity: Annotated[list[str], doc("columns that identify a row")]
    added: int
    removed: int
    changed: int
    rows: list[RowChange]


class Correction(Struct, frozen=True):
    """Rows that were replaced by others."""

    season: int
    race_id: Annotated[str | None, doc("null: the season's schedule")]
    resource: str
    session: str
    corrected_at: Annotated[datetime, doc("when the correcting capture was fetched")]
    capture: Key
    source: str
    replaced: Key
    replaced_source: str
    added: Annotated[int | None, doc("rows; null: contents are not kept yet")]
    removed: int | None
    changed: int | None
    changes: Annotated[str, doc("address of the rows")]


class Corrections(Licensed, frozen=True):
    """A season's corrections, newest first."""

    season: int
    corrections: list[Correction]
    total: int
    next: Next
