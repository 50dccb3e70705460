"""Models of the ledger and of progress."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Struct

from f1_api.completeness.models import Licensed
from f1_api.descriptions import doc
from f1_api.status.objective_models import Objectives

State = Annotated[
    str,
    doc(
        "processed: its rows are served. pending, processing: a worker "
        "processes it next. held: "
        "suspiciously small, until a second capture or a person confirms it. quarantined: failed "
        "validation. superseded: another capture is applied. missing: expected and not "
        "captured. not_due: the race is not over, or has no such resource. "
        "not_expected: not planned"
    ),
]


class ResourceStatus(Struct, frozen=True, kw_only=True):
    """One resource of one race: the applied capture, and the newest one if it differs."""

    resource: str
    session: str
    expected: Annotated[bool, doc("planned, or due without a plan")]
    state: State
    rows: int | None
    promised: Annotated[int | None, doc("rows that the source promised")]
    source: str | None
    fetched_at: datetime | None
    seen_at: Annotated[datetime | None, doc("time of the newest capture with the same rows")]
    capture: str | None
    newest_state: Annotated[str | None, doc("of the newest capture, if it is not the applied one")]
    newest_capture: str | None
    reason: Annotated[str | None, doc("why held, quarantined or waiting")]


class RaceStatus(Struct, frozen=True, kw_only=True):
    """One race of the season."""

    race_id: str
    round: int
    name: str
    date: date
    run: bool
    ingested: Annotated[bool, doc("everything expected is captured")]
    processed: Annotated[bool, doc("everything expected is served")]
    resources: list[ResourceStatus]


class FailedResource(Struct, frozen=True):
    """An expected resource whose capture is quarantined; a person must decide."""

    race_id: str | None
    round: int | None
    resource: str
    state: str
    reason: str | None
    capture: str


class RoundCounts(Struct, frozen=True):
    """Numbers of races of the season, or of the requested plan."""

    total: int
    run: int
    expected: Annotated[int, doc("races with an expected resource")]
    ingested: int
    processed: int
    failed: int


class CaptureCounts(Struct, frozen=True):
    """Captures in the ledger by state."""

    pending: int = 0
    processing: int = 0
    processed: int = 0
    unchanged: int = 0
    superseded: int = 0
    held: int = 0
    quarantined: int = 0


class Requests(Struct, frozen=True):
    """Requests to the source."""

    spent: Annotated[int, doc("by all captures of the season, retries included")]
    estimated: Annotated[int, doc("still needed for missing resources")]
    last_hour: Annotated[int, doc("granted to all processes in the last hour")]
    estimated_seconds: Annotated[
        int | None, doc("until the missing ones are fetched at the last hour's pace; null: idle")
    ]


class Expectations(Struct, frozen=True):
    """A plan of an owner, with numbers of resources."""

    owner: str
    generation: int
    planned_at: datetime
    source: str
    expected: int
    captured: int
    processed: int
    failed: int


class IngestRun(Struct, frozen=True):
    """A run of ingest."""

    run_id: str
    kind: str
    source: str
    season: int | None
    started_at: datetime
    finished_at: datetime | None
    outcome: Annotated[
        str | None,
        doc(
            "succeeded, failed, source_unavailable, store_unavailable, stopped; null: still running"
        ),
    ]
    captures: int
    requests: int
    detail: str | None


class SeasonStatus(Licensed, frozen=True):
    """Progress of a season, compared with its expectations. Fields are never removed."""

    season: int
    complete: Annotated[bool, doc("everything expected is served")]
    progress: Annotated[str, doc("races processed / expected, 17/24")]
    rounds: RoundCounts
    schedule: ResourceStatus
    races: list[RaceStatus]
    failed: list[FailedResource]
    captures: CaptureCounts
    rows: Annotated[dict[str, int | None], doc("by resource; null: never captured")]
    requests: Requests
    expectations: Annotated[
        list[Expectations],
        doc("the plans counted here: the newest of each owner, or the requested one"),
    ]
    runs: Annotated[list[IngestRun], doc("the last five for this season")]


class LedgerCapture(Struct, frozen=True):
    """A capture that needs attention."""

    capture: str
    source: str
    resource: str
    season: int | None
    round: int | None
    state: str
    reason: str | None
    fetched_at: datetime
    attempts: int
    commands: Annotated[list[str], doc("commands that show the capture and decide on it")]


class SourceSummary(Struct, frozen=True):
    """A source and its captures."""

    source: str
    captures: int
    newest_capture_at: datetime | None
    last_run: IngestRun | None
    last_success_at: datetime | None
    requests_last_hour: int


class RequestBudget(Struct, frozen=True, kw_only=True):
    """The request budget of a source, or of several on one host, by the clock of Postgres."""

    budget: str
    used: Annotated[int, doc("requests that count now")]
    limit: Annotated[int | None, doc("as set in ingest; null: not reported since the upgrade")]
    window_seconds: float | None
    waiting: Annotated[int, doc("captures that wait for budget")]
    opens_at: Annotated[datetime, doc("no request before this time")]


class SeasonProgress(Struct, frozen=True):
    """The progress of a season in short."""

    season: int
    races: int
    run: int
    expected: Annotated[int, doc("races with a planned, or else due, resource")]
    processed: Annotated[int, doc("races for which everything expected is served")]
    partly: Annotated[int, doc("races for which a part of it is served")]
    missing: Annotated[list[str], doc("resources that an expected race lacks")]
    failed: Annotated[int, doc("races with a quarantined capture")]
    open: Annotated[int, doc("captures that wait for a worker")]
    needs_look: Annotated[int, doc("captures held or quarantined")]


class LedgerAnswer(Licensed, frozen=True):
    """The whole ledger in short."""

    captures: CaptureCounts
    oldest_open_seconds: Annotated[int | None, doc("age of the oldest pending capture; null: none")]
    last_processed_at: datetime | None
    swept_at: Annotated[datetime | None, doc("end of the last full sweep over S3; null: never")]
    attention: Annotated[
        list[LedgerCapture], doc("held and quarantined captures, newest first, 50")
    ]
    sources: list[SourceSummary]
    budgets: list[RequestBudget]
    seasons: list[SeasonProgress]


class StatusAnswer(LedgerAnswer, frozen=True, kw_only=True):
    """Summary of the ledger, and the service levels."""

    objectives: Objectives
