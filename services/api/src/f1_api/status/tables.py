"""The status page's tables."""

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import structs

from f1_api.http.csv_tables import Table, table_of
from f1_api.status import objectives
from f1_api.status.models import (
    LedgerCapture,
    RequestBudget,
    SeasonProgress,
    SourceSummary,
    StatusAnswer,
)

TableName = Literal["seasons", "objectives", "sources", "budgets", "captures", "attention"]

_RUN_FIELDS = ("kind", "season", "started_at", "finished_at", "outcome", "detail")


def _sources(status: StatusAnswer) -> Table:
    plain = [name for name in SourceSummary.__struct_fields__ if name != "last_run"]
    return Table(
        [*plain, *(f"last_run_{name}" for name in _RUN_FIELDS)],
        (
            [
                *(getattr(source, name) for name in plain),
                *(getattr(source.last_run, name, None) for name in _RUN_FIELDS),
            ]
            for source in status.sources
        ),
    )


def _objectives(status: StatusAnswer) -> Table:
    return Table(objectives.Line._fields, objectives.lines(status.objectives))


TABLES: Mapping[TableName, Callable[[StatusAnswer], Table]] = {
    "seasons": lambda status: table_of(SeasonProgress, status.seasons),
    "objectives": _objectives,
    "sources": _sources,
    "budgets": lambda status: table_of(RequestBudget, status.budgets),
    "captures": lambda status: Table(
        ("state", "captures"), structs.asdict(status.captures).items()
    ),
    "attention": lambda status: table_of(LedgerCapture, status.attention),
}
