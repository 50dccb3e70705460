"""The status page, and the same as JSON and CSV."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import structs
from starlette.requests import Request
from starlette.responses import Response

from f1_api.docs import examples
from f1_api.docs.openapi import documented
from f1_api.http.csv_tables import respond_csv, text_of
from f1_api.http.parameters import PageFormat, StrictRoute
from f1_api.http.request_context import exchange_of
from f1_api.http.responses import encode, respond
from f1_api.pages.layout import respond_page
from f1_api.service import service_of, snapshot_for
from f1_api.status import ledger_summary, objectives
from f1_api.status.models import StatusAnswer
from f1_api.status.pages import TABLES, TableName

router = APIRouter(tags=["ledger"], route_class=StrictRoute)


@router.get(
    "/",
    **documented(
        StatusAnswer,
        examples.status,
        "The status page",
        csv=text_of(TABLES["seasons"](examples.status)),
        page=True,
    ),
)
def status(
    request: Request,
    format: PageFormat = None,  # noqa: A002 - the parameter's name
    table: Annotated[TableName, Query(description="which one, as CSV")] = "seasons",
) -> Response:
    """How it is doing: seasons, sources, request budgets, service levels, and what needs a person.

    HTML unless something else is asked for. Not cached: each answer is read from the database.
    """
    exchange = exchange_of(request)
    with snapshot_for(request) as snapshot:
        ledger = ledger_summary.read(snapshot, today=exchange.today)
        found = StatusAnswer(
            **structs.asdict(ledger),
            objectives=objectives.read(snapshot, service_of(request).metrics),
        )
    form = exchange.form(format, ("html", "json", "csv"))
    if form == "json":
        return respond(request, encode(found), synthetic=found.synthetic, keep=False)
    if form == "csv":
        return respond_csv(request, TABLES[table](found), synthetic=found.synthetic, keep=False)
    return respond_page(
        request,
        "status.html",
        synthetic=found.synthetic,
        license=found.license,
        forms=("json", "csv"),
        keep=False,
        status=found,
        objectives=objectives.lines(found.objectives),
        now=datetime.now(UTC),
    )
