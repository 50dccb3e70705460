"""The status page and the ledger."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import structs

from f1_api.endpoint.responder import Answer, Reading, get
from f1_api.http.parameters import StrictRoute
from f1_api.service import service_of
from f1_api.status import ledger_summary, objectives
from f1_api.status.models import LedgerAnswer, StatusAnswer
from f1_api.status.tables import TABLES, TableName

router = APIRouter(tags=["ledger"], route_class=StrictRoute)


@get(
    router,
    "/",
    StatusAnswer,
    "The status page",
    table=TABLES["seasons"],
    template="status.html",
    first="html",
    keep=False,
)
def status(
    reading: Reading,
    table: Annotated[TableName, Query(description="the table for CSV")] = "seasons",
) -> Answer:
    """Seasons, sources, request budgets, service levels, and captures that need attention.

    HTML by default. Not cached: each answer is read from the database.
    """
    ledger = ledger_summary.read(reading.snapshot, today=reading.today)
    metrics = service_of(reading.request).metrics
    found = StatusAnswer(
        **structs.asdict(ledger), objectives=objectives.read(reading.snapshot, metrics)
    )
    return Answer(
        found,
        csv=lambda: TABLES[table](found),
        html=lambda: {
            "status": found,
            "objectives": objectives.lines(found.objectives),
            "now": datetime.now(UTC),
        },
    )


@get(router, "/ledger", LedgerAnswer, "Summary of the ledger", keep=False)
def ledger(reading: Reading) -> Answer:
    """Captures by state, captures that need attention, sources, and the progress of seasons.

    Not cached: each answer is read from the database.
    """
    return Answer(ledger_summary.read(reading.snapshot, today=reading.today))
