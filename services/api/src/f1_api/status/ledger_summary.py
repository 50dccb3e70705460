"""Summary of the ledger: pending captures, captures that need attention, sources, seasons."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from f1_api.completeness import answers
from f1_api.completeness.resources import BY_NAME, parameters
from f1_api.postgres.pool import Snapshot
from f1_api.status.models import (
    CaptureCounts,
    IngestRun,
    LedgerAnswer,
    LedgerCapture,
    RequestBudget,
    SeasonProgress,
    SourceSummary,
)

_DECIDE = {
    "held": ("show", "confirm", "dismiss"),
    "quarantined": ("show", "retry", "accept", "dismiss"),
}
"""Commands of the worker for a capture in that state."""


def read(snapshot: Snapshot, *, today: date) -> LedgerAnswer:
    """Read it in one snapshot."""
    states = CaptureCounts(**dict(snapshot.rows("ledger_states")))
    facts = snapshot.rows("ledger_facts")[0]
    attention = [
        LedgerCapture(*(*row, [f"f1-worker {verb} {row[0]}" for verb in _DECIDE[row[5]]]))
        for row in snapshot.rows("ledger_attention")
    ]
    failed: dict[int, int] = dict(snapshot.rows("ledger_failed"))
    open_and_attention = {row[0]: row[1:] for row in snapshot.rows("ledger_season_captures")}
    progress = {
        row[0]: row[1:]
        for row in snapshot.rows("ledger_seasons", {"today": today, **parameters(tuple(BY_NAME))})
    }
    return LedgerAnswer(
        captures=states,
        oldest_open_seconds=facts[0],
        last_processed_at=facts[1],
        swept_at=facts[2],
        attention=attention,
        sources=_sources(snapshot),
        budgets=snapshot.structs(RequestBudget, "budgets"),
        seasons=[
            SeasonProgress(
                season,
                *progress.get(season, (0, 0, 0, 0, 0, [])),
                *(failed.get(season, 0), *open_and_attention.get(season, (0, 0))),
            )
            for season in sorted(progress.keys() | open_and_attention.keys(), reverse=True)
        ],
        **answers.licensed_in(snapshot),
    )


def _sources(snapshot: Snapshot) -> list[SourceSummary]:
    captures: dict[str, Sequence[Any]] = {
        row[0]: row[1:] for row in snapshot.rows("ledger_sources")
    }
    runs = {row[2]: (IngestRun(*row[:10]), row[10]) for row in snapshot.rows("ledger_runs")}
    requests: dict[str, int] = dict(snapshot.rows("requests_last_hour"))
    summaries = []
    for source in sorted(captures.keys() | runs.keys()):
        count, newest = captures.get(source, (0, None))
        run, success = runs.get(source, (None, None))
        summaries.append(
            SourceSummary(source, count, newest, run, success, requests.get(source, 0))
        )
    return summaries
