"""Examples of the status page, the ledger and the probes."""

from datetime import UTC, datetime

from msgspec import structs

from f1_api.completeness.examples import FETCHED, LICENSE
from f1_api.status.models import (
    CaptureCounts,
    IngestRun,
    LedgerAnswer,
    LedgerCapture,
    RequestBudget,
    SeasonProgress,
    SourceSummary,
    StatusAnswer,
)
from f1_api.status.objective_models import Answers, Objectives, ProcessingLag, ScheduledRuns
from f1_api.status.probe_models import DatabaseHealth, Health, Liveness, Readiness

QUARANTINED = "raw/2024-05-26/jolpica/20240526T175810Z-2024-07-laps-000000000805.json"
RUN = IngestRun(
    "backfill-2024-7f3a",
    "backfill",
    "jolpica",
    2024,
    FETCHED,
    None,
    None,
    captures=41,
    requests=119,
    detail=None,
)
ledger = LedgerAnswer(
    captures=CaptureCounts(pending=2, processed=46, unchanged=4, quarantined=1),
    oldest_open_seconds=3,
    last_processed_at=FETCHED,
    swept_at=datetime(2024, 5, 26, 3, 0, tzinfo=UTC),
    attention=[
        LedgerCapture(
            QUARANTINED,
            "jolpica",
            "laps",
            2024,
            7,
            "quarantined",
            "page 3 promises 1,220 rows, page 1 promised 1,225",
            FETCHED,
            attempts=1,
            commands=[
                f"f1-worker {verb} {QUARANTINED}" for verb in ("show", "retry", "accept", "dismiss")
            ],
        )
    ],
    sources=[SourceSummary("jolpica", 53, FETCHED, RUN, FETCHED, requests_last_hour=119)],
    budgets=[
        RequestBudget(
            budget="jolpica",
            used=119,
            limit=200,
            window_seconds=3600.0,
            waiting=0,
            opens_at=datetime(2024, 5, 1, 9, 0, tzinfo=UTC),
        )
    ],
    seasons=[
        SeasonProgress(
            *(2024, 24, 8),
            expected=8,
            processed=7,
            partly=1,
            missing=["laps"],
            failed=1,
            open=2,
            needs_look=1,
        )
    ],
    license=LICENSE,
    synthetic=False,
)
status = StatusAnswer(
    **structs.asdict(ledger),
    objectives=Objectives(
        ScheduledRuns(runs=8064, on_time=7991, source_unavailable=60, ratio=0.9984),
        ProcessingLag(now_seconds=3.1, captures=1204, p95_seconds=4.8),
        Answers(
            since=datetime(2024, 5, 26, 6, 0, tzinfo=UTC),
            requests=91230,
            p95_ms=4.2,
            error_ratio=0.0,
        ),
    ),
)
liveness = Liveness("ok")
health = Health("ok", DatabaseHealth("ok", latency_ms=1.3))
readiness = Readiness("ready", "0100", [])
